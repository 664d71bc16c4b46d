import { describe, expect, it } from '@jest/globals';
import { layOut } from '../../../src/domain/flow/layout.js';
import { readU64, viewOf } from '../../../src/domain/flow/view.js';

const STRINGS = [new Uint8Array(0), new TextEncoder().encode('Grüße'), Uint8Array.of(192, 0, 2, 1)];

class View extends viewOf(
  layOut({
    from: { kind: 'endpoint', meaning: '' },
    big: { kind: 'u64', meaning: '' },
    port: { kind: 'u16', meaning: '' },
    other: { kind: 'u16', meaning: '' },
    a: { kind: 'u8', meaning: '' },
    b: { kind: 'u8', meaning: '' },
    c: { kind: 'u8', meaning: '' },
    d: { kind: 'u8', meaning: '' },
    when: { kind: 'u32', meaning: '' },
    name: { kind: 'text', meaning: '' },
    at: { kind: 'address', meaning: '' },
  }),
) {
  override bytesOf(reference: number): Uint8Array {
    return STRINGS[reference]!;
  }
  override textOf(reference: number): string {
    return new TextDecoder().decode(STRINGS[reference]);
  }
}

const ROW = [0, 0, 0xffff, 0x0a000001, 5, 1, 0xfffe1234, 0xff030201, 0xffffffff, 1, 2];

describe('viewOf', () => {
  it('reads each kind of field from its place behind the base', () => {
    const view = new View(Uint32Array.of(99, ...ROW), 1);
    expect(view.from).toBe('10.0.0.1');
    expect(view.big).toBe(2n ** 32n + 5n);
    expect([view.port, view.other]).toEqual([0x1234, 0xfffe]);
    expect([view.a, view.b, view.c, view.d]).toEqual([1, 2, 3, 255]);
    expect(view.when).toBe(0xffffffff);
    expect(view.name).toBe('Grüße');
    expect(view.at).toBe('192.0.2.1');
  });

  it('reads absent text and addresses as empty', () => {
    const view = new View(new Uint32Array(11), 0);
    expect([view.name, view.at]).toEqual(['', '']);
  });

  it('moves to another row by its base', () => {
    const view = new View(Uint32Array.of(...ROW, ...ROW.map(() => 0)), 0);
    view.base = 11;
    expect([view.from, view.port, view.when]).toEqual(['::', 0, 0]);
  });

  it('writes a number without touching its neighbours in the word', () => {
    const view = new View(Uint32Array.from(ROW), 0);
    view.b = 0xaa;
    view.d = 0x80;
    view.other = 1;
    view.when = 7;
    expect([view.a, view.b, view.c, view.d]).toEqual([1, 0xaa, 3, 0x80]);
    expect([view.port, view.other, view.when]).toEqual([0x1234, 1, 7]);
    view.port = 0x1ffff;
    expect([view.port, view.other]).toEqual([0xffff, 1]);
    expect(view.big).toBe(2n ** 32n + 5n);
  });
});

describe('readU64', () => {
  it('takes the low word first', () => {
    expect(readU64(Uint32Array.of(9, 1, 2), 1)).toBe(2n * 2n ** 32n + 1n);
    expect(readU64(Uint32Array.of(0xffffffff, 0xffffffff), 0)).toBe(2n ** 64n - 1n);
  });
});
