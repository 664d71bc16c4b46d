import { format, type Logform } from 'winston';

/** Field names whose values are nobody's business. */
const SECRET_NAME = /passw|secret|token|credential|authorization|private.?key|access.?key/i;

/** The user and password of a URL. */
const URL_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;

/** Control characters, which on a terminal are commands. */
const CONTROL = /\p{Cc}/gu;

/** Replaces secrets by asterisks and bigints, which JSON has not, by their digits. */
export function presentable(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name)) return '***';
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' ? value.replace(URL_CREDENTIALS, '$1***@') : value;
}

/** Text that a terminal shows and does not obey. */
export function withoutControls(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

interface Line {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly fields: readonly (readonly [string, unknown])[];
}

function lineOf(info: Logform.TransformableInfo): Line {
  const { level, message, timestamp, ...rest } = info;
  const fields = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, presentable(name, value)] as const);
  return { time: String(timestamp), level, message: String(presentable('', message)), fields };
}

/** One JSON object a line: time, level, message, then the fields. */
export const jsonLines: Logform.Format = format.printf((info) => {
  const { time, level, message, fields } = lineOf(info);
  return JSON.stringify({ time, level, message, ...Object.fromEntries(fields) });
});

const COLOURS: Readonly<Record<string, string>> = { debug: '2', info: '36', warn: '33', error: '31;1' };

/** Lines for a person: time, level, message, then the fields as name=value. */
export function readableLines(colours: boolean): Logform.Format {
  const paint = (code: string, text: string): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text);
  return format.printf((info) => {
    const { time, level, message, fields } = lineOf(info);
    const details = fields.map(([name, value]) => `${paint('2', `${name}=`)}${quoted(String(value))}`);
    const label = paint(COLOURS[level] ?? '0', level.toUpperCase().padEnd(5));
    return [paint('2', time.slice(11, 23)), label, withoutControls(message), ...details].join(' ');
  });
}

/** As it is, or in quotes if it would not be told from the next field. */
function quoted(value: string): string {
  return /^[^\s"=]+$/.test(value) ? withoutControls(value) : withoutControls(JSON.stringify(value));
}
