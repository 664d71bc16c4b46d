import { UnreadableConfiguration } from '../configuration/load-configuration.js';
import { nearest } from '../nearest.js';
import { VERSION } from '../version.js';
import { UsageError, type Command, type OptionSpecs, type Streams } from './command.js';
import { configCheck, configExample, configPrint, configReference } from './config-commands.js';
import { demo } from './demo-command.js';
import { ExitCode } from './exit-code.js';
import { commandHelp, programHelp } from './help.js';
import { normalizeKlogFlags } from './klog-flags.js';
import { parseArguments } from './parse-arguments.js';
import { serve } from './serve-command.js';
import { simulate } from './simulate-command.js';

const COMMANDS: readonly Command[] = [serve, demo, simulate, configCheck, configPrint, configExample, configReference];

const COMMON_OPTIONS: OptionSpecs = {
  help: { type: 'boolean', short: 'h', doc: 'print this help' },
  version: { type: 'boolean', doc: 'print the version' },
};

/** Does what the arguments say; resolves with the exit code. What is wrong with them is one line on standard error. */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  try {
    return await dispatch(args, streams);
  } catch (error) {
    if (error instanceof UsageError) {
      streams.stderr.write(`weir: ${error.message}\n`);
      return ExitCode.Usage;
    }
    if (error instanceof UnreadableConfiguration) {
      streams.stderr.write(`${error.message}\n`);
      return ExitCode.Configuration;
    }
    throw error;
  }
}

async function dispatch(args: readonly string[], streams: Streams): Promise<number> {
  const [first] = args;
  if (first === undefined || ['help', '--help', '-h'].includes(first)) {
    streams.stdout.write(programHelp(COMMANDS));
    return ExitCode.Ok;
  }
  if (first === 'version') return printVersion(streams);
  const { command, rest } = commandOf(args);
  const specs = { ...command.options, ...COMMON_OPTIONS };
  const { values, positionals } = parseArguments(command === serve ? normalizeKlogFlags(rest) : rest, specs);
  if (values['help'] === true) {
    streams.stdout.write(commandHelp({ ...command, options: specs }));
    return ExitCode.Ok;
  }
  if (values['version'] === true) return printVersion(streams);
  return command.run(values, positionals, streams);
}

function printVersion({ stdout }: Streams): number {
  stdout.write(`weir ${VERSION}\n`);
  return ExitCode.Ok;
}

/** The command that arguments call, and what follows its name. Options without a command are the service's. */
function commandOf(args: readonly string[]): { command: Command; rest: readonly string[] } {
  if (args[0]!.startsWith('-')) return { command: serve, rest: args };
  for (const words of [2, 1]) {
    const command = COMMANDS.find(({ name }) => name === args.slice(0, words).join(' '));
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${args[0]!} `)).map(({ name }) => `weir ${name}`);
  if (group.length > 0) throw new UsageError(`weir ${args[0]!} needs one more word: ${group.join(', ')}`);
  const close = nearest(
    args[0]!,
    COMMANDS.map(({ name }) => name),
  );
  const hint = close === undefined ? 'weir --help lists the commands' : `did you mean weir ${close}?`;
  throw new UsageError(`there is no command ${JSON.stringify(args[0])}; ${hint}`);
}
