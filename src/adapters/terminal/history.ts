const BARS = '▁▂▃▄▅▆▇█';

/** The latest values of something, oldest first, for a sparkline. */
export class History {
  readonly #values: number[] = [];
  readonly #capacity: number;

  constructor(capacity = 120) {
    this.#capacity = capacity;
  }

  /** The latest value; 0 if there is none. */
  get latest(): number {
    return this.#values.at(-1) ?? 0;
  }

  /** The largest value that is kept. */
  get peak(): number {
    return Math.max(0, ...this.#values);
  }

  /** Keeps a value; the oldest goes when there are too many. */
  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#capacity) this.#values.shift();
  }

  /** The latest values as bars, one column each, from 0 to the largest of them. */
  sparkline(columns: number): string {
    if (columns <= 0) return '';
    const shown = this.#values.slice(-columns);
    const most = Math.max(...shown, Number.MIN_VALUE);
    return shown.map((value) => BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]!).join('');
  }
}
