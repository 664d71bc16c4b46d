/** Milliseconds in each unit of a Go duration. Both signs for micro are in use: U+00B5 and U+03BC. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Go holds a duration in 63 bits of nanoseconds: about 292 years. */
const LONGEST_MS = 2 ** 63 / 1e6;

/**
 * Milliseconds of a Go duration string: "90s", "1m30s", "1.5h", "-500ms", "0".
 * undefined if the text is none, or longer than Go's type holds.
 */
export function parseDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return 0;
  let milliseconds = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < rest.length) {
    const part = PART.exec(rest);
    if (part === null) return undefined;
    milliseconds += Number(part[1]) * UNITS[part[2]!]!;
  }
  return rest === '' || milliseconds >= LONGEST_MS ? undefined : sign * milliseconds;
}

/** A Go duration string of milliseconds, in the largest units that leave no fraction: "1h30m", "90s" as "1m30s", "500ms". */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds < 1000) return milliseconds >= 1 ? `${milliseconds}ms` : `${Math.round(milliseconds * 1e6)}ns`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const seconds = (milliseconds % 60_000) / 1000;
  return [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`].filter(Boolean).join('');
}
