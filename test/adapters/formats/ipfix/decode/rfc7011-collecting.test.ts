import { describe, expect, it } from '@jest/globals';
import { Decoding } from '../../../../support/decoding.js';
import {
  concat,
  type FieldSpec,
  message,
  ntp,
  optionsTemplate,
  record,
  set,
  template,
} from '../../../../support/ipfix-messages.js';

const FLOW: readonly FieldSpec[] = ['sourceIPv4Address', 'destinationIPv4Address', 'sourceTransportPort'];

/** Scopes that RFC 7011 §3.4.2.1 wants supported, by their identifiers. */
const SCOPES = [
  ['observationDomainId', 149, 4],
  ['exportingProcessId', 144, 4],
  ['meteringProcessId', 143, 4],
  ['templateId', 145, 2],
  ['lineCardId', 141, 4],
  ['exporterIPv4Address', 130, 4],
  ['exporterIPv6Address', 131, 16],
  ['ingressInterface', 10, 4],
] as const;

describe('options records (RFC 7011 §3.4.2.1)', () => {
  it.each(SCOPES)('are read whatever their scope: %s', (_name, id, length) => {
    const fields: FieldSpec[] = [
      { enterpriseNumber: 0, id, length },
      { enterpriseNumber: 9, id: 77, length: 3 },
      'samplingInterval',
    ];
    const decoding = new Decoding().feed(
      message({}, set(3, optionsTemplate(300, 2, fields)), set(300, record(fields, { samplingInterval: 128 }))),
    );
    expect(decoding.session.samplingInterval).toBe(128);
    expect(decoding).toMatchObject({ received: 0, skipped: {} });
  });
});

describe('dateTimeMicroseconds (RFC 7011 §6.1.9)', () => {
  /** The end of a flow that began `fraction` of 2³² after a second and took the rest of it but for `MILLISECONDS`. */
  const endOf = (unit: string, fraction: bigint): unknown => {
    const fields: FieldSpec[] = [...FLOW, `flowStart${unit}`, 'flowDurationMilliseconds'];
    const values = {
      [`flowStart${unit}`]: ntp(1_700_000_000) + fraction,
      flowDurationMilliseconds: 1000 - MILLISECONDS,
    };
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields)), set(256, record(fields, values))));
    return decoding.only['flowEndSeconds'];
  };
  const MILLISECONDS = 46;
  /** The least fraction of so many milliseconds. Nearly all of its last eleven bits are set: without them it is less. */
  const FRACTION = (2n ** 32n * BigInt(MILLISECONDS)) / 1000n + 1n;

  it('has eleven last bits that are ignored', () => {
    expect(endOf('Microseconds', FRACTION)).toBe(1_700_000_000);
    expect(endOf('Microseconds', FRACTION + 0x800n)).toBe(1_700_000_001);
  });

  it('has them in nanoseconds (§6.1.10)', () => {
    expect(endOf('Nanoseconds', FRACTION)).toBe(1_700_000_001);
  });
});

describe('elements that nobody knows (RFC 7011 §9)', () => {
  const unknown = (enterpriseNumber: number, id: number, length = 4): FieldSpec => ({ enterpriseNumber, id, length });

  it('are noted by their identifiers, once a template, also of options templates', () => {
    const fields = [...FLOW, unknown(9, 77), unknown(0, 5), unknown(9, 77)];
    const decoding = new Decoding().feed(
      message({}, set(2, template(256, fields), template(257, FLOW))),
      message({}, set(2, template(256, fields)), set(3, optionsTemplate(258, 1, [unknown(6876, 888, 65535)]))),
    );
    expect(decoding.unknown).toEqual(['256: 9/77, 0/5', '258: 6876/888']);
    expect(decoding.notices).toEqual([]);
  });

  it('are noted to a number that a line can hold', () => {
    const fields = Array.from({ length: 100 }, (_, i) => unknown(9, i));
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields))));
    expect(decoding.unknown[0]).toMatch(/^256: 9\/0, .*, 9\/63 and 36 more$/);
  });
});

describe('padding within records (RFC 7011 §9)', () => {
  it('is accepted as paddingOctets of any length, fixed or variable', () => {
    const fields: FieldSpec[] = [
      ['paddingOctets', 3],
      'sourceIPv4Address',
      'paddingOctets',
      'destinationIPv4Address',
      ['paddingOctets', 1],
      'sourceTransportPort',
    ];
    const values = { sourceIPv4Address: '10.0.0.1', destinationIPv4Address: '10.0.0.2', sourceTransportPort: 7 };
    const bytes = record(fields, values);
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields)), set(256, concat(bytes, bytes))));
    const expected = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', sourceTransportPort: 7 };
    expect(decoding.records).toMatchObject([expected, expected]);
    expect(decoding.unknown).toEqual([]);
  });
});
