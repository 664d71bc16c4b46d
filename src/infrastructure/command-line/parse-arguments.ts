import { parseArgs } from 'node:util';
import { nearest } from '../nearest.js';
import { UsageError, type OptionSpecs, type OptionValues } from './command.js';

/** Arguments, taken apart. */
export interface ParsedArguments {
  readonly values: OptionValues;
  readonly positionals: readonly string[];
}

/**
 * Takes arguments apart: `--name value`, `--name=value`, short options.
 *
 * @throws UsageError naming the argument: an option that there is not (with the nearest there is), one without its value, or a value
 *   for one that takes none
 */
export function parseArguments(args: readonly string[], specs: OptionSpecs): ParsedArguments {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, short }]) => [name, short === undefined ? { type } : { type, short }]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, string | boolean> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name]! : undefined;
    if (spec === undefined) throw new UsageError(unknownOption(token.rawName, specs));
    values[token.name] = spec.type === 'boolean' ? withoutValue(token) : withValue(token, spec.value);
  }
  return { values, positionals };
}

interface OptionToken {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function withoutValue({ rawName, value }: OptionToken): true {
  if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
  return true;
}

function withValue({ rawName, value, inlineValue }: OptionToken, what = 'VALUE'): string {
  if (value === undefined || (inlineValue !== true && /^-\D/.test(value))) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${what}`);
  }
  return value;
}

function unknownOption(name: string, specs: OptionSpecs): string {
  const known = Object.keys(specs).map((option) => `--${option}`);
  const close = nearest(name, known);
  return close === undefined ? `there is no option ${name}` : `there is no option ${name}; did you mean ${close}?`;
}
