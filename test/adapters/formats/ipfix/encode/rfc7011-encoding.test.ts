import { describe, expect, it } from '@jest/globals';
import { BEGINNING, MessageEncoder } from '../../../../../src/adapters/formats/ipfix/encode/message-encoder.js';
import { aBatch, type FlowValues } from '../../../../support/a-batch.js';
import { IpfixReader } from '../../../../support/ipfix-reader.js';

const LIMITS = { messageBytes: 1_200, longestMessage: 65_535, chunkBytes: 100_000 };
const TIME = 4_000_000_000;

const encoder = new MessageEncoder({
  mode: 'aggregate',
  includeK8sNames: true,
  includeK8sUIDs: false,
  observationDomainId: 4_294_967_295,
  clusterId: 'cluster',
});

/** The bytes of each message that a batch makes. */
function messages(flows: readonly FlowValues[], sequenceNumber = 0): Buffer[] {
  const { bytes } = encoder.encode([aBatch(flows)], BEGINNING, TIME, sequenceNumber, LIMITS);
  const all = Buffer.from(bytes);
  const found: Buffer[] = [];
  for (let at = 0; at < all.length; at += found.at(-1)!.length)
    found.push(all.subarray(at, at + all.readUInt16BE(at + 2)));
  return found;
}

const templates = (): Buffer[] => encoder.templates(TIME, 3).map((bytes) => Buffer.from(bytes));
const everyMessage = (): Buffer[] => [
  ...templates(),
  ...messages([{}, {}, {}, {}, { sourceIP: 'fd00::1', destinationIP: 'fd00::2' }]),
];

describe('RFC 7011 §3.1 message header', () => {
  it('has version 10', () => {
    for (const message of everyMessage()) expect(message.readUInt16BE(0)).toBe(10);
  });

  it('has the length of the message with its header', () => {
    for (const message of everyMessage()) {
      expect(message.length).toBe(16 + message.readUInt16BE(18));
      expect(message.readUInt16BE(2)).toBe(message.length);
    }
  });

  it('has the export time in seconds', () => {
    for (const message of everyMessage()) expect(message.readUInt32BE(4)).toBe(TIME);
  });

  it('has the number of data records sent before as sequence number: templates do not count', () => {
    expect(templates().map((message) => message.readUInt32BE(8))).toEqual([3, 3]);
    const sent = messages([{}, {}, {}, {}, {}]);
    const reader = new IpfixReader();
    for (const template of templates()) reader.message(template);
    let before = 0;
    for (const message of sent) {
      expect(message.readUInt32BE(8)).toBe(before);
      before += reader.message(message).records.length;
    }
    expect([before, sent.length]).toEqual([5, 2]);
  });

  it('counts the sequence number modulo 2³²', () => {
    expect(messages([{}, {}, {}, {}, {}], 2 ** 32 - 2).map((message) => message.readUInt32BE(8))).toEqual([
      2 ** 32 - 2,
      1,
    ]);
  });

  it('has the observation domain', () => {
    for (const message of everyMessage()) expect(message.readUInt32BE(12)).toBe(4_294_967_295);
  });
});

describe('RFC 7011 §3.2 field specifier', () => {
  const fields = () => new IpfixReader().message(templates()[0]!).templates[0]!.fields;

  it('has the enterprise bit clear and no enterprise number for elements of IANA', () => {
    expect(templates()[0]!.subarray(24, 32).toString('hex')).toBe('0096000400970004');
  });

  it('has the enterprise bit set and the number for all others', () => {
    expect(fields().find(({ name }) => name === 'flowType')).toMatchObject({ enterprise: 56506, id: 137, length: 1 });
  });

  it('RFC 5103 §6.1: reverse elements have the enterprise number 29305', () => {
    expect(
      fields()
        .filter(({ enterprise }) => enterprise === 29305)
        .map(({ id }) => id),
    ).toEqual([86, 85, 2, 1]);
  });

  it('§7: has 65535 as the length of texts', () => {
    expect(fields().find(({ name }) => name === 'sourcePodName')!.length).toBe(65_535);
  });
});

describe('RFC 7011 §3.3.2 set header', () => {
  it('has id 2 for templates, theirs for data, and the length of the set with its header', () => {
    expect(everyMessage().map((message) => message.readUInt16BE(16))).toEqual([2, 2, 256, 256, 257]);
    for (const message of everyMessage()) expect(message.readUInt16BE(18)).toBe(message.length - 16);
  });
});

describe('RFC 7011 §3.4.1 template record', () => {
  it('has an id from 256 on, one for each family, and as many fields as it says', () => {
    const read = templates().map((message) => new IpfixReader().message(message));
    expect(read.map(({ templates }) => templates.map(({ id }) => id))).toEqual([[256], [257]]);
    expect(templates().map((message) => message.readUInt16BE(22))).toEqual(
      read.map((m) => m.templates[0]!.fields.length),
    );
  });

  it('makes an IPv4 template message of 536 octets with names and without UIDs', () => {
    expect(templates()[0]).toHaveLength(536);
  });
});

describe('RFC 7011 §6.1 encoding', () => {
  const read = (flow: FlowValues) => {
    const reader = new IpfixReader();
    for (const template of templates()) reader.message(template);
    return reader.message(messages([flow])[0]!).records[0]!;
  };

  it('§6.1.1: has integers in network byte order, exact over their whole range', () => {
    expect(
      read({ octetTotalCountFromSourceNode: 2n ** 64n - 2n, sourceTransportPort: 65_534, flowType: 254 }),
    ).toMatchObject({
      octetTotalCountFromSourceNode: 2n ** 64n - 2n,
      sourceTransportPort: 65_534n,
      flowType: 254n,
    });
  });

  it('§6.1.6: has texts in UTF-8', () => {
    expect(read({ sourcePodName: 'größer ✓' })['sourcePodName']).toBe('größer ✓');
  });

  it('§6.1.7: has dateTimeSeconds as unsigned seconds', () => {
    expect(read({ flowStartSeconds: 4_294_967_295 })['flowStartSeconds']).toBe(4_294_967_295n);
  });
});

describe('RFC 7011 §7 variable-length elements', () => {
  /** The last bytes of a record from sourcePodLabels on, and two before them: of a throughput that is 0. */
  const labels = (length: number): string => {
    const message = messages([{ sourcePodLabels: 'x'.repeat(length) }])[0]!;
    const prefix = length < 255 ? 1 : 3;
    return message.subarray(message.length - 1 - 8 - length - prefix - 2).toString('latin1');
  };

  it.each([1, 3, 4, 254])('has a text of %d octets after its length in one octet', (length) => {
    expect(labels(length)).toBe(`\0\0${String.fromCharCode(length)}${'x'.repeat(length)}\x00\x07cluster`);
  });

  it.each([255, 256, 40_000])('has a text of %d octets after 255 and its length in two octets', (length) => {
    const prefix = String.fromCharCode(255, length >>> 8, length & 0xff);
    expect(labels(length)).toBe(`\0\0${prefix}${'x'.repeat(length)}\x00\x07cluster`);
  });
});
