import { isNode, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import { formatDuration, parseDuration } from './values/duration.js';
import { parseInteger } from './values/integer.js';
import { parseCollectorAddress, parseListenAddress } from './values/network-address.js';
import { formatSize, parseSize } from './values/size.js';
import { withoutPassword } from './values/url.js';

/** What an alias stands for, undefined if for nothing; any other node is itself. */
export type Resolve = (node: Node) => Node | undefined;

/** What a key's value is: how it is written and what it becomes. */
export interface Kind<T> {
  /** For people, after "accepted": `a duration such as "90s"`. */
  readonly accepts: string;
  /** The value of a YAML node that is neither null nor an alias; undefined if the node can't be one. */
  parse(node: Node, resolve: Resolve): T | undefined;
  /** The value as `weir config print` writes it, without what must stay secret. */
  print(value: T): unknown;
}

/** The text of a scalar as the file has it, without quotes: a version 1.10 stays "1.10". */
export function textOf(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value);
}

function scalarKind<T>(accepts: string, parse: (text: string) => T | undefined, print: (value: T) => unknown): Kind<T> {
  return { accepts, print, parse: (node) => (isScalar(node) ? parse(textOf(node)) : undefined) };
}

const same = (value: unknown): unknown => value;

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', 'y'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', 'n'].map((word) => [word, false] as const),
]);

/** A Boolean in any of YAML 1.1's words, which Antrea's decoder takes too. */
export const flag: Kind<boolean> = scalarKind('true or false', (written) => BOOLEANS.get(written.toLowerCase()), same);

/** NUL ends a text for the operating system, and half of a surrogate pair has no UTF-8. */
const NO_TEXT = /\0|\p{Cs}/u;

const plainText = (written: string): string | undefined => (NO_TEXT.test(written) ? undefined : written);

/** Any text; a number or Boolean is taken as it is written. */
export const text: Kind<string> = scalarKind('text', plainText, same);

/** A URL that may hold a password, which is not printed. */
export const url: Kind<string> = scalarKind('text', plainText, withoutPassword);

/** A Boolean, or "auto". */
export const flagOrAuto: Kind<boolean | 'auto'> = scalarKind(
  'auto, true or false',
  (written) => (written === 'auto' ? written : BOOLEANS.get(written.toLowerCase())),
  same,
);

/** An integer, also written 1e+06, 0x10 or 1_000. */
export const integer: Kind<number> = scalarKind('an integer', parseInteger, same);

/** A number that may have a fraction, 0 or more. */
export const amount: Kind<number> = scalarKind(
  'a number of 0 or more',
  (written) => {
    const number = /^\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(written) ? Number(written) : NaN;
    return Number.isFinite(number) ? number : undefined;
  },
  same,
);

/** A Go duration string; the value is in milliseconds. */
export const duration: Kind<number> = scalarKind(
  'a duration such as "90s", "1m30s" or "500ms"',
  parseDuration,
  formatDuration,
);

/** A size; the value is in bytes. */
export const size: Kind<number> = scalarKind(
  'bytes, or a number with Ki, Mi or Gi such as "512Mi"',
  parseSize,
  formatSize,
);

/** An address to listen on, or "" for none; kept as text, which {@link parseListenAddress} reads. */
export const listenAddress: Kind<string> = scalarKind(
  'host:port or [IPv6 address]:port',
  (written) => (written === '' || parseListenAddress(written) ? written : undefined),
  same,
);

/** Address of a collector, or "" for none; kept as text, which {@link parseCollectorAddress} reads. */
export const collectorAddress: Kind<string> = scalarKind(
  'host:port[:proto], [IPv6 address]:port[:proto], host::proto or host, where proto is tcp or udp',
  (written) => (written === '' || parseCollectorAddress(written) ? written : undefined),
  same,
);

/** One of a few words; those of `foldCase` are found in any case and kept as they are listed. */
export function oneOf<const T extends string>(words: readonly T[], { foldCase = false } = {}): Kind<T> {
  const key = (word: string): string => (foldCase ? word.toLowerCase() : word);
  return scalarKind(listed(words), (written) => words.find((word) => key(word) === key(written)), same);
}

/** A list of what a kind accepts; a single one is not a list. */
export function listOf<T>(item: Kind<T>): Kind<readonly T[]> {
  return {
    accepts: `a list of ${item.accepts}`,
    print: (values) => values.map((value) => item.print(value)),
    parse: (node, resolve) => {
      if (!isSeq(node)) return undefined;
      const values = node.items.map((each) => {
        const resolved = isNode(each) ? resolve(each) : undefined;
        return resolved === undefined ? undefined : item.parse(resolved, resolve);
      });
      return values.every((value) => value !== undefined) ? values : undefined;
    },
  };
}

/** "a", "a or b", "a, b or c"; the empty word is "". */
function listed(all: readonly string[]): string {
  const words = all.map((word) => word || '""');
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}
