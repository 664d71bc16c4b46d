import { addressToWords, parseAddress } from '../../src/domain/flow/address.js';
import { writeU64 } from '../../src/domain/flow/counters.js';
import type { Slot } from '../../src/domain/flow/layout.js';

/** Keeps the bytes of a text or an address, and says by which number rows refer to them. */
export type Keep = (bytes: Uint8Array) => number;

/** What a field of any kind can be given as. */
export type FieldValue = number | bigint | string;

/** The bytes of an address written as text; "" has none. */
export function addressBytes(text: string): Uint8Array {
  if (text === '') return new Uint8Array(0);
  const bytes = parseAddress(text);
  if (!bytes) throw new Error(`"${text}" is no address`);
  return bytes;
}

/** Writes one field of a row as its kind says. */
export function fillField(words: Uint32Array, base: number, slot: Slot, value: FieldValue, keep: Keep): void {
  const at = base + slot.word;
  switch (slot.kind) {
    case 'endpoint': {
      const bytes = addressBytes(String(value));
      addressToWords(bytes, 0, bytes.length, words, at);
      break;
    }
    case 'u64':
      writeU64(words, at, BigInt(value));
      break;
    case 'text':
      words[at] = keep(new TextEncoder().encode(String(value)));
      break;
    case 'address':
      words[at] = keep(addressBytes(String(value)));
      break;
    default:
      words[at] = (words[at]! & ~(slot.mask << slot.shift)) | ((Number(value) & slot.mask) << slot.shift);
  }
}
