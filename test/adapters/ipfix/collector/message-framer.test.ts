import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MessageFramer } from '../../../../src/adapters/ipfix/collector/message-framer.js';
import { Decoding } from '../../../support/decoding.js';
import { ANTREA_IPV4, ANTREA_IPV6 } from '../../../support/exporter-templates.js';
import { be, concat, message, record, set, template } from '../../../support/ipfix-messages.js';

/** A framer and copies of the messages that it found. */
function framing(): { framer: MessageFramer; messages: Uint8Array[] } {
  const messages: Uint8Array[] = [];
  const framer = new MessageFramer((bytes, view, start, length) => {
    expect(view.byteLength).toBe(bytes.length);
    expect(view.getUint8(start + length - 1)).toBe(bytes[start + length - 1]);
    messages.push(bytes.slice(start, start + length));
  });
  return { framer, messages };
}

const ofLength = (length: number): Uint8Array => {
  const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
  bytes.set(concat(be(10, 2), be(length, 2)));
  return bytes;
};

/** The parts of `bytes` between the given places. */
function split(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.slice(i === 0 ? 0 : ends[i - 1], end));
}

describe('messages over TCP (RFC 7011 §10.4)', () => {
  it('are found by their lengths in one chunk', () => {
    const { framer, messages } = framing();
    const sent = [16, 300, 65535, 17].map(ofLength);
    framer.push(concat(...sent));
    expect(messages).toEqual(sent);
    expect(framer.pending).toBe(0);
  });

  it('are found octet by octet', () => {
    const { framer, messages } = framing();
    const sent = [16, 300, 16].map(ofLength);
    for (const octet of concat(...sent)) framer.push(Uint8Array.of(octet));
    expect(messages).toEqual(sent);
  });

  it('are found wherever the stream is split', () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 16, max: 600 }), fc.integer({ min: 16, max: 65535 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(), { maxLength: 12 }), (of, places) => {
        const { framer, messages } = framing();
        const sent = of.map(ofLength);
        const stream = concat(...sent);
        for (const part of split(
          stream,
          places.map((place) => place % (stream.length + 1)),
        ))
          framer.push(part);
        expect(messages.map(({ length }) => length)).toEqual(of);
        expect(Buffer.concat(messages).equals(stream)).toBe(true);
        expect(framer.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('split anywhere give the same records', () => {
    const client = { sourceIPv4Address: '10.0.0.1', sourcePodName: 'client', egressIP: '1.2.3.4' };
    const server = { sourceIPv6Address: 'fd00::1', destinationPodName: 'x'.repeat(300) };
    const stream = concat(
      message({}, set(2, template(256, ANTREA_IPV4), template(257, ANTREA_IPV6))),
      message({}, set(256, record(ANTREA_IPV4, client)), set(257, record(ANTREA_IPV6, server), record(ANTREA_IPV6))),
      message({ sequence: 3 }, set(257, record(ANTREA_IPV6, server))),
    );
    const decode = (parts: readonly Uint8Array[]): unknown => {
      const decoding = new Decoding();
      const framer = new MessageFramer((bytes, view, start, length) => {
        decoding.decoder.decode(decoding.session, bytes, view, start, length);
      });
      for (const part of parts) framer.push(part);
      return decoding.records;
    };
    const whole = decode([stream]);
    expect(whole).toHaveLength(4);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (places) => {
        expect(decode(split(stream, places))).toEqual(whole);
      }),
      { numRuns: 200 },
    );
  });

  it('are told from another protocol by their first four octets', () => {
    for (const parts of [
      [be(9, 2), be(20, 2)],
      [Uint8Array.of(0), Uint8Array.of(9, 0, 20)],
      [concat(ofLength(20), be(9, 2), be(20, 2))],
    ]) {
      const { framer } = framing();
      expect(() => parts.forEach((part) => framer.push(part))).toThrow(/version 9/);
    }
  });

  it('take no more memory than has arrived', () => {
    const { framer } = framing();
    framer.push(ofLength(65535).subarray(0, 5));
    expect(framer.pending).toBe(5);
    expect(framer.capacity).toBeLessThan(64);
  });

  it('give back a large buffer once its message is complete', () => {
    const { framer } = framing();
    const large = ofLength(60_000);
    framer.push(large.subarray(0, 59_999));
    expect(framer.capacity).toBeLessThanOrEqual(60_000);
    framer.push(large.subarray(59_999));
    expect(framer.capacity).toBe(0);
  });
});
