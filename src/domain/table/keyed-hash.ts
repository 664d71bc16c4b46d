/**
 * HalfSipHash-1-3: a 32-bit hash under a secret 64-bit key, with which hash tables withstand keys chosen by an attacker
 * (J.-P. Aumasson, D. J. Bernstein; the variant that Linux uses for its hash tables on 32-bit machines).
 */
export class KeyedHash {
  readonly #v0: number;
  readonly #v1: number;
  readonly #v2: number;
  readonly #v3: number;

  /** @param key two words that nobody outside the process can know */
  constructor(key: readonly [number, number]) {
    this.#v0 = key[0] | 0;
    this.#v1 = key[1] | 0;
    this.#v2 = 0x6c796765 ^ key[0];
    this.#v3 = 0x74656462 ^ key[1];
  }

  /** Hash of `count` words from `at`, a signed 32-bit number; the same as of their bytes in little-endian order. */
  words(words: Uint32Array, at: number, count: number): number {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    const end = at + count;
    for (let i = at; i < end; i++) {
      const m = words[i]!;
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= m;
    }
    return finish(v0, v1, v2, v3, (count << 26) | 0);
  }

  /** Hash of `length` bytes from `start`, a signed 32-bit number. */
  bytes(bytes: Uint8Array, start: number, length: number): number {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    const tail = start + (length & ~3);
    for (let i = start; i < tail; i += 4) {
      const m = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= m;
    }
    let last = length << 24;
    for (let i = 0; i < (length & 3); i++) last |= bytes[tail + i]! << (8 * i);
    return finish(v0, v1, v2, v3, last);
  }
}

/** One round for the last word, which has the length in its high byte, and three to finish. */
function finish(v0: number, v1: number, v2: number, v3: number, last: number): number {
  v3 ^= last;
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    if (round === 0) {
      v0 ^= last;
      v2 ^= 0xff;
    }
  }
  return v1 ^ v3;
}
