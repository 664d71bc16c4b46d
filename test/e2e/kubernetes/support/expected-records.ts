import type { Value, Values } from '../../../support/ipfix-messages.js';
import type { IpfixRecord, IpfixValue } from '../../../support/ipfix-reader.js';
import type { Kind, LaidOutElement } from '../../support/output-layout.js';

function readValue(kind: Kind, value: Value | undefined): IpfixValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (kind === 'text') return String(value ?? '');
  if (kind === 'ipv4') return String(value ?? '0.0.0.0');
  if (kind === 'ipv6') return String(value ?? '::');
  return kind === 'uuid' ? '0'.repeat(32) : BigInt(value ?? 0);
}

/** A record as the tests' reader has it that says these values: all elements of its template, in their order. */
export function asRead(layout: readonly LaidOutElement[], values: Values): [name: string, value: IpfixValue][] {
  return layout.map(({ name, kind }) => [name, readValue(kind, values[name])]);
}

/** By what records of a test are told apart. */
const numberOf = (record: readonly (readonly [name: string, value: IpfixValue | undefined])[]): string =>
  record
    .filter(([name]) => /^(sourceTransportPort|sourceIPv\dAddress|originalObservationDomainId)$/.test(name))
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(' ');

type Elements = readonly (readonly [name: string, value: IpfixValue | undefined])[];

/** Records as lists of elements, in an order that does not depend on when they came. */
export function inOrder<T extends Elements>(records: readonly T[]): T[] {
  return records.toSorted((a, b) => (numberOf(a) < numberOf(b) ? -1 : 1));
}

/** The elements of a record, in the order of its template. */
export const elementsOf = (record: IpfixRecord): [name: string, value: IpfixValue][] => Object.entries(record);
