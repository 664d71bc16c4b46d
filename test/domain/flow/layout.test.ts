import { describe, expect, it } from '@jest/globals';
import type { FieldKind } from '../../../src/domain/flow/field.js';
import { COUNTER_FIELDS, SIDE_FIELDS } from '../../../src/domain/flow/fields.js';
import {
  COUNTER_BLOCK,
  FLOW_BLOCK,
  FLOW_ROW,
  layOut,
  RECORD_BLOCK,
  RECORD_ROW,
  REFERENCE_WORDS,
  SIDE_BLOCK,
  type Slot,
} from '../../../src/domain/flow/layout.js';

const field = <K extends FieldKind>(kind: K): { kind: K; meaning: string } => ({ kind, meaning: '' });
const LENGTH: Partial<Record<FieldKind, number>> = { endpoint: 4, u64: 2 };

describe('layOut', () => {
  it('packs small integers, the first in the low bits, and starts each kind on a word of its own', () => {
    const { slots, words } = layOut({
      text: field('text'),
      a: field('u8'),
      port: field('u16'),
      b: field('u8'),
      big: field('u64'),
      c: field('u8'),
      from: field('endpoint'),
      d: field('u8'),
      e: field('u8'),
      when: field('u32'),
    });
    const at = (word: number, shift = 0, mask = 0xffffffff): unknown => ({ word, shift, mask });
    const places = Object.fromEntries(
      Object.entries<Slot>(slots).map(([name, { word, shift, mask }]) => [name, { word, shift, mask }]),
    );
    expect(places).toEqual({
      from: at(0),
      big: at(4),
      port: at(6, 0, 0xffff),
      a: at(7, 0, 0xff),
      b: at(7, 8, 0xff),
      c: at(7, 16, 0xff),
      d: at(7, 24, 0xff),
      e: at(8, 0, 0xff),
      when: at(9),
      text: at(10),
    });
    expect(words).toBe(11);
  });

  it('makes an empty block of no fields', () => {
    expect(layOut({})).toEqual({ slots: {}, words: 0 });
  });
});

describe.each([
  ['FLOW_BLOCK', FLOW_BLOCK],
  ['COUNTER_BLOCK', COUNTER_BLOCK],
  ['SIDE_BLOCK', SIDE_BLOCK],
  ['RECORD_BLOCK', RECORD_BLOCK],
] as const)('%s', (_, block) => {
  it('gives every field bits of its own within its words', () => {
    const taken = new Set<string>();
    for (const { kind, word, shift, mask } of Object.values<Slot>(block.slots)) {
      for (let i = 0; i < (LENGTH[kind] ?? 1); i++) {
        expect(word + i).toBeLessThan(block.words);
        for (let bit = 0; bit < 32; bit++) {
          if (!((mask << shift) & (1 << bit))) continue;
          expect(taken.has(`${word + i}.${bit}`)).toBe(false);
          taken.add(`${word + i}.${bit}`);
        }
      }
    }
    expect(taken.size).toBeGreaterThan(0);
  });
});

describe('rows', () => {
  it('have a side begin with its counters, as records have them', () => {
    for (const name of Object.keys(COUNTER_FIELDS) as (keyof typeof COUNTER_FIELDS)[]) {
      expect(SIDE_BLOCK.slots[name]).toEqual(COUNTER_BLOCK.slots[name]);
    }
    expect(Object.keys(SIDE_BLOCK.slots).sort()).toEqual(Object.keys(SIDE_FIELDS).sort());
  });

  it('put their blocks one after another', () => {
    const flow = FLOW_BLOCK.words;
    const side = SIDE_BLOCK.words;
    expect(RECORD_ROW.counters).toBe(flow);
    expect(RECORD_ROW.own).toBe(flow + 16);
    expect(RECORD_ROW.words).toBe(flow + 18);
    expect(FLOW_ROW.source).toBe(flow);
    expect(FLOW_ROW.destination).toBe(flow + side);
    expect(FLOW_ROW.flags).toBe(flow + 2 * side);
    expect(FLOW_ROW.words).toBe(flow + 2 * side + 1);
  });

  it('refer to strings in the words of text and addresses', () => {
    const words = Object.values<Slot>(FLOW_BLOCK.slots)
      .filter(({ kind }) => kind === 'text' || kind === 'address')
      .map(({ word }) => word);
    expect([...REFERENCE_WORDS].sort((a, b) => a - b)).toEqual(words.sort((a, b) => a - b));
  });
});
