import { describe, expect, it } from '@jest/globals';
import {
  BEGINNING,
  MessageEncoder,
  recordsFrom,
  type Chunk,
  type ChunkLimits,
  type MessageOptions,
  type Position,
} from '../../../../../src/adapters/formats/ipfix/encode/message-encoder.js';
import type { FlowBatch } from '../../../../../src/domain/batch/flow-batch.js';
import { aBatch, type FlowValues } from '../../../../support/a-batch.js';
import { IpfixReader, type IpfixMessage, type IpfixRecord } from '../../../../support/ipfix-reader.js';

const OPTIONS: MessageOptions = {
  mode: 'aggregate',
  includeK8sNames: true,
  includeK8sUIDs: true,
  observationDomainId: 0xfedcba98,
  clusterId: 'c1',
};
const LIMITS: ChunkLimits = { messageBytes: 65_535, longestMessage: 65_535, chunkBytes: 200_000 };
const TIME = 1_700_000_123;

function readAll(
  group: readonly FlowBatch[],
  options: Partial<MessageOptions> = {},
  limits: Partial<ChunkLimits> = {},
): { messages: IpfixMessage[]; chunks: Omit<Chunk, 'bytes'>[]; records: IpfixRecord[] } {
  const encoder = new MessageEncoder({ ...OPTIONS, ...options });
  const reader = new IpfixReader();
  for (const template of encoder.templates(TIME, 0)) reader.message(template);
  const messages: IpfixMessage[] = [];
  const chunks: Omit<Chunk, 'bytes'>[] = [];
  let position: Position = BEGINNING;
  let sequence = 0;
  while (position.batch < group.length) {
    const { bytes, ...chunk } = encoder.encode(group, position, TIME, sequence, { ...LIMITS, ...limits });
    messages.push(...reader.stream(bytes).messages);
    chunks.push(chunk);
    sequence += chunk.records;
    position = chunk.next;
  }
  return { messages, chunks, records: messages.flatMap(({ records }) => records) };
}

const readOne = (flow: FlowValues, options: Partial<MessageOptions> = {}): IpfixRecord =>
  readAll([aBatch([flow])], options).records[0]!;

const hex = (...parts: string[]): string => parts.join('').replaceAll(' ', '');

describe('MessageEncoder: golden bytes', () => {
  const encoder = new MessageEncoder({
    ...OPTIONS,
    includeK8sNames: false,
    includeK8sUIDs: false,
    observationDomainId: 7,
  });

  it('writes a data message as it is laid out here', () => {
    const batch = aBatch([
      {
        flowStartSeconds: 0x11121314,
        flowEndSeconds: 0x21222324,
        flowEndReason: 3,
        sourceTransportPort: 0x3132,
        destinationTransportPort: 0x4142,
        protocolIdentifier: 6,
        sourceIP: '1.2.3.4',
        destinationIP: '5.6.7.8',
        destinationServicePort: 0x5152,
        ingressNetworkPolicyType: 1,
        ingressNetworkPolicyRuleAction: 2,
        egressNetworkPolicyType: 3,
        egressNetworkPolicyRuleAction: 1,
        tcpState: 'CLOSED',
        flowType: 2,
        egressIP: '10.20.130.4',
        proxySnatPort: 0x6162,
        proxySnatIP: '9.9.9.1',
        destinationClusterIP: '9.9.9.2',
        destinationServiceIP: '9.9.9.3',
        packetTotalCountFromSourceNode: 0x0102030405060708n,
        octetTotalCountFromDestinationNode: 0x1112131415161718n,
        flowEndSecondsFromSourceNode: 0x21222323,
        flowEndSecondsFromDestinationNode: 0x21222324,
        throughputFromDestinationNode: 0xffffffffffffffffn,
        sourcePodLabels: '{}',
        destinationPodLabels: '{"a":"b"}',
      },
    ]);
    const { bytes } = encoder.encode([batch], BEGINNING, 0x65535343, 0x01020304, LIMITS);
    const zero = '0000000000000000';
    expect(Buffer.from(bytes).toString('hex')).toBe(
      hex(
        '000a 015a 65535343 01020304 00000007', // message header: version, length, export time, sequence number, domain
        '0100 014a', // set header: template 256, length
        '11121314 21222324 03 3132 4142 06',
        '0102030405060708 1112131415161718', // packetTotalCount, octetTotalCount: the larger of both sides'
        zero.repeat(2),
        '01020304 05060708',
        zero.repeat(4), // reverse
        '5152 01 02 03 01',
        '06 434c4f534544', // tcpState
        '02',
        '0b 31302e32302e3133302e34', // egressIP, as text
        '6162 09090901 09090902 09090903',
        zero.repeat(3),
        '1112131415161718', // octetTotalCountFromDestinationNode
        zero.repeat(2),
        '0102030405060708', // packetTotalCountFromSourceNode
        zero.repeat(9),
        '21222323 21222324',
        'ffffffffffffffff', // throughput: the destination's, whose report is the later one
        zero,
        'ffffffffffffffff',
        zero.repeat(3),
        '02 7b7d 09 7b2261223a2262227d 02 6331', // labels, clusterId
      ),
    );
  });

  it('writes a template message as it is laid out here', () => {
    const [ipv4, ipv6] = encoder.templates(TIME, 5).map((bytes) => Buffer.from(bytes).toString('hex'));
    const beginning = hex(
      '000a 01a0 6553f17b 00000005 00000007', // message header
      '0002 0190 0100 0037', // set header; template 256 with 55 fields
      '0096 0004 0097 0004 0088 0001 0007 0002 000b', // flowStartSeconds, …
    );
    expect(ipv4!.slice(0, beginning.length)).toBe(beginning);
    expect(ipv4).toContain(hex('0008 0004 000c 0004', '8056 0008 00007279', '8055 0008 00007279')); // addresses, reverse totals
    expect(ipv6).toContain(hex('001b 0010 001c 0010'));
    expect(ipv4!.slice(-48)).toBe(hex('808f ffff 0000dcba', '8090 ffff 0000dcba', '809e ffff 0000dcba'));
  });
});

describe('MessageEncoder: values', () => {
  it('writes each text into its own element', () => {
    const texts = [
      ...['sourcePodName', 'sourcePodNamespace', 'sourceNodeName', 'destinationPodName', 'destinationPodNamespace'],
      ...[
        'destinationNodeName',
        'destinationServicePortName',
        'ingressNetworkPolicyName',
        'ingressNetworkPolicyNamespace',
      ],
      ...['ingressNetworkPolicyRuleName', 'egressNetworkPolicyName', 'egressNetworkPolicyNamespace'],
      ...[
        'egressNetworkPolicyRuleName',
        'tcpState',
        'egressName',
        'egressNodeName',
        'sourcePodLabels',
        'destinationPodLabels',
      ],
    ] as const;
    const flow = Object.fromEntries(texts.map((name) => [name, `the ${name}`]));
    expect(readOne(flow)).toMatchObject(flow);
    for (const name of texts) expect(readOne({})[name]).toBe('');
  });

  it('writes each number of a side into its own element', () => {
    const numbers = Object.fromEntries(
      ['FromSourceNode', 'FromDestinationNode'].flatMap((side, s) =>
        ['packetTotalCount', 'octetTotalCount', 'packetDeltaCount', 'octetDeltaCount', 'throughput'].flatMap(
          (name, n) => {
            const reverse = `reverse${name[0]!.toUpperCase()}${name.slice(1)}`;
            return [
              [name + side, 2n ** 40n + BigInt(100 * s + n)],
              [reverse + side, 2n ** 64n - BigInt(100 * s + n + 1)],
            ];
          },
        ),
      ),
    );
    const ends = { flowEndSecondsFromSourceNode: 4_000_000_001, flowEndSecondsFromDestinationNode: 4_000_000_000 };
    const record = readOne({ ...numbers, ...ends });
    expect(record).toMatchObject(numbers);
    expect(record).toMatchObject({
      flowEndSecondsFromSourceNode: 4_000_000_001n,
      flowEndSecondsFromDestinationNode: 4_000_000_000n,
    });
  });

  it.each([
    { source: 10, destination: 9, later: 1n },
    { source: 9, destination: 10, later: 2n },
    { source: 9, destination: 9, later: 2n },
  ])('derives the common counters with ends $source and $destination', ({ source, destination, later }) => {
    const record = readOne({
      flowEndSecondsFromSourceNode: source,
      flowEndSecondsFromDestinationNode: destination,
      octetDeltaCountFromSourceNode: 1n,
      octetDeltaCountFromDestinationNode: 2n,
      reverseThroughputFromSourceNode: 1n,
      reverseThroughputFromDestinationNode: 2n,
      octetTotalCountFromSourceNode: 7n,
      octetTotalCountFromDestinationNode: 5n,
      reversePacketTotalCountFromSourceNode: 2n ** 33n,
      reversePacketTotalCountFromDestinationNode: 2n ** 33n + 1n,
    });
    expect(record).toMatchObject({
      octetDeltaCount: later,
      reverseThroughput: later,
      octetTotalCount: 7n,
      reversePacketTotalCount: 2n ** 33n + 1n,
    });
  });

  it('parses the text of a UUID, keeps 16 bytes and has zeros for anything else', () => {
    const uid = '0F1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';
    const bytes = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';
    const zeros = '0'.repeat(32);
    const record = readOne({
      sourcePodUID: uid,
      destinationPodUID: 'sixteen bytes 16',
      sourceNodeUID: uid.replace('F', 'g'),
      destinationNodeUID: uid.replace('-', '_'),
      destinationServiceUID: uid.slice(1),
      ingressNetworkPolicyUID: uid,
      egressNetworkPolicyUID: uid,
      egressNodeUID: uid,
    });
    expect(record).toMatchObject({
      sourcePodUUID: bytes,
      destinationPodUUID: Buffer.from('sixteen bytes 16').toString('hex'),
      sourceNodeUUID: zeros,
      destinationNodeUUID: zeros,
      destinationServiceUUID: zeros,
      ingressNetworkPolicyUUID: bytes,
      egressNetworkPolicyUUID: bytes,
      egressUUID: zeros,
      egressNodeUUID: bytes,
    });
  });

  it.each(['0.0.0.0', '1.22.133.244', '255.255.255.255', '100.10.1.0', '2001:db8::1', 'fe80:1:2:3:4:5:6:7'])(
    'writes the egress IP %s as text',
    (egressIP) => {
      expect(readOne({ egressIP })['egressIP']).toBe(egressIP);
    },
  );

  it('has zeros for addresses that are missing, and for ones of the other family', () => {
    expect(readOne({ proxySnatIP: '2001:db8::1' })).toMatchObject({
      proxySnatIPv4: '0.0.0.0',
      destinationClusterIPv4: '0.0.0.0',
      egressIP: '',
    });
    const ipv6 = { sourceIP: 'fd00::1', destinationIP: 'fd00::2' };
    expect(readOne({ ...ipv6, proxySnatIP: '1.2.3.4', destinationServiceIP: 'fd00::3' })).toMatchObject({
      proxySnatIPv6: '::',
      destinationServiceIPv6: 'fd00::3',
    });
  });

  it('writes an IPv4 address as ::ffff:a.b.c.d where the other end is IPv6', () => {
    expect(readOne({ sourceIP: '1.2.3.4', destinationIP: 'fd00::2' })).toMatchObject({
      sourceIPv6Address: '::ffff:102:304',
      destinationIPv6Address: 'fd00::2',
    });
    expect(readOne({ sourceIP: 'fd00::1', destinationIP: '5.6.7.8' })).toMatchObject({
      sourceIPv6Address: 'fd00::1',
      destinationIPv6Address: '::ffff:506:708',
    });
  });
});

describe('MessageEncoder: messages', () => {
  const ipv4 = (i: number): FlowValues => ({ sourceTransportPort: i });
  const ipv6 = (i: number): FlowValues => ({ ...ipv4(i), sourceIP: 'fd00::1', destinationIP: 'fd00::2' });
  const ports = (records: readonly IpfixRecord[]): number[] => records.map((r) => Number(r['sourceTransportPort']));

  it('puts records of one family into a message, in their order', () => {
    const { messages } = readAll([aBatch([ipv4(1), ipv6(2), ipv4(3), ipv6(4)]), aBatch([ipv6(5)])]);
    expect(messages.map(({ sets, records }) => [sets[0]!.id, ports(records)])).toEqual([
      [256, [1, 3]],
      [257, [2, 4, 5]],
    ]);
  });

  it('fills messages up to their limit, not beyond', () => {
    const flows = Array.from({ length: 400 }, (_, i) => ipv4(i));
    const { messages, records } = readAll([aBatch(flows)], {}, { messageBytes: 5_000, chunkBytes: 12_000 });
    expect(ports(records)).toEqual(flows.map((_, i) => i));
    for (const { length, records } of messages.slice(0, -1)) {
      const oneMore = length + (length - 20) / records.length;
      expect([length <= 5_000, oneMore > 5_000]).toEqual([true, true]);
    }
  });

  it('begins no message after so many bytes', () => {
    const flows = Array.from({ length: 100 }, (_, i) => ipv4(i));
    const { chunks } = readAll([aBatch(flows)], {}, { messageBytes: 5_000, chunkBytes: 1 });
    expect(chunks.length).toBeGreaterThan(8);
    const { chunks: two } = readAll([aBatch(flows)], {}, { messageBytes: 5_000, chunkBytes: 5_000 });
    expect(two.length).toBe(Math.ceil(chunks.length / 2));
  });

  it('gives a record that does not fit a message of its own, and says how many', () => {
    const long = { ...ipv4(2), sourcePodLabels: 'y'.repeat(1_000) };
    const { messages, chunks } = readAll([aBatch([ipv4(1), long, ipv4(3)])], {}, { messageBytes: 1_400 });
    expect(messages.map(({ records }) => ports(records))).toEqual([[1], [2], [3]]);
    expect(messages[1]!.length).toBeGreaterThan(1_400);
    expect(chunks[0]!.oversized).toBe(1);
  });

  it('leaves the longest texts out of a record that no message can hold', () => {
    const flow = {
      sourcePodName: 'kept',
      sourcePodLabels: 'a'.repeat(60_000),
      destinationPodLabels: 'b'.repeat(30_000),
    };
    const { records, chunks } = readAll([aBatch([ipv4(1), flow, ipv4(3)])]);
    expect(records[1]).toMatchObject({
      sourcePodName: 'kept',
      sourcePodLabels: '',
      destinationPodLabels: 'b'.repeat(30_000),
    });
    expect(records).toHaveLength(3);
    expect(chunks[0]!.shortened).toBe(1);
  });

  it('goes on where it stopped, also between families and batches', () => {
    const group = [aBatch([ipv6(1), ipv4(2), ipv6(3)]), aBatch([ipv4(4), ipv6(5)])];
    const { records, chunks } = readAll(group, {}, { messageBytes: 700, chunkBytes: 1 });
    expect(ports(records)).toEqual([2, 1, 3, 4, 5]);
    expect(chunks.map(({ records }) => records)).toEqual([1, 1, 1, 1, 1]);
  });

  it('has nothing to say of batches without rows', () => {
    expect(readAll([aBatch([])]).messages).toEqual([]);
  });
});

describe('recordsFrom', () => {
  it('has, after each chunk, the records of its batch that are still to come', () => {
    const batch = aBatch(
      Array.from({ length: 12 }, (_, index): FlowValues => {
        const address = index % 3 === 0 ? { sourceIP: '2001:db8::1', destinationIP: '2001:db8::2' } : {};
        return { ...address, sourceTransportPort: index };
      }),
    );
    const ports = (records: readonly IpfixRecord[]): unknown[] =>
      records.map(({ sourceTransportPort }) => sourceTransportPort);
    const { chunks, records } = readAll([batch], {}, { chunkBytes: 1, messageBytes: 512 });
    expect(chunks.length).toBeGreaterThan(6);
    let before = 0;
    for (const { next, records: count } of chunks.slice(0, -1)) {
      before += count;
      expect(ports(readAll([recordsFrom(batch, next)]).records)).toEqual(ports(records.slice(before)));
    }
  });
});
