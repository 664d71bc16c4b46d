/** A flow as a JSON collector reads it: its elements by name, numbers with all their digits. */
export interface JsonFlow {
  readonly ipfix: Readonly<Record<string, string | bigint>>;
  readonly '@timestamp': string;
}

/** A key, or a string or a number that is a value. */
const TOKEN = /"((?:[^"\\]|\\.)*)"(:?)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Reads a line. JSON.parse alone would round numbers of more than 53 bits, so it gets them as strings that begin with "#", and strings with
 * "$".
 *
 * @throws SyntaxError if the line is no JSON
 */
export function readJsonLine(line: string): JsonFlow {
  JSON.parse(line);
  const marked = line.replaceAll(TOKEN, (token, text: string | undefined, colon: string) => {
    if (text === undefined) return `"#${token}"`;
    return colon === '' ? `"$${text}"` : token;
  });
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== 'string') return value;
    return value.startsWith('#') ? BigInt(value.slice(1)) : value.slice(1);
  }) as JsonFlow;
}

/** Reads whole lines, each with its end. */
export function readJsonLines(text: string): JsonFlow[] {
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new SyntaxError('the last line has no end');
  return lines.map(readJsonLine);
}
