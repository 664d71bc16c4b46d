import { isIPv4, IPV4_PREFIX_WORD } from '../../../../domain/flow/address.js';
import { FLOW_BLOCK } from '../../../../domain/flow/layout.js';
import { Note, type Plan } from './plan.js';
import { type Notes, referenceIPv4, referenceIPv6 } from './record-reader.js';

const { slots } = FLOW_BLOCK;
const SOURCE = slots.sourceIP.word;
const DESTINATION = slots.destinationIP.word;

/** Addresses outside the key: their word, and the note of their IPv4 element, which that of the IPv6 element follows. */
const ADDRESSES: readonly (readonly [word: number, note: number])[] = [
  [slots.destinationClusterIP.word, Note.ClusterIPv4],
  [slots.destinationServiceIP.word, Note.ServiceIPv4],
  [slots.proxySnatIP.word, Note.ProxySnatIPv4],
];

/** Octets of a referenced address. */
const lengthOf = (reference: number): number => reference & 0xffff;

/**
 * Settles which family a flow is of, where the template leaves that open, and ignores cluster, Service and proxySnat addresses of the
 * other one (flow-rules.md §1).
 */
export function fixFamilies(plan: Plan, notes: Notes, view: DataView, origin: number, row: Uint32Array): void {
  const { noted } = plan;
  const hasTwoSources = (noted[Note.SourceIPv4]! & noted[Note.SourceIPv6]!) !== 0;
  const hasTwoDestinations = (noted[Note.DestinationIPv4]! & noted[Note.DestinationIPv6]!) !== 0;
  if (hasTwoSources || hasTwoDestinations) {
    const takeIPv4 =
      hasIPv4(noted, notes, view, row, SOURCE, Note.SourceIPv4) ||
      hasIPv4(noted, notes, view, row, DESTINATION, Note.DestinationIPv4);
    if (hasTwoSources) takeEndpoint(notes, view, row, SOURCE, Note.SourceIPv4, takeIPv4);
    if (hasTwoDestinations) takeEndpoint(notes, view, row, DESTINATION, Note.DestinationIPv4, takeIPv4);
  }
  const family = isIPv4(row, SOURCE) && isIPv4(row, DESTINATION) ? 4 : 16;
  for (const [word, note] of ADDRESSES) {
    if (noted[note]! & noted[note + 1]!) {
      const ipv4 = referenceIPv4(view, origin, notes.at[note]!);
      row[word] = family === 4 && ipv4 !== 0 ? ipv4 : referenceIPv6(view, origin, notes.at[note + 1]!);
    }
    if (lengthOf(row[word]!) !== family) row[word] = 0;
  }
}

/** Whether a record has an IPv4 address other than 0.0.0.0 for one end, noted beside its twin or read already. */
function hasIPv4(
  noted: Uint8Array,
  notes: Notes,
  view: DataView,
  row: Uint32Array,
  word: number,
  note: number,
): boolean {
  if (!noted[note]) return false;
  return (noted[note + 1] ? view.getUint32(notes.at[note]!) : row[word + 3]!) !== 0;
}

function takeEndpoint(
  notes: Notes,
  view: DataView,
  row: Uint32Array,
  word: number,
  note: number,
  takeIPv4: boolean,
): void {
  if (takeIPv4) {
    row[word] = 0;
    row[word + 1] = 0;
    row[word + 2] = IPV4_PREFIX_WORD;
    row[word + 3] = view.getUint32(notes.at[note]!);
    return;
  }
  const at = notes.at[note + 1]!;
  for (let i = 0; i < 4; i++) row[word + i] = view.getUint32(at + 4 * i);
}
