import { describe, expect, it } from '@jest/globals';
import { COUNTER_NAMES, counterBit } from '../../../../../src/domain/flow/counters.js';
import { Decoding, type PlainRecord } from '../../../../support/decoding.js';
import {
  be,
  concat,
  type FieldSpec,
  message,
  record,
  set,
  template,
  type Values,
} from '../../../../support/ipfix-messages.js';

const KEY = ['sourceIPv4Address', 'destinationIPv4Address'];

const decode = (fields: readonly FieldSpec[], values: Values = {}): PlainRecord => {
  const all = [...KEY, ...fields];
  return new Decoding().feed(message({}, set(2, template(256, all)), set(256, record(all, values)))).only;
};

describe('reduced-size encoding of counters (RFC 7011 §6.2)', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is read with %d octets', (length) => {
    const largest = 2n ** BigInt(8 * length) - 1n;
    const mixed = 0x8123_4567_89ab_cdefn & largest;
    for (const value of [0n, 1n, mixed, largest]) {
      expect(decode([['octetTotalCount', length]], { octetTotalCount: value })).toMatchObject({
        octetTotalCount: value,
      });
    }
  });

  it('is read in any mixture with counters of full size', () => {
    const fields: FieldSpec[] = [
      ['octetDeltaCount', 4],
      'packetDeltaCount',
      ['octetTotalCount', 3],
      'packetTotalCount',
      'protocolIdentifier',
    ];
    const values = {
      octetDeltaCount: 1n,
      packetDeltaCount: 2n,
      octetTotalCount: 3n,
      packetTotalCount: 4n,
      protocolIdentifier: 17,
    };
    expect(decode(fields, values)).toMatchObject(values);
  });

  it('is read for ports', () => {
    expect(decode([['sourceTransportPort', 1]], { sourceTransportPort: 53 })).toMatchObject({
      sourceTransportPort: 53,
    });
  });

  it.each([1, 2, 3, 4])('is read for numbers of 32 bits with %d octets', (length) => {
    const values = { flowEndSeconds: 1000, flowDurationMilliseconds: 255 };
    expect(decode(['flowEndSeconds', ['flowDurationMilliseconds', length]], values)).toMatchObject({
      flowStartSeconds: 999,
    });
  });
});

describe('integers that share a word', () => {
  it('come in any order without disturbing each other', () => {
    const fields = [
      'egressNetworkPolicyRuleAction',
      'destinationTransportPort',
      'flowEndReason',
      'flowType',
      'sourceTransportPort',
      'proxySnatPort',
      'protocolIdentifier',
      'ingressNetworkPolicyType',
      'destinationServicePort',
    ];
    const values = Object.fromEntries(fields.map((name, i) => [name, i + 1]));
    expect(decode(fields, values)).toMatchObject(values);
    expect(decode([...fields].reverse(), values)).toMatchObject(values);
  });

  it('are cleared from one record to the next', () => {
    const fields = [...KEY, 'flowType', 'protocolIdentifier'];
    const full = record(fields, { flowType: 255, protocolIdentifier: 255 });
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields)), set(256, full, record(fields))));
    expect(decoding.records).toMatchObject([{ flowType: 255 }, { flowType: 0, protocolIdentifier: 0 }]);
  });
});

describe('strings (RFC 7011 §6.1.6)', () => {
  it('may have a fixed length, with zeros as padding', () => {
    const values = { sourcePodName: 'abc', tcpState: 'CLOSED' };
    expect(
      decode(
        [
          ['sourcePodName', 8],
          ['tcpState', 6],
          ['egressName', 4],
        ],
        values,
      ),
    ).toMatchObject({ ...values, egressName: '' });
  });

  it('that are not UTF-8 are kept as they are and shown with replacement characters', () => {
    expect(decode(['sourcePodName'], { sourcePodName: Uint8Array.of(0x61, 0xff) })).toMatchObject({
      sourcePodName: 'a\ufffd',
    });
  });
});

describe('the counters a record carries (flow-rules.md §1)', () => {
  it.each(COUNTER_NAMES)('are a matter of its template: %s', (name) => {
    expect(decode([name])['carried']).toBe(counterBit(name));
  });

  it('are none without counters, and stay with their template', () => {
    const fields = [...KEY, 'octetDeltaCount'];
    const decoding = new Decoding().feed(message({}, set(2, template(256, KEY), template(257, fields))));
    decoding.feed(
      message({}, set(257, record(fields, { octetDeltaCount: 9 })), set(256, record(KEY)), set(257, record(fields))),
    );
    const octets = counterBit('octetDeltaCount');
    expect(decoding.records).toMatchObject([
      { carried: octets, octetDeltaCount: 9n },
      { carried: 0, octetDeltaCount: 0n },
      { carried: octets, octetDeltaCount: 0n },
    ]);
  });
});

describe('records of any template', () => {
  it('leave their fields at default when the next template lacks them', () => {
    const rich = [
      ...KEY,
      'flowEndReason',
      'sourcePodName',
      'octetTotalCount',
      'proxySnatIPv4',
      'egressIP',
      'sourcePodUUID',
      'flowStartMilliseconds',
    ];
    const values = {
      flowEndReason: 3,
      sourcePodName: 'a',
      octetTotalCount: 1,
      proxySnatIPv4: '10.0.0.9',
      egressIP: '10.0.0.8',
      sourcePodUUID: new Uint8Array(16).fill(1),
    };
    const decoding = new Decoding().feed(message({}, set(2, template(256, rich), template(257, KEY))));
    decoding.feed(message({ exportTime: 5 }, set(256, record(rich, values)), set(257, record(KEY))));
    const lean = new Decoding().feed(
      message({}, set(2, template(257, KEY))),
      message({ exportTime: 5, sequence: 1 }, set(257, record(KEY))),
    );
    expect(decoding.records[1]).toEqual(lean.only);
  });

  it('may be as short as one octet', () => {
    const decoding = new Decoding().feed(
      message({}, set(2, template(256, ['protocolIdentifier'])), set(256, new Uint8Array(1000))),
    );
    expect(decoding).toMatchObject({ records: [], received: 1000, dropped: { no_source_address: 1000 } });
  });

  it('that are longer than any message never come', () => {
    const wide = Array.from({ length: 3 }, () => ({ enterpriseNumber: 0, id: 210, length: 60_000 }));
    const decoding = new Decoding().feed(message({}, set(2, template(256, wide))));
    expect(() => decoding.feed(message({}, set(256, concat(new Uint8Array(60_000), be(0, 4)))))).toThrow(/runs over/);
  });
});
