import { formatBytes, formatCount, formatElapsed, formatShare } from './units.js';
import type { Snapshot, View } from './view.js';

/** The view for where there is no terminal: a line each time. */
export class LineView implements View {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  show(snapshot: Snapshot): void {
    this.#write(`${summaryLine(snapshot)}\n`);
  }

  close(): void {
    // Nothing was taken that had to be given back.
  }
}

/** What matters of a moment, in one line. */
export function summaryLine(snapshot: Snapshot): string {
  const { elapsedSeconds, recordsPerSecond, exportsPerSecond, flows, waiting, deniedPerSecond, cpu, memoryBytes } =
    snapshot;
  const [talker] = snapshot.pods;
  return [
    formatElapsed(elapsedSeconds).padStart(5),
    `${formatCount(recordsPerSecond.latest).padStart(5)} records/s`,
    `${formatCount(flows.latest).padStart(5)} flows`,
    `${formatCount(waiting.latest).padStart(5)} half-seen`,
    `${formatCount(exportsPerSecond.latest).padStart(5)} exports/s`,
    `${formatCount(deniedPerSecond.latest).padStart(4)} denied/s`,
    `cpu ${formatShare(cpu.latest).padStart(6)}`,
    `memory ${formatBytes(memoryBytes.latest)}`,
    ...(talker === undefined
      ? []
      : [`top ${talker.name.replace(/[^\x20-\x7e]/g, '?')} ${formatBytes(talker.sent + talker.received)}/s`]),
  ].join('  ');
}
