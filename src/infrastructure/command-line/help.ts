import type { Command, OptionSpecs } from './command.js';

/** Help on the program as a whole. */
export function programHelp(commands: readonly Command[]): string {
  const calls = commands.map(({ name, summary }) => [`weir ${name}`, summary] as const);
  return [
    'Weir: flow aggregator for Kubernetes.',
    '',
    'Usage: weir --config FILE',
    '       weir COMMAND [ARGUMENTS]',
    '',
    'Commands:',
    ...columns([...calls, ['weir --version', 'print the version']]),
    '',
    'weir COMMAND --help says more about one.',
    '',
  ].join('\n');
}

/** Help on one command. */
export function commandHelp({ name, usage, summary, details, options }: Command): string {
  const lines = [`Usage: weir ${name} ${usage}`.trimEnd(), '', `${summary[0]!.toUpperCase()}${summary.slice(1)}.`];
  if (details !== undefined) lines.push('', details);
  const rows = optionRows(options);
  if (rows.length > 0) lines.push('', 'Options:', ...columns(rows));
  return `${lines.join('\n')}\n`;
}

function optionRows(options: OptionSpecs): (readonly [string, string])[] {
  return Object.entries(options).flatMap(([name, { value, doc, short }]) => {
    if (doc === undefined) return [];
    const call = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return [[call, doc] as const];
  });
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}
