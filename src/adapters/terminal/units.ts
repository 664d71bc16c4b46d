const DECIMAL = ['', 'k', 'M', 'G', 'T'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A count in at most five characters: 999, 1.24k, 65.2k, 3.10M. */
export function formatCount(count: number): string {
  return scaled(count, 1000, DECIMAL, '');
}

/** Bytes in binary units: 512 B, 1.24 KiB, 142 MiB. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, BINARY, ' ');
}

/** A share as a percentage: 0.231 is 23.1 %. */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(share < 0.9995 ? 1 : 0)} %`;
}

/** Minutes and seconds, with hours when there are any: 0:42, 1:02:03. */
export function formatElapsed(seconds: number): string {
  const parts = [Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${parts.join(':')}` : parts.join(':').replace(/^0/, '');
}

/** Three significant digits, without going on to the next unit by rounding: 999.6 of 1000 is 1.00k, not 1000. */
function scaled(value: number, base: number, units: readonly string[], space: string): string {
  let rest = value;
  let unit = 0;
  while (rest >= base - 0.5 && unit < units.length - 1) {
    rest /= base;
    unit++;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return `${rest.toFixed(digits)}${space}${units[unit]!}`;
}
