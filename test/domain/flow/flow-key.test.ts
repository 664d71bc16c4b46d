import { describe, expect, it } from '@jest/globals';
import { FlowKey } from '../../../src/domain/flow/flow-key.js';
import { aFlow, type FlowValues } from '../../support/a-batch.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';
import { FlowFlag } from '../../../src/domain/flow/flow-flags.js';
import { FLOW_ROW } from '../../../src/domain/flow/layout.js';

const keyOf = (values: RecordValues = {}): FlowKey => {
  const key = new FlowKey();
  key.take(aRecord(values));
  return key;
};

const isOf = (record: RecordValues, flow: FlowValues, flags = 0): boolean => {
  const row = aFlow(flow);
  row.words[row.base + FLOW_ROW.flags]! |= flags;
  return keyOf(record).isOf(row.words, row.base, row.strings);
};

const HALF = { flowType: 4, proxySnatIP: '10.9.9.9', proxySnatPort: 1234 };

describe('§2 the flow key', () => {
  it.each([
    ['sourceIP', '10.0.0.77'],
    ['destinationIP', '10.0.0.77'],
    ['protocolIdentifier', 17],
    ['sourceTransportPort', 41_000],
    ['destinationTransportPort', 81],
  ])('differs when %s does', (name, value) => {
    expect(keyOf({ [name]: value }).words).not.toEqual(keyOf().words);
    expect(isOf({ [name]: value }, {})).toBe(false);
    expect(isOf({}, { [name]: value })).toBe(false);
    expect(isOf({ [name]: value }, { [name]: value })).toBe(true);
  });

  it.each([
    ['flowType', 2],
    ['flowEndReason', 3],
    ['proxySnatPort', 5],
    ['sourcePodName', 'client'],
    ['flowEndSeconds', 5],
  ])('has nothing of %s', (name, value) => {
    expect(keyOf({ [name]: value }).words).toEqual(keyOf().words);
    expect(isOf({ [name]: value }, {})).toBe(true);
    expect(isOf({}, { [name]: value })).toBe(true);
  });

  it('tells the directions of a connection apart', () => {
    expect(keyOf({ sourceIP: '10.0.0.2', destinationIP: '10.0.0.1' }).words).not.toEqual(keyOf().words);
    expect(keyOf({ sourceTransportPort: 80, destinationTransportPort: 40_000 }).words).not.toEqual(keyOf().words);
  });

  it('never has IPv4 equal to IPv6', () => {
    const v4 = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2' };
    const v6 = { sourceIP: '::a00:1', destinationIP: '::a00:2' };
    expect(isOf(v4, v6)).toBe(false);
    expect(isOf(v6, v4)).toBe(false);
    expect(keyOf(v4).isIPv4).toBe(true);
    expect(keyOf(v6).isIPv4).toBe(false);
  });

  it('§1 of an IPv4 address and a true IPv6 one is IPv6', () => {
    expect(keyOf({ destinationIP: '2001:db8::1' }).isIPv4).toBe(false);
    expect(keyOf({ sourceIP: '2001:db8::1' }).isIPv4).toBe(false);
  });

  it('has proxySnat address and port in place of the source of an ingress-Node half', () => {
    const translated = keyOf({ sourceIP: '10.9.9.9', sourceTransportPort: 1234 });
    expect(keyOf(HALF).words).toEqual(translated.words);
    expect(keyOf({ ...HALF, sourceIP: '203.0.113.5', sourceTransportPort: 9 }).words).toEqual(translated.words);
    expect(
      keyOf({ ...HALF, sourceTransportPort: 0xffff, proxySnatPort: 0, destinationTransportPort: 0xfffe }).words,
    ).toEqual(keyOf({ sourceIP: '10.9.9.9', sourceTransportPort: 0, destinationTransportPort: 0xfffe }).words);
  });

  it('has the source of a record that only looks like one', () => {
    expect(keyOf({ ...HALF, destinationPodName: 'server' }).words).toEqual(keyOf().words);
    expect(keyOf({ ...HALF, flowType: 2 }).words).toEqual(keyOf().words);
    expect(keyOf({ flowType: 4, proxySnatPort: 5 }).words).toEqual(keyOf().words);
  });

  it('§1 has an IPv6 form of an IPv4 proxySnat address as the IPv4 address', () => {
    const record = aRecord({ ...HALF, proxySnatIP: '2001:db8::1' });
    record.bytes = Uint8Array.of(...new Array<number>(10).fill(0), 0xff, 0xff, 10, 9, 9, 9);
    const key = new FlowKey();
    key.take(record);
    expect(key.words).toEqual(keyOf(HALF).words);
  });
});

describe('§2 the key of a flow whose source is the one before source NAT', () => {
  const flow: FlowValues = { ...HALF, sourceIP: '203.0.113.5', sourceTransportPort: 55_555 };
  const of = (record: RecordValues, other: FlowValues = {}): boolean =>
    isOf(record, { ...flow, ...other }, FlowFlag.KeyedByProxySnat);
  const destinationHalf = { sourceIP: '10.9.9.9', sourceTransportPort: 1234 };

  it('is the one that the destination Node knows', () => {
    expect(of(destinationHalf)).toBe(true);
    expect(of(HALF)).toBe(true);
    expect(of({ sourceIP: '203.0.113.5', sourceTransportPort: 55_555 })).toBe(false);
  });

  it.each([
    ['sourceIP', '10.9.9.8'],
    ['sourceTransportPort', 1235],
    ['destinationIP', '10.0.0.3'],
    ['destinationTransportPort', 81],
    ['protocolIdentifier', 17],
  ])('differs when %s does', (name, value) => {
    expect(of({ ...destinationHalf, [name]: value })).toBe(false);
  });
});
