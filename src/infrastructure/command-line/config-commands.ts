import { loadConfiguration } from '../configuration/load-configuration.js';
import { exampleConfiguration, printConfiguration } from '../configuration/print-configuration.js';
import { formatProblem } from '../configuration/problem.js';
import type { ReadConfiguration } from '../configuration/read-configuration.js';
import { configurationReference } from '../configuration/reference.js';
import { UsageError, type Command } from './command.js';
import { ExitCode } from './exit-code.js';

/** The lines of a report on a file. */
export function reportOf(file: string, { problems }: ReadConfiguration): string {
  return problems.map((problem) => `${formatProblem(file, problem)}\n`).join('');
}

function onlyFile(name: string, positionals: readonly string[]): string {
  if (positionals.length !== 1) throw new UsageError(`weir ${name} takes one file: weir ${name} FILE`);
  return positionals[0]!;
}

/** `weir config check FILE` */
export const configCheck: Command = {
  name: 'config check',
  usage: 'FILE',
  summary: 'report every problem of a configuration file',
  details: 'Exits with 0 if the service would take the file, else with 1.',
  options: {},
  run(_values, positionals, { stdout }) {
    const file = onlyFile('config check', positionals);
    const result = loadConfiguration(file);
    const verdict = result.usable ? 'can be used' : 'is refused';
    stdout.write(`${reportOf(file, result)}${file} ${verdict}.\n`);
    return Promise.resolve(result.usable ? ExitCode.Ok : ExitCode.Configuration);
  },
};

/** `weir config print FILE` */
export const configPrint: Command = {
  name: 'config print',
  usage: 'FILE',
  summary: 'print what a configuration file amounts to, defaults included, passwords masked',
  options: {},
  run(_values, positionals, { stdout, stderr }) {
    const file = onlyFile('config print', positionals);
    const result = loadConfiguration(file);
    stderr.write(reportOf(file, result));
    if (result.usable) stdout.write(printConfiguration(result.configuration));
    return Promise.resolve(result.usable ? ExitCode.Ok : ExitCode.Configuration);
  },
};

/** `weir config example` */
export const configExample: Command = {
  name: 'config example',
  usage: '',
  summary: 'print a configuration file with every key, its meaning and default',
  options: {},
  run(_values, _positionals, { stdout }) {
    stdout.write(exampleConfiguration());
    return Promise.resolve(ExitCode.Ok);
  },
};

/** `weir config reference` */
export const configReference: Command = {
  name: 'config reference',
  usage: '',
  summary: 'print what every key means, as Markdown',
  options: {},
  run(_values, _positionals, { stdout }) {
    stdout.write(configurationReference());
    return Promise.resolve(ExitCode.Ok);
  },
};
