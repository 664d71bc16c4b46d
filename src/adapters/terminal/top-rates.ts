/** Bytes a second of one name, averaged over the last seconds. */
export interface Rate {
  readonly name: string;
  /** Bytes a second that it sent. */
  readonly sent: number;
  /** Bytes a second that it received. */
  readonly received: number;
}

interface Cell {
  sent: number;
  received: number;
  freshSent: number;
  freshReceived: number;
}

/** Share of the average that each new second has: after 8 seconds most of what was is forgotten. */
const NEW_SHARE = 0.2;

/** A name whose average is below this many bytes a second is forgotten. */
const FORGOTTEN = 1;

/** Who sends and receives most. Bounded: while there are too many names, new ones are not counted. */
export class TopRates {
  readonly #cells = new Map<string, Cell>();
  readonly #maxNames: number;

  constructor(maxNames = 10_000) {
    this.#maxNames = maxNames;
  }

  /** Counts bytes of a name. */
  add(name: string, sent: number, received: number): void {
    const cell = this.#cells.get(name);
    if (cell !== undefined) {
      cell.freshSent += sent;
      cell.freshReceived += received;
    } else if (this.#cells.size < this.#maxNames) {
      this.#cells.set(name, { sent: 0, received: 0, freshSent: sent, freshReceived: received });
    }
  }

  /** Another `seconds` have passed: what was counted becomes part of the averages. */
  advance(seconds: number): void {
    const keep = (1 - NEW_SHARE) ** seconds;
    for (const [name, cell] of this.#cells) {
      cell.sent = cell.sent * keep + (cell.freshSent / seconds) * (1 - keep);
      cell.received = cell.received * keep + (cell.freshReceived / seconds) * (1 - keep);
      cell.freshSent = 0;
      cell.freshReceived = 0;
      if (cell.sent + cell.received < FORGOTTEN) this.#cells.delete(name);
    }
  }

  /** The names with the highest rates, highest first. */
  top(count: number): Rate[] {
    return Array.from(this.#cells, ([name, { sent, received }]) => ({ name, sent, received }))
      .sort((a, b) => b.sent + b.received - (a.sent + a.received))
      .slice(0, count);
  }
}
