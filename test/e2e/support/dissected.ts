import type { Value, Values } from '../../support/ipfix-messages.js';
import { LENGTHS, REVERSE, type Kind, type LaidOutElement } from './output-layout.js';
import type { DissectedField } from './tshark.js';

/** What tshark calls IANA's elements. */
const TSHARK_NAMES: Readonly<Record<number, string>> = {
  1: 'cflow.octets',
  2: 'cflow.packets',
  4: 'cflow.protocol',
  7: 'cflow.srcport',
  8: 'cflow.srcaddr',
  11: 'cflow.dstport',
  12: 'cflow.dstaddr',
  27: 'cflow.srcaddrv6',
  28: 'cflow.dstaddrv6',
  61: 'cflow.direction',
  85: 'cflow.permanent_octets',
  86: 'cflow.permanent_packets',
  136: 'cflow.flow_end_reason',
  150: 'cflow.abstimestart',
  151: 'cflow.abstimeend',
  403: 'cflow.original_exporter_ipv4_address',
  404: 'cflow.original_exporter_ipv6_address',
  405: 'cflow.original_observation_domain_id',
};

function labelOf({ enterprise, id }: LaidOutElement): string {
  if (enterprise === 0) return TSHARK_NAMES[id]!;
  return enterprise === REVERSE ? `reverse ${TSHARK_NAMES[id]!}` : `enterprise ${id}`;
}

/** The octets of a value, in hexadecimal. */
function hexOf(kind: Kind, value: Value = kind === 'text' ? '' : 0): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value !== 'string') return value.toString(16).padStart(2 * LENGTHS[kind], '0');
  if (kind === 'text') return Buffer.from(value).toString('hex');
  if (kind === 'ipv4') return Buffer.from(value.split('.').map(Number)).toString('hex');
  const [before = '', after] = value.split('::').map((part) =>
    part
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
  );
  return after === undefined ? before : before + after.padStart(32 - before.length, '0');
}

/** A record as tshark shows it: all elements in order, but for texts of length 0. */
export function dissected(layout: readonly LaidOutElement[], values: Values): DissectedField[] {
  return layout
    .map((element) => [labelOf(element), hexOf(element.kind, values[element.name])] as const)
    .filter(([, hex]) => hex !== '');
}
