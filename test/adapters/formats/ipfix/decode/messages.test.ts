import { describe, expect, it } from '@jest/globals';
import { IpfixError } from '../../../../../src/adapters/formats/ipfix/decode/ipfix-error.js';
import { readMessageLength } from '../../../../../src/adapters/formats/ipfix/decode/message-header.js';
import { Decoding } from '../../../../support/decoding.js';
import { be, concat, message, record, set, template, variable } from '../../../../support/ipfix-messages.js';

const FLOW = ['sourceIPv4Address', 'destinationIPv4Address', 'sourceTransportPort'];
const TEMPLATE = set(2, template(256, FLOW));
const flow = (port: number): Uint8Array =>
  record(FLOW, { sourceIPv4Address: '10.0.0.1', destinationIPv4Address: '10.0.0.2', sourceTransportPort: port });
const ports = ({ records }: Decoding): unknown[] => records.map(({ sourceTransportPort }) => sourceTransportPort);

/** The error of what must fail, as far as tests look at it. */
const failure = (action: () => unknown): Partial<IpfixError> => {
  try {
    action();
  } catch (error) {
    if (error instanceof IpfixError) return { reason: error.reason, offset: error.offset, code: error.code };
    throw error;
  }
  throw new Error('it did not fail');
};

describe('message header (RFC 7011 §3.1)', () => {
  it('is refused with a version other than 10, and the other protocol is named', () => {
    expect(() => readMessageLength(Uint8Array.of(0, 9, 0, 20), 0)).toThrow(/version 9 \(NetFlow v9\)/);
    expect(failure(() => readMessageLength(Uint8Array.of(0, 11, 0, 20), 0))).toMatchObject({
      reason: 'version',
      offset: 0,
    });
  });

  it('is refused with a length that is less than its own', () => {
    expect(failure(() => readMessageLength(Uint8Array.of(0, 10, 0, 15), 0))).toEqual({
      reason: 'message_length',
      offset: 2,
      code: 'WEIR_IPFIX_MESSAGE_LENGTH',
    });
    expect(readMessageLength(Uint8Array.of(0, 10, 0, 16), 0)).toBe(16);
    expect(readMessageLength(Uint8Array.of(9, 9, 0, 10, 0xff, 0xff), 2)).toBe(65535);
  });

  it('gives records their export time and observation domain', () => {
    const decoding = new Decoding().feed(
      message({ exportTime: 0xffff_fffe, domain: 0xffff_ffff }, TEMPLATE, set(256, flow(1))),
    );
    expect(decoding.only).toMatchObject({ exportTimeSeconds: 0xffff_fffe, observationDomainId: 0xffff_ffff });
  });

  it('alone is a message', () => {
    expect(new Decoding().feed(message({})).records).toEqual([]);
  });

  it('may stand anywhere in what was read', () => {
    const bytes = message({ sequence: 4 }, TEMPLATE, set(256, flow(7)));
    const shifted = concat(new Uint8Array(5), bytes, new Uint8Array(3));
    const decoding = new Decoding();
    decoding.decoder.decode(decoding.session, shifted, new DataView(shifted.buffer), 5, bytes.length);
    expect(ports(decoding)).toEqual([7]);
  });
});

describe('sets (RFC 7011 §3.3)', () => {
  it('come in any number and mix in a message', () => {
    const bytes = message(
      {},
      TEMPLATE,
      set(256, flow(1)),
      set(2, template(300, FLOW)),
      set(300, flow(2)),
      set(256, flow(3)),
    );
    expect(ports(new Decoding().feed(bytes))).toEqual([1, 2, 3]);
  });

  it('have any number of records', () => {
    const many = Array.from({ length: 1000 }, (_, i) => flow(i));
    const decoding = new Decoding().feed(message({}, TEMPLATE), message({}, set(256, ...many)));
    expect(ports(decoding)).toEqual(many.map((_, i) => i));
    expect(decoding.received).toBe(1000);
  });

  it('may end in padding that is shorter than any record (§3.3.1)', () => {
    for (const padding of [1, 2, 3, 9]) {
      const decoding = new Decoding().feed(message({}, TEMPLATE, set(256, flow(1), flow(2), new Uint8Array(padding))));
      expect(ports(decoding)).toEqual([1, 2]);
    }
  });

  it('may end in padding after records of variable length (§3.3.1)', () => {
    const fields = [...FLOW, 'sourcePodName'];
    const records = ['a', ''].map((sourcePodName) => record(fields, { sourcePodName }));
    const decoding = new Decoding().feed(
      message({}, set(2, template(256, fields)), set(256, ...records, new Uint8Array(3))),
    );
    expect(decoding.records.map(({ sourcePodName }) => sourcePodName)).toEqual(['a', '']);
  });

  it('may end in padding after templates (§3.3.1)', () => {
    const padded = set(2, template(256, FLOW), new Uint8Array(3));
    expect(ports(new Decoding().feed(message({}, padded, set(256, flow(1)))))).toEqual([1]);
  });

  it('without content do no harm', () => {
    const decoding = new Decoding().feed(message({}, set(2), set(3), TEMPLATE, set(256), set(256, flow(1))));
    expect(ports(decoding)).toEqual([1]);
  });

  it('with reserved ids 0, 1 and 4 to 255 are skipped, counted and said once (§3.3.2)', () => {
    const sets = [0, 1, 4, 255].map((id) => set(id, new Uint8Array(5)));
    const decoding = new Decoding().feed(message({}, ...sets, TEMPLATE, set(256, flow(1))));
    expect(ports(decoding)).toEqual([1]);
    expect(decoding.skipped).toEqual({ reserved_id: 4 });
    expect(decoding.notices).toHaveLength(1);
  });
});

describe('a malformed message is discarded as a whole (RFC 7011 §9.1)', () => {
  const sound = set(256, flow(1));
  const broken = (...sets: Uint8Array[]): Decoding => {
    const decoding = new Decoding().feed(message({}, TEMPLATE));
    expect(() => decoding.feed(message({}, sound, ...sets))).toThrow(IpfixError);
    return decoding;
  };
  const reasonOf = (...sets: Uint8Array[]): Partial<IpfixError> => {
    const decoding = new Decoding().feed(message({}, TEMPLATE));
    return failure(() => decoding.feed(message({}, sound, ...sets)));
  };

  it.each<[string, Uint8Array[], string, number]>([
    ['a set shorter than its header', [concat(be(256, 2), be(3, 2))], 'set_length', 30],
    ['a set longer than the message', [concat(be(256, 2), be(5, 2))], 'set_length', 30],
    ['octets after the last set that are no set', [Uint8Array.of(0, 0, 0)], 'set_length', 30],
    ['a record cut short', [set(256, flow(2).subarray(0, 9))], 'record_length', 34],
    ['an invalid template', [set(2, template(255, FLOW))], 'template_id', 34],
  ])('with %s', (_what, sets, reason, offset) => {
    expect(reasonOf(...sets)).toMatchObject({ reason, offset });
    expect(broken(...sets)).toMatchObject({ records: [], received: 0 });
  });

  it('with a variable-length field that runs over its set, in any record but the first too', () => {
    const fields = [...FLOW, 'sourcePodName'];
    const tooLong = (length: Uint8Array): Uint8Array => concat(flow(1), length, Uint8Array.of(65, 66));
    const decoding = new Decoding().feed(message({}, set(2, template(257, fields))));
    const good = record(fields, { sourcePodName: 'x' });
    for (const length of [
      be(3, 1),
      be(254, 1),
      concat(be(255, 1), be(3, 2)),
      be(255, 1),
      concat(be(255, 1), be(65535, 2)),
    ]) {
      expect(failure(() => decoding.feed(message({}, set(257, good, tooLong(length)))))).toMatchObject({
        reason: 'record_length',
        offset: 16 + 4 + good.length,
      });
    }
    expect(decoding).toMatchObject({ records: [], received: 0 });
  });

  it('and what follows is decoded as if it had not been there', () => {
    const decoding = broken(set(1).subarray(0, 2));
    decoding.feed(message({}, set(256, flow(5))));
    expect(ports(decoding)).toEqual([5]);
  });
});

describe('templates of a malformed message (RFC 7011 §9.1)', () => {
  const SWAPPED = ['destinationIPv4Address', 'sourceIPv4Address', 'destinationTransportPort'];
  const REST = Uint8Array.of(0, 0, 0);
  const udp = (): Decoding => new Decoding({ isReliable: false });
  const feedBroken = (decoding: Decoding, ...sets: Uint8Array[]): Decoding => {
    expect(() => decoding.feed(message({}, ...sets))).toThrow(IpfixError);
    return decoding;
  };

  it.each<[string, Uint8Array]>([
    ['a set', REST],
    ['a record', set(256, flow(1).subarray(0, 3))],
    ['another template', set(2, template(255, FLOW))],
  ])('are discarded with it if %s after them is not sound', (_what, broken) => {
    const decoding = feedBroken(udp(), TEMPLATE, broken);
    expect(decoding.plans).toMatchObject({ users: 0, size: 0 });
    decoding.feed(message({}, set(256, flow(1))));
    expect(decoding).toMatchObject({ records: [], skipped: { unknown_template: 1 } });
  });

  it('take those with them that they would have replaced: what data is encoded with now, nobody knows', () => {
    const decoding = feedBroken(udp().feed(message({}, TEMPLATE)), set(2, template(256, SWAPPED)), REST);
    expect(decoding.feed(message({}, set(256, flow(1)))).records).toEqual([]);
    expect(ports(decoding.feed(message({}, TEMPLATE, set(256, flow(2)))))).toEqual([2]);
  });

  it('leave what was known before, of the same definition too', () => {
    const decoding = udp().feed(message({}, TEMPLATE, set(2, template(300, FLOW))));
    feedBroken(decoding, TEMPLATE, set(2, template(301, FLOW)), REST);
    expect(ports(decoding.feed(message({}, set(256, flow(1)), set(300, flow(2)))))).toEqual([1, 2]);
    expect(decoding.plans.users).toBe(2);
  });
});

describe('variable-length fields (RFC 7011 §7)', () => {
  const fields = [...FLOW, 'sourcePodName', 'sourcePodNamespace'];
  const decode = (...values: Uint8Array[]): Decoding =>
    new Decoding().feed(message({}, set(2, template(256, fields)), set(256, flow(1), ...values)));

  it('have their length in one octet', () => {
    const long = new TextEncoder().encode('n'.repeat(254));
    expect(decode(variable(Buffer.from('näme')), variable(long)).only).toMatchObject({
      sourcePodName: 'näme',
      sourcePodNamespace: 'n'.repeat(254),
    });
  });

  it('have their length in three octets, also where one would do', () => {
    const long = new TextEncoder().encode('n'.repeat(20_000));
    expect(decode(variable(long), variable(Buffer.from('ns'), true)).only).toMatchObject({
      sourcePodName: 'n'.repeat(20_000),
      sourcePodNamespace: 'ns',
    });
  });

  it('are empty at length 0 in both forms', () => {
    expect(decode(be(0, 1), concat(be(255, 1), be(0, 2))).only).toMatchObject({
      sourcePodName: '',
      sourcePodNamespace: '',
    });
  });

  it('fill a message of 65535 octets (§3.1)', () => {
    const room = 65535 - 16 - 4 - 10 - 3 - 1;
    const name = new TextEncoder().encode('x'.repeat(room));
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields))));
    const bytes = message({}, set(256, flow(1), variable(name), be(0, 1)));
    expect(bytes).toHaveLength(65535);
    expect(String(decoding.feed(bytes).only['sourcePodName'])).toHaveLength(room);
  });
});
