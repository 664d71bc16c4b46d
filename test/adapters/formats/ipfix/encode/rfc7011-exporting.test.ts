import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isUtf8 } from 'node:buffer';
import { exportedElements } from '../../../../../src/adapters/formats/ipfix/encode/exported-elements.js';
import { BEGINNING, MessageEncoder } from '../../../../../src/adapters/formats/ipfix/encode/message-encoder.js';
import { makeWellFormed } from '../../../../../src/adapters/formats/ipfix/encode/well-formed.js';
import type { FlowBatch } from '../../../../../src/domain/batch/flow-batch.js';
import { aBatch } from '../../../../support/a-batch.js';
import { IpfixReader } from '../../../../support/ipfix-reader.js';

const LIMITS = { messageBytes: 65_535, longestMessage: 65_535, chunkBytes: 100_000 };
const encoder = new MessageEncoder({
  mode: 'aggregate',
  includeK8sNames: true,
  includeK8sUIDs: true,
  observationDomainId: 1,
  clusterId: 'cluster',
});

const encode = (batch: FlowBatch): Uint8Array => encoder.encode([batch], BEGINNING, 1, 0, LIMITS).bytes;

/** The octets of each data type at full size (RFC 7012 §3.1), and 65535 for what has no size of its own. */
const FULL_SIZE: Readonly<Record<string, number>> = {
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  unsigned64: 8,
  dateTimeSeconds: 4,
  ipv4Address: 4,
  ipv6Address: 16,
  string: 65_535,
};

describe('RFC 7011 §3 messages', () => {
  it('have a set: without records there is no message', () => {
    expect(encode(aBatch([]))).toHaveLength(0);
  });

  it('§3.3.1: have no padding', () => {
    const { fields } = new IpfixReader().message(encoder.templates(1, 0)[0]!).templates[0]!;
    const shortest = fields.reduce((sum, { length }) => sum + (length === 65_535 ? 1 : length), 0);
    const record = shortest + 'cluster'.length;
    for (const records of [1, 2, 3]) {
      expect(encode(aBatch(Array.from({ length: records }, () => ({}))))).toHaveLength(16 + 4 + records * record);
    }
  });
});

describe('RFC 7011 §6.2 reduced-size encoding', () => {
  it.each(['IPv4', 'IPv6'] as const)('is not used: templates of %s have every element at its full size', (family) => {
    const elements = exportedElements(family, { mode: 'aggregate', includeK8sNames: true, includeK8sUIDs: true });
    const { fields } = new IpfixReader().message(encoder.templates(1, 0)[family === 'IPv4' ? 0 : 1]!).templates[0]!;
    expect(fields.map(({ length }) => length)).toEqual(
      elements.map(({ name, type }) => (name.endsWith('UUID') ? 16 : FULL_SIZE[type])),
    );
  });
});

describe('RFC 7011 §6.1.6 strings', () => {
  const wellFormed = (...bytes: number[]): number[] => {
    // Octets on both sides show that nothing else is touched.
    const all = Uint8Array.of(0xff, ...bytes, 0x80);
    makeWellFormed(all, 1, bytes.length);
    expect([all[0], all.at(-1)]).toEqual([0xff, 0x80]);
    return [...all.subarray(1, -1)];
  };

  it('that are ill-formed UTF-8 are not sent on: question marks stand for what is wrong', () => {
    const batch = aBatch([{ sourcePodName: 'a', destinationPodName: 'ä', tcpState: 'CLOSED' }]);
    // What an exporter sent is kept octet by octet, so this is how an ill-formed name looks in a batch.
    const place = batch.stringBytes.indexOf(0xc3);
    expect(batch.stringBytes[place + 1]).toBe(0xa4);
    batch.stringBytes[place + 1] = 0x61;
    const reader = new IpfixReader();
    for (const template of encoder.templates(1, 0)) reader.message(template);
    expect(reader.message(encode(batch)).records[0]).toMatchObject({
      sourcePodName: 'a',
      destinationPodName: '?a',
      tcpState: 'CLOSED',
    });
  });

  it.each<[string, number[], number[]]>([
    ['a lone continuation', [0x80, 0x41], [0x3f, 0x41]],
    ['a sequence cut short', [0x41, 0xe2, 0x82], [0x41, 0x3f, 0x3f]],
    ['a sequence broken off', [0xe2, 0x82, 0x41], [0x3f, 0x3f, 0x41]],
    ['a longer form than needed', [0xc1, 0x81], [0x3f, 0x3f]],
    ['a surrogate', [0xed, 0xa0, 0x80], [0x3f, 0x3f, 0x3f]],
    ['more than Unicode has', [0xf4, 0x90, 0x80, 0x80], [0x3f, 0x3f, 0x3f, 0x3f]],
    ['bytes that never occur', [0xf8, 0xff, 0xfe], [0x3f, 0x3f, 0x3f]],
  ])('know %s', (_what, bytes, expected) => {
    expect(wellFormed(...bytes)).toEqual(expected);
  });

  it('that are well-formed stay as they are, and of others what is well-formed stays', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const kept = (text: string): string => text.replaceAll(/[?\ufffd]/g, '');
    const texts = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => [...new TextEncoder().encode(text)]);
    const octets = fc.array(fc.oneof(fc.nat(255), fc.constantFrom(0x80, 0xbf, 0xe0, 0xed, 0xf0, 0xf4)), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(texts, octets, (text, some) => {
        expect(Buffer.compare(Buffer.from(wellFormed(...text)), Buffer.from(text))).toBe(0);
        const result = Uint8Array.from(wellFormed(...some));
        expect(isUtf8(result)).toBe(true);
        expect(kept(decoder.decode(result))).toBe(kept(decoder.decode(Uint8Array.from(some))));
      }),
      { numRuns: 200 },
    );
  });
});
