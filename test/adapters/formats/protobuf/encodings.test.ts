import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FLOW, IP, IPFIX, KUBERNETES, TRANSPORT } from '../../../../src/adapters/formats/protobuf/flow-messages.js';
import { FlowDecoding } from '../../../support/flow-decoding.js';
import { encodeFlow, encodeRequest } from '../../../support/flow-proto.js';
import { bytesField, fieldsOf, numberField, unknownFields, varint } from '../../../support/protobuf-wire.js';
import { anyFlow } from '../../../support/random-flows.js';

const RUNS = { numRuns: 100 };
/** Where a long message is cut: anywhere. */
const cuts = fc.array(fc.nat(20_000), { maxLength: 30 }).map((at) => at.sort((a, b) => a - b));

/** Messages in a Flow whose fields may come in several parts. */
const NESTED: ReadonlySet<number> = new Set([
  FLOW.ipfix,
  FLOW.start_ts,
  FLOW.end_ts,
  FLOW.ip,
  FLOW.transport,
  FLOW.k8s,
  FLOW.stats,
  FLOW.reverse_stats,
]);

const numberOf = (field: Buffer): number => (field[0]! & 0x7f) >>> 3;
const valueOf = (field: Buffer): Buffer => field.subarray(field.findIndex((octet, at) => at > 0 && octet < 0x80) + 1);

/** The same Flow with every field of its messages in a part of its own, and fields between them that nobody knows. */
const inParts = (flow: Uint8Array, withUnknown: boolean): Buffer[] =>
  fieldsOf(flow).flatMap((field) => {
    const number = numberOf(field);
    const unknown = withUnknown ? [unknownFields(99)] : [];
    if (!NESTED.has(number)) return [field, ...unknown];
    const parts = fieldsOf(valueOf(field)).map((part) => bytesField(number, part, ...unknown));
    // An empty part as well: it means that the message is there.
    return [...parts, bytesField(number)];
  });

describe('any Flow', () => {
  it('is read as another encoder wrote it', () => {
    fc.assert(
      fc.property(anyFlow, ({ flow, record }) => {
        expect(new FlowDecoding().feed(flow).only).toEqual(record);
      }),
      RUNS,
    );
  });

  it('is the same in any order of its fields, in parts, and with fields that are not known', () => {
    fc.assert(
      fc.property(anyFlow, fc.boolean(), fc.infiniteStream(fc.nat()), ({ flow, record }, withUnknown, chance) => {
        const parts = inParts(encodeFlow(flow), withUnknown)
          .map((part) => ({ part, rank: Number(chance.next().value) }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ part }) => part);
        expect(new FlowDecoding().flow(...parts).only).toEqual(record);
      }),
      RUNS,
    );
  });

  it('is the same wherever the message that it came in is cut', () => {
    fc.assert(
      fc.property(fc.array(anyFlow, { maxLength: 5 }), cuts, (flows, at) => {
        const parts = flows.flatMap(({ flow }) => [encodeRequest(flow), unknownFields(7)]);
        const decoding = new FlowDecoding().read(Buffer.concat(parts), at);
        expect(decoding.records).toEqual(flows.map(({ record }) => record));
        expect(decoding.reader.capacity).toBeLessThanOrEqual(2048);
      }),
      RUNS,
    );
  });

  it('has the last of the values that a field comes with', () => {
    fc.assert(
      fc.property(anyFlow, anyFlow, (first, second) => {
        // What both encoders leave out would not be overwritten; what they merge are maps.
        const complete = { ...first.flow, k8s: {}, stats: {}, reverse_stats: {} };
        const { only } = new FlowDecoding().flow(encodeFlow(complete), explicit(encodeFlow(second.flow)));
        expect({ ...only }).toEqual(second.record);
      }),
      RUNS,
    );
  });
});

/** A Flow that says what its encoder left out since it is 0 or empty. */
function explicit(flow: Uint8Array): Buffer {
  const zeros = Buffer.concat([
    bytesField(
      FLOW.ipfix,
      numberField(IPFIX.sequence_number, 0),
      numberField(IPFIX.observation_domain_id, 0),
      timestamp(IPFIX.export_time),
    ),
    timestamp(FLOW.start_ts),
    timestamp(FLOW.end_ts),
    numberField(FLOW.end_reason, 0),
    bytesField(FLOW.ip, bytesField(IP.source), bytesField(IP.destination)),
    bytesField(
      FLOW.transport,
      numberField(TRANSPORT.protocol_number, 0),
      numberField(TRANSPORT.source_port, 0),
      numberField(TRANSPORT.destination_port, 0),
      bytesField(TRANSPORT.TCP, bytesField(1)),
    ),
    bytesField(FLOW.k8s, numberField(KUBERNETES.destination_service_port, 0)),
    numberField(FLOW.proxy_snat_port, 0),
  ]);
  return Buffer.concat([zeros, flow]);
}

function timestamp(field: number): Buffer {
  return bytesField(field, numberField(1, 0));
}

describe('octets that are no Flow', () => {
  const thrown = (octets: Uint8Array): unknown => {
    const decoding = new FlowDecoding();
    try {
      decoding.flow(octets);
    } catch (error) {
      expect([decoding.received, decoding.records.length]).toEqual([0, 0]);
      return error;
    }
    return undefined;
  };
  const nestedGroups = (depth: number): Buffer =>
    Buffer.concat([
      ...new Array<Buffer>(depth).fill(varint((50 << 3) | 3)),
      ...new Array<Buffer>(depth).fill(varint((50 << 3) | 4)),
    ]);

  it.each<[string, string, number, RegExp, Uint8Array]>([
    ['a tag of field 0', 'field_number', 2, /number 0/, Buffer.of(0x02, 0)],
    ['a tag of field 0 in a message', 'field_number', 4, /number 0/, bytesField(8, Buffer.of(0x00, 0))],
    ['a tag of more than 32 bits', 'field_number', 2, /number/, Buffer.concat([varint(2n ** 35n), Buffer.of(0)])],
    ['a tag without end', 'varint', 2, /64 bits/, Buffer.alloc(12, 0xff)],
    ['a tag cut off', 'length', 2, /cut off/, Buffer.of(0x80)],
    ['a number cut off', 'length', 3, /cut off/, Buffer.of(0x28, 0x80)],
    ['a number that is not there', 'length', 3, /cut off/, Buffer.of(0x28)],
    [
      'a number of 65 bits',
      'varint',
      3,
      /64 bits/,
      Buffer.concat([Buffer.of(0x28), Buffer.alloc(9, 0xff), Buffer.of(2)]),
    ],
    ['a length cut off', 'length', 3, /cut off/, Buffer.of(0x42, 0x80)],
    ['a length beyond the end', 'length', 2, /runs over/, Buffer.of(0x42, 3, 1, 1)],
    [
      'a length beyond the message it is in',
      'length',
      4,
      /runs over/,
      Buffer.concat([bytesField(8, Buffer.of(0x1a, 9)), Buffer.alloc(20)]),
    ],
    ['a length of 64 bits', 'length', 2, /runs over/, Buffer.concat([Buffer.of(0x42), varint(2n ** 64n - 1n)])],
    ['8 octets cut off', 'length', 4, /runs over/, Buffer.concat([varint((40 << 3) | 1), Buffer.alloc(7)])],
    ['4 octets cut off', 'length', 4, /runs over/, Buffer.concat([varint((40 << 3) | 5), Buffer.alloc(3)])],
    ['a known number as octets', 'wire_type', 2, /end_reason can't have the wire type 2/, bytesField(5, Buffer.of(1))],
    [
      'a text as a number',
      'wire_type',
      4,
      /k8s.source_pod_name can't have the wire type 0/,
      bytesField(8, numberField(3, 1)),
    ],
    [
      'a counter of 8 fixed octets',
      'wire_type',
      4,
      /stats.packet_total_count/,
      bytesField(9, Buffer.of(9), Buffer.alloc(8)),
    ],
    ['a wire type that there is not', 'wire_type', 4, /wire type 6/, varint((40 << 3) | 6)],
    [
      'text that is not UTF-8',
      'utf8',
      6,
      /k8s.source_pod_name/,
      bytesField(8, bytesField(3, Buffer.of(0x61, 0xed, 0xa0, 0x80))),
    ],
    [
      'a TCP state that is not UTF-8',
      'utf8',
      8,
      /transport.TCP.state_name/,
      bytesField(7, bytesField(4, bytesField(1, Buffer.of(0xff)))),
    ],
    ['the end of no group', 'group', 4, /group 40/, varint((40 << 3) | 4)],
    ['the end of another group', 'group', 4, /group 41/, Buffer.concat([varint((40 << 3) | 3), varint((41 << 3) | 4)])],
    ['a group without end', 'group', 4, /no end/, varint((40 << 3) | 3)],
    ['groups without number', 'group', 69, /32 deep/, nestedGroups(33)],
  ])('are malformed: %s', (_, reason, offset, message, octets) => {
    expect(thrown(octets)).toMatchObject({
      name: 'ProtobufError',
      reason,
      code: `WEIR_PROTOBUF_${reason.toUpperCase()}`,
      message: expect.stringMatching(message),
    });
    // Cut in octets, the place is the same.
    const decoding = new FlowDecoding();
    const whole = bytesField(1, octets);
    expect(() => decoding.read(whole, [...whole.keys()])).toThrow(
      expect.objectContaining({ reason, offset: offsetOf(thrown(octets)) }),
    );
    expect(offsetOf(thrown(octets))).toBe(offset);
  });

  it('are not: as many groups as are allowed, and all that is passed over', () => {
    expect(thrown(nestedGroups(32))).toBeUndefined();
    expect(thrown(unknownFields(1000))).toBeUndefined();
    expect(thrown(bytesField(FLOW.aggregation, Buffer.alloc(3, 0xff)))).toBeUndefined();
  });
});

const offsetOf = (error: unknown): number => (error as { readonly offset: number }).offset;

describe('octets that are no ExportRequest', () => {
  const flow = encodeRequest({});
  it.each<[string, string, Uint8Array]>([
    ['flows as a number', 'wire_type', numberField(1, 1)],
    ['flows as a group', 'wire_type', Buffer.of(0x0b, 0x0c)],
    ['a field 0', 'field_number', Buffer.of(0, 1)],
    ['a Flow beyond the end', 'length', Buffer.of(0x0a, 5, 0)],
    ['a Flow of 64 bits', 'length', Buffer.concat([Buffer.of(0x0a), varint(2n ** 64n - 1n)])],
    ['an unknown field beyond the end', 'length', Buffer.of(0x12, 5, 0)],
    ['a tag cut off', 'length', Buffer.of(0x80)],
    ['a number cut off', 'length', Buffer.of(0x10, 0x80)],
    ['a varint without end', 'varint', Buffer.alloc(40, 0x80)],
    ['8 octets cut off', 'length', Buffer.concat([Buffer.of(0x11), Buffer.alloc(7)])],
    ['a group without end', 'group', Buffer.of(0x13, 0x10, 1)],
    ['the end of another group', 'group', Buffer.of(0x13, 0x1c)],
    ['groups without number', 'group', Buffer.alloc(40, 0x13)],
    ['a wire type that there is not', 'wire_type', Buffer.of(0x17)],
  ])('are malformed, and what is before was handed over: %s', (_, reason, octets) => {
    const whole = Buffer.concat([flow, octets]);
    for (const at of [[], [...whole.keys()]]) {
      const decoding = new FlowDecoding();
      expect(() => decoding.read(whole, at)).toThrow(expect.objectContaining({ name: 'ProtobufError', reason }));
      expect(decoding.received).toBe(1);
      // The next message begins anew.
      expect(decoding.read(flow, [1]).received).toBe(2);
    }
  });

  it('are not: a Flow too long to be taken, wherever it is cut', () => {
    const whole = Buffer.concat([flow, bytesField(1, Buffer.alloc(70_000)), flow]);
    for (const at of [[], [3], [4, 5, 6, 100], [40_000], [66_000]]) {
      const decoding = new FlowDecoding().read(whole, at);
      expect([decoding.received, decoding.dropped]).toEqual([3, { too_long: 1, no_source_address: 2 }]);
      expect(decoding.reader.capacity).toBeLessThanOrEqual(2048);
    }
  });
});
