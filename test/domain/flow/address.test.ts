import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addressToWords,
  formatAddress,
  isIPv4,
  isMappedIPv4,
  isUnspecified,
  parseAddress,
  wordsToAddress,
} from '../../../src/domain/flow/address.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

describe('formatAddress', () => {
  it.each([
    ['', ''],
    ['0a000001', '10.0.0.1'],
    ['ffffffff', '255.255.255.255'],
    ['00000000000000000000ffff0a000001', '10.0.0.1'],
    ['00000000000000000000000000000000', '::'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000000', '2001:db8::'],
  ])('writes %s as "%s"', (bytes, text) => {
    expect(formatAddress(hex(bytes))).toBe(text);
  });

  it.each([
    ['leading zeros suppressed (4.1)', '20010db8000000010002000304050006', '2001:db8:0:1:2:3:405:6'],
    ['as many groups shortened as possible (4.2.1)', '20010db8000000000000000000020001', '2001:db8::2:1'],
    ['one zero group not shortened (4.2.2)', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['the longest run shortened (4.2.3)', '20010000000000010000000000000001', '2001:0:0:1::1'],
    ['the first of equal runs shortened (4.2.3)', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['lower case (4.3)', 'ABCDEF00000000010001000100010001', 'abcd:ef00:0:1:1:1:1:1'],
  ])('follows RFC 5952: %s', (_, bytes, text) => {
    expect(formatAddress(hex(bytes))).toBe(text);
  });

  it('refuses other lengths', () => {
    expect(() => formatAddress(new Uint8Array(5))).toThrow(RangeError);
  });
});

describe('parseAddress', () => {
  it.each([
    ['10.0.0.1', '0a000001'],
    ['0.0.0.0', '00000000'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['2001:DB8::2:1', '20010db8000000000000000000020001'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
    ['1:2:3:4:5:6:192.0.2.33', '000100020003000400050006c0000221'],
  ])('reads %s', (text, bytes) => {
    expect(parseAddress(text)).toEqual(hex(bytes));
  });

  it.each(['::ffff:10.0.0.1', '::FFFF:a00:1'])('§1 reads %s as the IPv4 address', (text) => {
    expect(parseAddress(text)).toEqual(hex('0a000001'));
  });

  it.each([
    ...['', 'x', '1', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.-4', '1.2.3.4 ', '1..2.3', '0x1.2.3.4'],
    ...[':', ':::', '1:2', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '1::2::3', '12345::', 'g::'],
    ...['fe80::1%eth0', '[::1]', '1.2.3.4::', '::1.2.3.4:5', '::1.2.3', '1:2:3:4:5:6:7:1.2.3.4', ' ::1', '::1/64'],
  ])('finds no address in "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it('reads back what formatAddress writes', () => {
    const group = fc.constantFrom(0, 0, 0xffff, 1, 0xabcd);
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((value) => [value >>> 8, value & 0xff]));
        expect(parseAddress(formatAddress(bytes))).toEqual(isMappedIPv4(bytes, 0) ? bytes.slice(12) : bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an address in four words', () => {
  const words = (bytes: Uint8Array): Uint32Array => {
    const to = new Uint32Array(6).fill(7);
    addressToWords(bytes, 0, bytes.length, to, 1);
    expect([to[0], to[5]]).toEqual([7, 7]);
    return to.slice(1, 5);
  };

  it('§1 is the same for an IPv4 address and its IPv6 form', () => {
    expect(words(hex('0a000001'))).toEqual(Uint32Array.of(0, 0, 0xffff, 0x0a000001));
    expect(words(hex('00000000000000000000ffff0a000001'))).toEqual(words(hex('0a000001')));
  });

  it.each(['0a000001', 'fe0000ff', '80000000', '20010db8000000000000ffff8a000001', '0'.repeat(32)])(
    'gives %s back',
    (text) => {
      expect(wordsToAddress(words(hex(text)), 0)).toEqual(hex(text));
    },
  );

  it.each([
    [[0, 0, 0xffff, 5], true],
    [[0, 0, 0, 5], false],
    [[0, 1, 0xffff, 5], false],
    [[1, 0, 0xffff, 5], false],
    [[0, 0, 0x1ffff, 5], false],
  ])('of %j is IPv4: %s', (address, expected) => {
    expect(isIPv4(Uint32Array.of(9, ...address), 1)).toBe(expected);
  });
});

describe('isMappedIPv4', () => {
  it.each([
    ['00000000000000000000ffff0a000001', true],
    ['00000000000000000001ffff0a000001', false],
    ['00000000000000000000feff0a000001', false],
    ['00000000000000000000fffe0a000001', false],
    ['01000000000000000000ffff0a000001', false],
  ])('of %s is %s', (bytes, expected) => {
    expect(isMappedIPv4(hex(`99${bytes}`), 1)).toBe(expected);
  });
});

describe('isUnspecified', () => {
  it('§1 holds for all zeros only', () => {
    expect(isUnspecified(hex('ff00000000ff'), 1, 4)).toBe(true);
    expect(isUnspecified(hex('ff00000001ff'), 1, 4)).toBe(false);
    expect(isUnspecified(hex('ff01000000ff'), 1, 4)).toBe(false);
  });
});
