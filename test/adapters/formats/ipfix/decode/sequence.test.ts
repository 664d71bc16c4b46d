import { describe, expect, it } from '@jest/globals';
import { SequenceFollower } from '../../../../../src/adapters/formats/ipfix/decode/sequence.js';
import { Decoding } from '../../../../support/decoding.js';
import { message, optionsTemplate, record, set, template } from '../../../../support/ipfix-messages.js';

const KEY = ['sourceIPv4Address', 'destinationIPv4Address'];
const SCOPE = [{ enterpriseNumber: 0, id: 149, length: 4 }];
const flows = (count: number): Uint8Array => set(256, ...Array.from({ length: count }, () => record(KEY)));
const known = (): Decoding =>
  new Decoding().feed(message({ sequence: 40 }, set(2, template(256, KEY)), set(3, optionsTemplate(300, 1, SCOPE))));

/** Gaps that a sequence of [sequence number, records] has. */
const gaps = (isOrdered: boolean, ...messages: readonly (readonly [number, number | undefined])[]): number => {
  const follower = new SequenceFollower();
  return messages.filter(([sequence, records]) => follower.follow(sequence, records, isOrdered)).length;
};

describe('sequence numbers (RFC 7011 §3.1)', () => {
  it('count the data records before the message, so templates do not change them', () => {
    const decoding = known().feed(
      message({ sequence: 40 }, flows(3)),
      message({ sequence: 43 }, set(2, template(257, KEY)), flows(1)),
    );
    decoding.feed(message({ sequence: 44 }, flows(1)));
    expect(decoding.gaps).toBe(0);
    expect(decoding.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual([40, 41, 42, 43, 44]);
  });

  it('count data records of options too', () => {
    const options = set(300, record(SCOPE), record(SCOPE));
    const decoding = known().feed(message({ sequence: 40 }, options, flows(1)), message({ sequence: 43 }, flows(1)));
    expect(decoding.gaps).toBe(0);
    expect(decoding.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual([42, 43]);
  });

  it('begin anywhere and go on at 0 after 2³² − 1', () => {
    const decoding = new Decoding().feed(message({ sequence: 0xffff_fffe }, set(2, template(256, KEY)), flows(3)));
    decoding.feed(message({ sequence: 1 }, flows(1)));
    expect(decoding.gaps).toBe(0);
    expect(decoding.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual([0xffff_fffe, 0xffff_ffff, 0, 1]);
  });

  it('show a gap once', () => {
    const decoding = known().feed(
      message({ sequence: 40 }, flows(1)),
      message({ sequence: 50 }, flows(1)),
      message({ sequence: 51 }, flows(1)),
    );
    expect(decoding.gaps).toBe(1);
  });

  it('are those of one observation domain', () => {
    const decoding = known().feed(message({ sequence: 7, domain: 2 }, set(2, template(256, KEY)), flows(2)));
    decoding.feed(
      message({ sequence: 40 }, flows(1)),
      message({ sequence: 9, domain: 2 }, flows(1)),
      message({ sequence: 41 }),
    );
    expect(decoding.gaps).toBe(0);
  });

  it('say nothing after data whose records could not be counted', () => {
    const decoding = known().feed(
      message({ sequence: 40 }, set(999, new Uint8Array(30))),
      message({ sequence: 99 }, flows(1)),
    );
    expect(decoding.gaps).toBe(0);
    expect(decoding.feed(message({ sequence: 101 }, flows(1))).gaps).toBe(1);
  });

  it('that go back are a gap where the transport keeps order', () => {
    expect(gaps(true, [10, 5], [10, 5])).toBe(1);
  });

  it('of datagrams that come late, or twice, are none', () => {
    expect(gaps(false, [10, 5], [10, 5], [15, 1])).toBe(0);
    expect(gaps(false, [10, 5], [20, 5], [15, 5], [25, 1])).toBe(1);
    expect(gaps(false, [0xffff_fff0, 0x10], [0, 5], [0xffff_fff0, 0x10], [5, 1])).toBe(0);
  });

  it('of an exporter that began anew are no gap', () => {
    expect(gaps(false, [1_000_000, 5], [0, 5], [5, 5])).toBe(0);
  });

  it('of an exporter that began anew soon are no gap either, until it passes where it was', () => {
    expect(gaps(false, [500, 5], [0, 5], [5, 500], [505, 1], [510, 1])).toBe(1);
  });

  it('far ahead are a gap over UDP', () => {
    expect(gaps(false, [10, 5], [1_000_000, 5], [1_000_005, 1])).toBe(1);
  });

  it('are not lost sight of by a late datagram whose records are unknown', () => {
    expect(gaps(false, [10, 5], [11, undefined], [15, 1], [17, 1])).toBe(1);
  });

  it('that count the own records of their message too, as softflowd’s, show only true gaps', () => {
    expect(gaps(false, [4, 4], [6, 2], [16, 10], [17, 1], [18, 1])).toBe(0);
    expect(gaps(false, [4, 4], [6, 2], [26, 10], [27, 1])).toBe(1);
    expect(gaps(true, [0, 0], [3, 3], [4, 1])).toBe(0);
  });

  it('that by chance look so are read by the rule again as soon as they can only be meant so', () => {
    // Three records are lost before the second message, which has three itself.
    expect(gaps(true, [40, 0], [43, 3], [46, 1], [47, 5], [60, 1])).toBe(1);
    expect(gaps(true, [40, 3], [43, 1], [49, 5], [54, 1])).toBe(1);
  });
});
