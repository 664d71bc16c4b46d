/** What is written after a key, and what it is taken for. */
export type Accepted = readonly [written: string, value: unknown];

/** What is written after a key, and what the report says after the key's path. */
export type Reported = readonly [written: string, message: string];

/** What the specification says of one key. */
export interface Row {
  readonly default: unknown;
  /** What the reference has for the default, where that is not the value itself. */
  readonly shown?: string;
  readonly accepted: readonly Accepted[];
  /** Reported as an error; the file is refused. */
  readonly refused: readonly Reported[];
  /** Reported as a warning, and taken as it is or as the message says. */
  readonly warned?: readonly Reported[];
  /** What else the file has, by path; beside it every section around the key is enabled. */
  readonly given?: Readonly<Record<string, string>>;
}

const YES_OR_NO = 'accepted is true or false';

/** A Boolean of Antrea's. */
export function flagRow(byDefault: boolean): Row {
  return {
    default: byDefault,
    accepted: [
      ['true', true],
      ['false', false],
      ['yes', true],
      ['no', false],
      ['on', true],
      ['off', false],
      ['"true"', true],
      ['', byDefault],
      ['""', byDefault],
      ['0', byDefault],
    ],
    refused: [
      ['maybe', `"maybe" is not valid; ${YES_OR_NO}`],
      ['2', `"2" is not valid; ${YES_OR_NO}`],
      ['[yes]', `a list is not valid; ${YES_OR_NO}`],
    ],
  };
}

/** A Boolean of Weir's own: "" and 0 are no Booleans. */
export function ownFlagRow(byDefault: boolean): Row {
  return {
    default: byDefault,
    accepted: [
      ['true', true],
      ['false', false],
      ['on', true],
      ['no', false],
      ['', byDefault],
    ],
    refused: [
      ['maybe', `"maybe" is not valid; ${YES_OR_NO}`],
      ['""', `"" is not valid; ${YES_OR_NO}`],
      ['0', `"0" is not valid; ${YES_OR_NO}`],
    ],
  };
}

/** A row of the words of a kind that has few. */
export function wordsRow(byDefault: string, words: readonly string[], accepts: string): Row {
  return {
    default: byDefault,
    accepted: [...words.map((word): Accepted => [word, word]), ['', byDefault], ['""', byDefault]],
    refused: [
      ['other', `"other" is not valid; accepted is ${accepts}`],
      ['[a]', `a list is not valid; accepted is ${accepts}`],
    ],
  };
}

const TEXT_REFUSED: readonly Reported[] = [
  ['[a]', 'a list is not valid; accepted is text'],
  ['{a: b}', 'a mapping is not valid; accepted is text'],
  ['"a\\0"', '"a\\u0000" is not valid; accepted is text'],
];

/** Text of Antrea's, which is taken as it is. */
export function textRow(byDefault: string): Row {
  return {
    default: byDefault,
    accepted: [
      ['some text', 'some text'],
      ['1.10', '1.10'],
      ['true', 'true'],
      ['1e3', '1e3'],
      ['', byDefault],
      ['""', byDefault],
      ['0', byDefault],
    ],
    refused: TEXT_REFUSED,
  };
}

/** Text of Weir's own: "" and 0 are text as well. */
export function ownTextRow(byDefault: string): Row {
  return {
    default: byDefault,
    accepted: [
      ['some text', 'some text'],
      ['1.10', '1.10'],
      ['', byDefault],
      ['""', ''],
      ['0', '0'],
    ],
    refused: TEXT_REFUSED,
  };
}

/** What a list of rule actions in a filter is. */
export const actionsRow: Row = {
  default: [],
  accepted: [
    ['[None, Allow, Drop, Reject]', ['None', 'Allow', 'Drop', 'Reject']],
    ['[]', []],
    ['', []],
    ['""', []],
  ],
  refused: [
    ['Drop', '"Drop" is not valid; accepted is a list of None, Allow, Drop or Reject'],
    ['[drop]', 'a list is not valid; accepted is a list of None, Allow, Drop or Reject'],
  ],
};

/** An integer of Antrea's that must not be negative. */
export function countRow(byDefault: number): Row {
  return {
    default: byDefault,
    accepted: [
      ['1', 1],
      ['1e+06', 1_000_000],
      ['"20"', 20],
      ['', byDefault],
      ['""', byDefault],
      ['0', byDefault],
    ],
    refused: [
      ['-1', '-1 is too little; accepted is 0 or more'],
      ['many', '"many" is not valid; accepted is an integer'],
      ['1.5', '"1.5" is not valid; accepted is an integer'],
    ],
  };
}

/** What is said of text that is no duration. */
export function noDuration(written: string): Reported {
  return [written, `"${written}" is not valid; accepted is a duration such as "90s", "1m30s" or "500ms"`];
}

const LISTEN = 'accepted is host:port or [IPv6 address]:port';

/** Where something listens that can't be turned off. */
export function listenRow(byDefault: string): Row {
  return {
    default: byDefault,
    accepted: [
      ['127.0.0.1:0', '127.0.0.1:0'],
      ['"[::1]:4739"', '[::1]:4739'],
      ['":4739"', ':4739'],
      ['localhost:65535', 'localhost:65535'],
      ['', byDefault],
    ],
    refused: [
      ['""', `is empty; ${LISTEN}`],
      ['4739', `"4739" is not valid; ${LISTEN}`],
      ['":65536"', `":65536" is not valid; ${LISTEN}`],
      ['"::1:4739"', `"::1:4739" is not valid; ${LISTEN}`],
    ],
  };
}

/** Where something listens unless it is turned off. */
export function optionalListenRow(byDefault: string): Row {
  const row = listenRow(byDefault);
  return { ...row, accepted: [...row.accepted, ['""', '']], refused: row.refused.slice(1) };
}

/** A row with the lines that a later version takes away. */
export function comingLater(row: Row, message: string): Row {
  return {
    ...row,
    accepted: row.accepted.filter(([, value]) => value !== true),
    refused: [...row.refused, ['true', message], ['on', message]],
  };
}
