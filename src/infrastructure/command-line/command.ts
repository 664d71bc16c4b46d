import type { Writable } from 'node:stream';

/** An option of a command. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** What the value is called in the help, `FILE`; for strings. */
  readonly value?: string;
  /** A line of the help; without one the option is not shown there. */
  readonly doc?: string;
  readonly short?: string;
}

/** Options by name, without the dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What was given to a command: values by option. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** The program's streams. */
export interface Streams {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** Something weir does. */
export interface Command {
  /** Words that call it, `config check`. */
  readonly name: string;
  /** What follows the name in its usage line. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What else the command's own help says. */
  readonly details?: string;
  readonly options: OptionSpecs;
  /** Does it; resolves with the exit code. @throws UsageError if the arguments make no sense */
  run(values: OptionValues, positionals: readonly string[], streams: Streams): Promise<number>;
}

/** The command line makes no sense. The message names the argument and says what is accepted. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The text of an option, undefined if it was not given. */
export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** The number of an option, undefined if it was not given. @throws UsageError if it is none */
export function numberOption(values: OptionValues, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const number = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(number)) throw new UsageError(`--${name}: "${text}" is not a number`);
  return number;
}
