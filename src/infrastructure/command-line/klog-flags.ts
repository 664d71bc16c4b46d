import type { LogFiles } from '../logging/log-file.js';
import type { LogLevel } from '../logging/winston-logger.js';
import { numberOption, textOption, UsageError, type OptionSpecs, type OptionValues } from './command.js';

/** klog's flags that are Booleans: given without a value they are true. */
const BOOLEAN_FLAGS = [
  'logtostderr',
  'alsologtostderr',
  'one_output',
  'skip_headers',
  'skip_log_headers',
  'add_dir_header',
];

const IGNORED_FLAGS = [
  'log_file',
  'stderrthreshold',
  'vmodule',
  'one_output',
  'skip_headers',
  'skip_log_headers',
  'add_dir_header',
  'log_backtrace_at',
  'log-flush-frequency',
];

const VALUE_FLAGS = ['log_dir', 'log_file_max_size', 'log_file_max_num', 'v'];

const ALL_FLAGS = [...new Set([...BOOLEAN_FLAGS, ...IGNORED_FLAGS, ...VALUE_FLAGS])];

/** klog's verbosity from which on Weir logs details. */
const DEBUG_VERBOSITY = 4;

/** klog's defaults: files of 1800 MB, all kept. */
const DEFAULT_FILE_MEGABYTES = 1800;

/** The flags of klog, which Antrea's chart passes; only those that do something are in the help. */
export const KLOG_OPTIONS: OptionSpecs = {
  ...Object.fromEntries(ALL_FLAGS.map((name) => [name, { type: 'string' as const }])),
  v: { type: 'string', value: 'N', doc: 'verbosity; 4 and more logs details' },
  logtostderr: { type: 'string', value: 'BOOL', doc: 'log to standard error (default true)' },
  log_dir: { type: 'string', value: 'DIR', doc: 'with --logtostderr=false, write log files here' },
  alsologtostderr: { type: 'string', value: 'BOOL', doc: 'log to standard error as well' },
  log_file_max_size: { type: 'string', value: 'MB', doc: 'begin a new log file at this size (default 1800; 0 never)' },
  log_file_max_num: { type: 'string', value: 'N', doc: 'log files that are kept (default 0: all)' },
};

/** klog's flags by their names with dashes, in place of which Go programs take underscores and the other way round. */
const BY_DASHED_NAME: ReadonlyMap<string, string> = new Map(ALL_FLAGS.map((name) => [name.replaceAll('_', '-'), name]));

/**
 * Writes klog's flags as other options are written: Go takes one dash for a long flag, a Boolean without a value, and -v4.
 */
export function normalizeKlogFlags(args: readonly string[]): string[] {
  return args.map((argument) => {
    const match = /^--?([A-Za-z][\w-]*)(=.*)?$/s.exec(argument);
    const name = BY_DASHED_NAME.get(match?.[1]?.replaceAll('_', '-') ?? '');
    if (match === null || name === undefined) return argument.replace(/^-v(?=\d+$)/, '--v=');
    const value = match[2] ?? (BOOLEAN_FLAGS.includes(name) ? '=true' : '');
    return `--${name}${value}`;
  });
}

/** What klog's flags ask for. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly toStderr: boolean;
  readonly files: LogFiles | undefined;
  /** Flags that were given and do nothing. */
  readonly ignored: readonly string[];
}

/** @throws UsageError naming the flag whose value makes no sense */
export function logSettings(values: OptionValues): LogSettings {
  const toStderr = booleanFlag(values, 'logtostderr', true);
  const directory = toStderr ? '' : (textOption(values, 'log_dir') ?? '');
  const megabytes = countFlag(values, 'log_file_max_size', DEFAULT_FILE_MEGABYTES);
  const maxFiles = countFlag(values, 'log_file_max_num', 0);
  return {
    level: (numberOption(values, 'v') ?? 0) >= DEBUG_VERBOSITY ? 'debug' : 'info',
    toStderr: directory === '' || booleanFlag(values, 'alsologtostderr', false),
    files: directory === '' ? undefined : { directory, maxBytes: megabytes * 1e6 || Infinity, maxFiles },
    ignored: IGNORED_FLAGS.filter((name) => values[name] !== undefined),
  };
}

/** As Go's flag package reads Booleans. */
function booleanFlag(values: OptionValues, name: string, byDefault: boolean): boolean {
  const text = textOption(values, name);
  if (text === undefined) return byDefault;
  if (/^(1|t|true)$/i.test(text)) return true;
  if (/^(0|f|false)$/i.test(text)) return false;
  throw new UsageError(`--${name}: "${text}" is neither true nor false`);
}

/** Flags that count something; Go has no sign and no fraction for these. */
function countFlag(values: OptionValues, name: string, byDefault: number): number {
  const count = numberOption(values, name) ?? byDefault;
  if (count < 0 || !Number.isInteger(count)) throw new UsageError(`--${name}: ${count} is not an integer of 0 or more`);
  return count;
}
