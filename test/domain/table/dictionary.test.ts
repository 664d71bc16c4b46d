import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FULL } from '../../../src/domain/flow/string-table.js';
import { UNUSED_SECONDS, type Dictionary } from '../../../src/domain/table/dictionary.js';
import { aDictionary } from '../../support/tracked-flow.js';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function intern(dictionary: Dictionary, text: string): number {
  const bytes = encode(`<<${text}>>`);
  return dictionary.intern(bytes, 2, bytes.length - 4);
}

function sweepAll(dictionary: Dictionary): void {
  dictionary.sweep(dictionary.capacity);
}

const PAGE = 0x10000;
const ONE_STRING = ((): number => {
  const dictionary = aDictionary();
  intern(dictionary, 'a');
  return dictionary.byteLength;
})();

describe('Dictionary', () => {
  it('has the empty string as id 0, which it never counts', () => {
    const dictionary = aDictionary();
    expect(intern(dictionary, '')).toBe(0);
    dictionary.hold(0);
    dictionary.drop(0);
    expect([dictionary.text(0), dictionary.length(0), dictionary.bytes(0).length, dictionary.size]).toEqual([
      '',
      0,
      0,
      0,
    ]);
    expect(dictionary.copy(0, new Uint8Array(1), 0)).toBe(0);
    expect(dictionary.matches(0, encode('a'), 0, 0)).toBe(true);
    expect(dictionary.matches(0, encode('a'), 0, 1)).toBe(false);
  });

  it('gives each distinct string one id, and its bytes back', () => {
    const dictionary = aDictionary();
    const texts = ['a', 'b', 'aa', 'sérver', 'x'.repeat(9000), 'x'.repeat(9001), 'y'.repeat(65_535)];
    const ids = texts.map((text) => intern(dictionary, text));
    expect(new Set(ids).size).toBe(texts.length);
    expect(texts.map((text) => intern(dictionary, text))).toEqual(ids);
    expect(ids.map((id) => dictionary.text(id))).toEqual(texts);
    expect(ids.map((id) => dictionary.length(id))).toEqual(texts.map((text) => encode(text).length));
    expect(dictionary.size).toBe(texts.length);
  });

  it('keeps bytes that are no UTF-8 apart though they read the same', () => {
    const dictionary = aDictionary();
    const first = dictionary.intern(Uint8Array.of(0xff), 0, 1);
    const second = dictionary.intern(Uint8Array.of(0xfe), 0, 1);
    expect(first).not.toBe(second);
    expect([dictionary.text(first), dictionary.text(second)]).toEqual(['\ufffd', '\ufffd']);
  });

  it('copies a string to where it is asked to', () => {
    const dictionary = aDictionary();
    const to = Uint8Array.of(1, 1, 1, 1, 1);
    expect(dictionary.copy(intern(dictionary, 'ab'), to, 2)).toBe(2);
    expect([...to]).toEqual([1, 1, 97, 98, 1]);
  });

  it('tells whether an id stands for some bytes', () => {
    const dictionary = aDictionary();
    const id = intern(dictionary, 'abc');
    const matches = (text: string): boolean => dictionary.matches(id, encode(`-${text}`), 1, encode(text).length);
    expect(['abc', 'abd', 'xbc', 'ab', 'abcd', ''].map(matches)).toEqual([true, false, false, false, false, false]);
  });

  it('forgets a string a minute after its last holder dropped it, not before', () => {
    const dictionary = aDictionary();
    const id = intern(dictionary, 'abc');
    dictionary.hold(id);
    dictionary.hold(id);
    dictionary.advance(100);
    dictionary.drop(id);
    dictionary.advance(1000);
    sweepAll(dictionary);
    expect([dictionary.size, dictionary.holders(id)]).toEqual([1, 1]);
    dictionary.drop(id);
    dictionary.advance(1000 + UNUSED_SECONDS - 1);
    sweepAll(dictionary);
    expect(dictionary.size).toBe(1);
    dictionary.advance(1000 + UNUSED_SECONDS);
    sweepAll(dictionary);
    expect(dictionary.size).toBe(0);
    expect(UNUSED_SECONDS).toBe(60);
  });

  it('forgets a string that nobody ever held a minute after it came', () => {
    const dictionary = aDictionary();
    dictionary.advance(10);
    intern(dictionary, 'abc');
    dictionary.advance(69);
    sweepAll(dictionary);
    expect(dictionary.size).toBe(1);
    dictionary.advance(70);
    sweepAll(dictionary);
    expect(dictionary.size).toBe(0);
  });

  it('keeps a string that was taken again within the minute', () => {
    const dictionary = aDictionary();
    const id = intern(dictionary, 'abc');
    dictionary.hold(id);
    dictionary.drop(id);
    dictionary.hold(intern(dictionary, 'abc'));
    dictionary.advance(500);
    sweepAll(dictionary);
    expect(dictionary.text(id)).toBe('abc');
  });

  it('gives the id of a forgotten string to another', () => {
    const dictionary = aDictionary();
    const ids = ['a', 'b', 'c'].map((text) => intern(dictionary, text));
    dictionary.hold(ids[1]!);
    dictionary.advance(60);
    sweepAll(dictionary);
    const again = ['d', 'e'].map((text) => intern(dictionary, text));
    expect([...again].sort()).toEqual([ids[0], ids[2]].sort());
    expect(dictionary.capacity).toBe(3);
    expect([dictionary.text(ids[1]!), ...again.map((id) => dictionary.text(id))]).toEqual(['b', 'd', 'e']);
    expect(intern(dictionary, 'a')).toBe(4);
  });

  it('sweeps so many entries at a time and goes round', () => {
    const dictionary = aDictionary();
    for (let i = 0; i < 10; i++) intern(dictionary, `text ${i}`);
    dictionary.advance(60);
    const sizes = [3, 3, 3, 3].map((count) => {
      dictionary.sweep(count);
      return dictionary.size;
    });
    expect(sizes).toEqual([7, 4, 1, 0]);
  });

  it('takes no more memory than its limit: what does not fit is FULL', () => {
    const dictionary = aDictionary(ONE_STRING + PAGE);
    expect(intern(dictionary, 'a')).not.toBe(FULL);
    expect(intern(dictionary, 'b'.repeat(60_000))).not.toBe(FULL);
    expect(intern(dictionary, 'c'.repeat(60_000))).toBe(FULL);
    expect(intern(dictionary, 'short')).not.toBe(FULL);
    expect(dictionary.byteLength).toBe(ONE_STRING + PAGE);
    expect(dictionary.size).toBe(3);
    expect(intern(aDictionary(ONE_STRING - 1), 'a')).toBe(FULL);
  });

  it('lets strings go as soon as nobody holds them when the limit is near', () => {
    const dictionary = aDictionary(ONE_STRING);
    const id = intern(dictionary, 'a');
    dictionary.hold(id);
    dictionary.drop(id);
    expect(dictionary.size).toBe(0);
    intern(dictionary, 'b');
    sweepAll(dictionary);
    expect(dictionary.size).toBe(0);
  });

  it('gives memory back after a flood, although a few strings stay', () => {
    const dictionary = aDictionary(2 ** 26);
    const kept = ['first', 'second'].map((text) => intern(dictionary, text));
    for (const id of kept) dictionary.hold(id);
    const before = dictionary.byteLength;
    for (let i = 0; i < 100_000; i++) intern(dictionary, `flood ${i}`);
    dictionary.hold(intern(dictionary, 'last'));
    expect(dictionary.byteLength).toBeGreaterThan(before + 100_000 * 20);
    dictionary.advance(UNUSED_SECONDS);
    sweepAll(dictionary);
    expect(dictionary.size).toBe(3);
    // One more chunk of entries and what the pages keep in reserve.
    expect(dictionary.byteLength).toBeLessThan(before + 16_384 * 20 + 18 * PAGE);
    expect(kept.map((id) => dictionary.text(id))).toEqual(['first', 'second']);
    expect(dictionary.text(intern(dictionary, 'flood 7'))).toBe('flood 7');
  });

  it('under pressure keeps nothing that nobody holds', () => {
    const dictionary = aDictionary();
    const held = intern(dictionary, 'held');
    dictionary.hold(held);
    intern(dictionary, 'not held');
    dictionary.isPressed = true;
    sweepAll(dictionary);
    expect(dictionary.size).toBe(1);
    dictionary.drop(held);
    expect(dictionary.size).toBe(0);
  });

  it('agrees with a Map whatever is held, dropped and swept', () => {
    const operation = fc.record({
      does: fc.constantFrom('take', 'take', 'drop', 'tick'),
      text: fc.nat(30).map((n) => 'abc'.repeat(n * n).slice(0, n * 40 + 1) + String(n)),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200, size: 'max' }), (operations) => {
        const dictionary = aDictionary();
        const held = new Map<string, { id: number; holders: number }>();
        let now = 0;
        for (const { does, text } of operations) {
          const entry = held.get(text);
          if (does === 'take') {
            const id = intern(dictionary, text);
            if (entry) expect(id).toBe(entry.id);
            dictionary.hold(id);
            held.set(text, { id, holders: (entry?.holders ?? 0) + 1 });
          } else if (does === 'drop' && entry) {
            dictionary.drop(entry.id);
            if (--entry.holders === 0) held.delete(text);
          } else if (does === 'tick') {
            dictionary.advance((now += 20));
            dictionary.sweep(7);
          }
          for (const [known, { id, holders }] of held) {
            expect(dictionary.holders(id)).toBe(holders);
            expect(dictionary.text(id)).toBe(known);
          }
        }
      }),
      { numRuns: 12 },
    );
  });
});
