/** HalfSipHash-c-d as its specification describes it, one operation a line: what a fast version is compared with. */
export function halfSipHash(
  rounds: { readonly compression: number; readonly finalization: number },
  key: readonly [number, number],
  message: Uint8Array,
): number {
  const v = Uint32Array.of(key[0], key[1], 0x6c796765 ^ key[0], 0x74656462 ^ key[1]);
  const rotate = (at: number, bits: number): void => {
    v[at] = (v[at]! << bits) | (v[at]! >>> (32 - bits));
  };
  const mix = (a: number, b: number, bits: number): void => {
    v[a]! += v[b]!;
    rotate(b, bits);
    v[b]! ^= v[a]!;
  };
  const round = (): void => {
    mix(0, 1, 5);
    rotate(0, 16);
    mix(2, 3, 8);
    mix(0, 3, 7);
    mix(2, 1, 13);
    rotate(2, 16);
  };
  const padded = new Uint8Array((Math.floor(message.length / 4) + 1) * 4);
  padded.set(message);
  padded[padded.length - 1] = message.length & 0xff;
  const words = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 4) {
    const word = words.getUint32(at, true);
    v[3]! ^= word;
    for (let i = 0; i < rounds.compression; i++) round();
    v[0]! ^= word;
  }
  v[2]! ^= 0xff;
  for (let i = 0; i < rounds.finalization; i++) round();
  return (v[1]! ^ v[3]!) >>> 0;
}
