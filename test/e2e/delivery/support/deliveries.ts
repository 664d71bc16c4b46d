import { expect } from '@jest/globals';
import type { WeirProcess } from '../../support/weir-process.js';
import { briefRecords, RECORD_WORDS, type BriefMessage } from './collector-report.js';
import { flowNumber } from './stream-load.js';

/** Demands that in each session the sequence numbers count the records before, from 0, so that nothing in between is missing. */
export function expectGaplessSequences(messages: readonly BriefMessage[]): void {
  const next = new Map<number, number>();
  const gaps = messages.filter(({ session, sequence, records }) => {
    const expected = next.get(session) ?? 0;
    next.set(session, sequence + records.length / RECORD_WORDS);
    return sequence !== expected;
  });
  expect(gaps.map(({ session, sequence }) => ({ session, sequence }))).toEqual([]);
}

/** The flows of a `RecordStream` in these messages, by number, as often as they occur. */
export function flowsIn(messages: readonly BriefMessage[]): number[] {
  return messages.flatMap((message) => Array.from(briefRecords(message), flowNumber));
}

/** The sum of packetDeltaCount in these messages, for each of the flows of a `RecordStream`. */
export function packetsByFlow(messages: readonly BriefMessage[], flows: number): Float64Array {
  const packets = new Float64Array(flows);
  for (const message of messages)
    for (const record of briefRecords(message)) packets[flowNumber(record)]! += record.packets;
  return packets;
}

/** The totals that a service logs when it has ended. */
export function totalsOf(weir: WeirProcess): Readonly<Record<string, number>> {
  const [line] = weir.logged(/^totals$/);
  if (!line) throw new Error('the service did not log its totals');
  return line as unknown as Readonly<Record<string, number>>;
}

/** Demands that the equations of the counters hold for what a service with one sink logs when it has ended. */
export function expectBalancedTotals(totals: Readonly<Record<string, number>>): void {
  const of = (name: string): number => totals[name]!;
  expect(of('recordsTaken') + of('recordsOlder') + of('recordsDuplicate') + of('recordsDropped')).toBe(
    of('recordsReceived'),
  );
  expect(of('flowsEnded')).toBe(of('flowsBegun'));
  expect(of('deliveredToSinks') + of('droppedBySinks')).toBe(of('exports'));
}

/** Octets that the record of a flow takes, known from the flows that have the same names and were read. */
export class RecordSizes {
  /** Flows whose numbers differ by a multiple of this have the same names. */
  static readonly #PROTOTYPES = 1024;
  readonly #sizes = new Map<number, number>();

  /** Learns from what was read. @throws Error if records with the same names differ in size */
  learn(messages: readonly BriefMessage[]): void {
    for (const message of messages) {
      for (const record of briefRecords(message)) {
        const prototype = flowNumber(record) % RecordSizes.#PROTOTYPES;
        const known = this.#sizes.get(prototype) ?? record.size;
        if (known !== record.size)
          throw new Error(`records of ${known} and of ${record.size} octets with the same names`);
        this.#sizes.set(prototype, record.size);
      }
    }
  }

  /** Octets of a flow's record. @throws Error if none with its names was read */
  of(flow: number): number {
    const size = this.#sizes.get(flow % RecordSizes.#PROTOTYPES);
    if (size === undefined) throw new Error(`no record with the names of flow ${flow} was read`);
    return size;
  }
}
