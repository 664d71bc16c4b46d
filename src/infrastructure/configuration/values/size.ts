const UNITS: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** Bytes of a size: a number, or a number with Ki, Mi or Gi and perhaps a B ("512Mi", "10 GiB", "1.5Gi"); undefined if it is none. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?(?:[eE]\+?\d+)?) ?(?:(Ki|Mi|Gi)B?|B)?$/.exec(text);
  if (match === null) return undefined;
  const bytes = Number(match[1]) * UNITS[match[2] ?? '']!;
  return Number.isSafeInteger(Math.round(bytes)) ? Math.round(bytes) : undefined;
}

/** A size in the largest unit that leaves no fraction: 536870912 is "512Mi". */
export function formatSize(bytes: number): string {
  for (const unit of ['Gi', 'Mi', 'Ki']) {
    const factor = UNITS[unit]!;
    if (bytes > 0 && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(bytes);
}
