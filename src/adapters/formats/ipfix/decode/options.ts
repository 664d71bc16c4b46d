import { readUnsigned } from './fix-times.js';
import { Note, type Plan } from './plan.js';
import type { Notes } from './record-reader.js';
import type { ObservationDomain } from './session.js';

/** Takes from an options record what its observation domain's flow records need (RFC 7011 §3.4.2). */
export function readOptions(domain: ObservationDomain, { noted }: Plan, notes: Notes, view: DataView): void {
  if (noted[Note.SystemInitTime]) domain.systemInitTime = readUnsigned(view, notes, Note.SystemInitTime);
}

/**
 * N of "1 packet in N was observed", by the elements that say so in use; 1 if the record has none of them.
 * samplingPacketInterval packets are taken, then samplingPacketSpace passed over (RFC 5477 §8.2).
 */
export function samplingIntervalOf({ noted }: Plan, notes: Notes, view: DataView): number {
  if (noted[Note.SamplingPacketInterval] && noted[Note.SamplingPacketSpace]) {
    const taken = readUnsigned(view, notes, Note.SamplingPacketInterval);
    return taken === 0 ? 1 : Math.round((taken + readUnsigned(view, notes, Note.SamplingPacketSpace)) / taken);
  }
  // Some exporters send an interval of 1 in N as samplingPacketInterval alone.
  for (const note of [Note.SamplingInterval, Note.SamplerRandomInterval, Note.SamplingPacketInterval]) {
    if (noted[note]) return readUnsigned(view, notes, note);
  }
  return 1;
}
