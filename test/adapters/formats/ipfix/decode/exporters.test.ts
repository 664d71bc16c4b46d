import { describe, expect, it } from '@jest/globals';
import { counterBit } from '../../../../../src/domain/flow/counters.js';
import { Decoding } from '../../../../support/decoding.js';
import { OPEN_VSWITCH, PMACCTD, SOFTFLOWD } from '../../../../support/exporter-templates.js';
import { message, optionsTemplate, record, set, template } from '../../../../support/ipfix-messages.js';

const CONNECTION = {
  sourceIPv4Address: '10.0.0.1',
  destinationIPv4Address: '10.0.0.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 80,
  protocolIdentifier: 6,
  octetDeltaCount: 1500n,
  packetDeltaCount: 3n,
};
const EXPECTED = {
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 80,
  protocolIdentifier: 6,
  octetDeltaCount: 1500n,
  packetDeltaCount: 3n,
  carried: counterBit('octetDeltaCount') | counterBit('packetDeltaCount'),
  flowStartSeconds: 1_700_000_000,
  flowEndSeconds: 1_700_000_030,
};
const EXPORT = 1_700_000_040;

/** A decoder to which an exporter that uses UDP has sent one record. */
const decode = (fields: typeof SOFTFLOWD, values: Parameters<typeof record>[1], ...before: Uint8Array[]): Decoding =>
  new Decoding({ isReliable: false })
    .feed(...before, message({ exportTime: EXPORT }, set(2, template(1024, fields))))
    .feed(message({ exportTime: EXPORT }, set(1024, record(fields, values))));

describe('exporters that work without a setting', () => {
  it('Open vSwitch: times before the export, ethernet, interfaces, elements of VMware’s', () => {
    const values = {
      ...CONNECTION,
      flowStartDeltaMicroseconds: 40_000_000,
      flowEndDeltaMicroseconds: 9_500_000,
      flowEndReason: 2,
    };
    expect(decode(OPEN_VSWITCH, values).only).toMatchObject({ ...EXPECTED, flowEndReason: 2 });
  });

  it('softflowd -v 10: up times, its start in an options record', () => {
    const scope = { enterpriseNumber: 0, id: 143, length: 4 };
    const fields = [scope, 'systemInitTimeMilliseconds', ['samplingInterval', 4]] as const;
    const options = message(
      {},
      set(3, optionsTemplate(256, 1, fields)),
      set(256, record(fields, { systemInitTimeMilliseconds: 1_699_999_990_000, samplingInterval: 1 })),
    );
    const decoding = decode(
      SOFTFLOWD,
      { ...CONNECTION, flowStartSysUpTime: 10_000, flowEndSysUpTime: 40_900 },
      options,
    );
    expect(decoding.only).toMatchObject(EXPECTED);
    expect(decoding.notices).toEqual([]);
  });

  it('pmacctd’s nfprobe: times in milliseconds', () => {
    const values = { ...CONNECTION, flowStartMilliseconds: 1_700_000_000_999, flowEndMilliseconds: 1_700_000_030_000 };
    expect(decode(PMACCTD, values).only).toMatchObject(EXPECTED);
  });
});
