/** Octets of protobuf's encoding, put together by hand: for what no encoder writes. */

/** A varint of up to 64 bits; negative numbers as int64 has them. */
export function varint(value: number | bigint): Buffer {
  const octets: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    octets.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(octets);
}

/** A field that is a number. */
export const numberField = (field: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(field << 3), varint(value)]);

/** A field that has a length: text, octets, a message. */
export const bytesField = (field: number, ...value: readonly Uint8Array[]): Buffer => {
  const octets = Buffer.concat(value);
  return Buffer.concat([varint((field << 3) | 2), varint(octets.length), octets]);
};

/** Fields that Weir does not know: of each wire type, a group among them. */
export const unknownFields = (field: number): Buffer =>
  Buffer.concat([
    numberField(field, 2n ** 64n - 1n),
    varint((field << 3) | 1),
    Buffer.alloc(8, 0xff),
    bytesField(field, Buffer.of(0xff, 0, 0xc0)),
    varint((field << 3) | 3),
    numberField(1, 5),
    varint((2 << 3) | 3),
    varint((2 << 3) | 4),
    bytesField(8, Buffer.of(1, 2, 3)),
    varint((field << 3) | 4),
    varint((field << 3) | 5),
    Buffer.alloc(4, 0xff),
  ]);

/** The fields of a message, each as its octets. */
export function fieldsOf(message: Uint8Array): Buffer[] {
  const bytes = Buffer.from(message);
  const fields: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at;
    const read = (): number => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const octet = bytes[at++]!;
        value |= BigInt(octet & 0x7f) << shift;
        if (octet < 0x80) return Number(value & 0xffffffffn);
      }
    };
    const tag = read();
    if ((tag & 7) === 0) read();
    else if ((tag & 7) === 2) {
      const length = read();
      at += length;
    } else throw new Error(`wire type ${tag & 7} is not expected here`);
    fields.push(bytes.subarray(start, at));
  }
  return fields;
}
