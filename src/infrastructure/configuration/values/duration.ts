/** Nanoseconds in each unit of a Go duration. Both signs for micro are in use: U+00B5 and U+03BC. */
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const PART = /(?:(\d+)\.?(\d*)|\.(\d+))(ns|us|µs|μs|ms|s|m|h)/y;

/** Go holds a duration in 63 bits of nanoseconds: about 292 years. */
const LONGEST_NS = 2n ** 63n;

/** Nobody writes more; big numbers of a million digits would take minutes. */
const LONGEST_TEXT = 200;

/**
 * Milliseconds of a Go duration string: "90s", "1m30s", "1.5h", "-500ms", "0".
 * undefined if the text is none, or longer than Go's type holds.
 */
export function parseDuration(text: string): number | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  const sign = text.startsWith('-') ? -1 : 1;
  const rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0;
  let nanoseconds = 0n;
  PART.lastIndex = 0;
  while (PART.lastIndex < rest.length) {
    const part = PART.exec(rest);
    if (part === null) return undefined;
    const fraction = part[2] ?? part[3]!;
    nanoseconds += (BigInt(`${part[1] ?? ''}${fraction}`) * UNITS[part[4]!]!) / 10n ** BigInt(fraction.length);
  }
  if (rest === '' || nanoseconds >= LONGEST_NS) return undefined;
  return nanoseconds === 0n ? 0 : (sign * Number(nanoseconds)) / 1e6;
}

/** A Go duration string of milliseconds, in the largest units that leave no fraction: "1h30m", "90s" as "1m30s", "500ms". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  const whole = Math.trunc(milliseconds);
  const nanoseconds = Math.round((milliseconds - whole) * 1e6);
  if (nanoseconds === 1e6) return formatDuration(whole + 1);
  if (whole === 0) return nanoseconds === 0 ? '0s' : `${nanoseconds}ns`;
  if (whole < 1000) return `${decimal(whole, nanoseconds, 6)}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = decimal(Math.floor((whole % 60_000) / 1000), (whole % 1000) * 1e6 + nanoseconds, 9);
  return [hours && `${hours}h`, minutes && `${minutes}m`, seconds !== '0' && `${seconds}s`].filter(Boolean).join('');
}

/** A number with a fraction of so many digits, without the zeros at its end. */
function decimal(whole: number, fraction: number, digits: number): string {
  return `${whole}.${String(fraction).padStart(digits, '0')}`.replace(/\.?0*$/, '');
}
