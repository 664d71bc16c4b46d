import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { encodeFlow, MINIMAL } from '../../../support/flow-proto.js';
import { type Call, framed, request, Running } from './collector-support.js';
import { CALL, END_HEADERS, Frame, frame, FrameClient, headers } from './http2-frames.js';

let collector: Running;
let good: Call;
const clients: FrameClient[] = [];

/** A collector with another client, which must not notice anything. */
const start = async (): Promise<void> => {
  collector = await Running.start();
  good = collector.call();
  await collector.exchange(good, 1);
};
const attacker = async (): Promise<FrameClient> => {
  const client = await FrameClient.connect(collector.port, collector.pki);
  clients.push(client);
  return client;
};
const lines = (): string[] => collector.logger.of('repeated').map(({ message }) => message);

afterEach(async () => {
  try {
    await collector.exchange(good, 2);
    expect(collector.ports.at(-1)).toBe(2);
  } finally {
    for (const client of clients.splice(0)) client.socket.destroy();
    await collector.close();
  }
});

const flowsField = (value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(10, (value.length & 0x7f) | 0x80, value.length >>> 7), value]);
const before = flowsField(encodeFlow({ ...MINIMAL, transport: { source_port: 9 }, id: 'x'.repeat(200) }));

describe('a message that is malformed', () => {
  it.each([
    ['wire_type', Buffer.concat([before, Buffer.of(8, 1)]), /flows has the wire type 0.*octet 2\d\d /],
    ['wire_type', Buffer.concat([before, flowsField(Buffer.of(0x40, 1))]), /k8s can't have the wire type 0/],
    ['field_number', Buffer.concat([before, Buffer.of(2, 0)]), /no field has such a number/],
    [
      'utf8',
      Buffer.concat([before, flowsField(Buffer.of(0x42, 4, 0x1a, 2, 0xc3, 0x28))]),
      /k8s.source_pod_name is not/,
    ],
    ['length', Buffer.concat([before, Buffer.of(10, 100, 1)]), /runs over the end/],
    ['varint', Buffer.concat([before, Buffer.alloc(11, 0xff)]), /64 bits/],
    ['group', Buffer.concat([before, Buffer.of(0x1b)]), /group 3 has no end/],
  ])(
    'is an INVALID_ARGUMENT that names %s and the place; records before are taken, the connection goes on',
    async (reason, message, details) => {
      await start();
      const session = await collector.http2();
      const ending = await collector.message(session, message);
      expect(ending).toEqual({ code: status.INVALID_ARGUMENT, details: expect.stringMatching(details) });
      expect(ending.details).toContain(`WEIR_PROTOBUF_${reason.toUpperCase()}`);
      expect(collector.count('weir_messages_malformed_total', { reason })).toBe(1);
      expect(collector.ports).toEqual([1, 9]);
      expect(collector.count('weir_records_received_total')).toBe(2);
      const [line] = collector.logger.matching(/malformed/);
      expect(line?.fields).toMatchObject({
        exporter: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        code: `WEIR_PROTOBUF_${reason.toUpperCase()}`,
      });
      expect(await collector.message(session, request(4), true)).toEqual({ code: status.OK, details: '' });
      expect(collector.ports).toEqual([1, 9, 4]);
    },
  );

  it.each([
    ['too_large', framed(Buffer.alloc(0), 0, 4 * 1024 * 1024 + 1), status.RESOURCE_EXHAUSTED],
    ['too_large', framed(Buffer.alloc(0), 0, 0xffffffff), status.RESOURCE_EXHAUSTED],
    ['compressed', framed(gzipSync(Buffer.alloc(4_000_000)), 1), status.UNIMPLEMENTED],
    ['prefix', framed(Buffer.alloc(0), 7), status.INVALID_ARGUMENT],
  ])('by its prefix is refused at once: %s', async (reason, octets, code) => {
    await start();
    const session = await collector.http2();
    const ending = await collector.raw(session, octets);
    expect(ending).toEqual({ code, details: expect.stringContaining(`WEIR_GRPC_${reason.toUpperCase()}`) });
    expect(collector.count('weir_messages_malformed_total', { reason })).toBe(1);
    expect(lines()).toHaveLength(1);
    expect((await collector.message(session, request(4), true)).code).toBe(status.OK);
  });

  it('and too large tells a gRPC client so, which can go on with another call', async () => {
    await start();
    const client = collector.client();
    const call = collector.call(client);
    call.stream.write({ flows: [{ id: 'x'.repeat(5_000_000) }] });
    expect(await call.ending).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('4194304'),
    });
    await collector.exchange(collector.call(client), 7);
  });

  it('since the stream ends in its middle is counted, whether ended or broken', async () => {
    await start();
    const session = await collector.http2();
    const cut = framed(request(5, 6)).subarray(0, -3);
    expect((await collector.raw(session, cut, { isLast: true })).code).toBe(status.INVALID_ARGUMENT);
    void collector.raw(session, cut);
    await collector.until(() => collector.ports.filter((port) => port === 5).length === 2);
    session.destroy();
    await collector.until(() => collector.count('weir_messages_malformed_total', { reason: 'truncated' }) === 2);
    expect(collector.logger.matching(/middle of a message/)).toHaveLength(1);
  });

  it('only to Weir is INTERNAL, and in the log in full', async () => {
    await start();
    const { receiver } = collector;
    collector.receiver = {
      receive: () => {
        throw new Error('a fault');
      },
    };
    const session = await collector.http2();
    expect(await collector.message(session, request(4))).toEqual({
      code: status.INTERNAL,
      details: expect.not.stringContaining('a fault of the table'),
    });
    collector.receiver = receiver;
    expect(collector.count('weir_messages_malformed_total', { reason: 'internal' })).toBe(1);
    expect(collector.logger.of('error')[0]?.fields['error']).toMatch(/a fault[^]*collector/);
    expect((await collector.message(session, request(4), true)).code).toBe(status.OK);
  });
});

describe('a client', () => {
  it.each([
    [
      'another service',
      { ':path': '/antrea_io.antrea.pkg.apis.flow.v1alpha1.FlowStreamService/GetFlows' },
      status.UNIMPLEMENTED,
    ],
    ['a service with a long name', { ':path': `/${'x'.repeat(3000)}` }, status.UNIMPLEMENTED],
    ['another content', { 'content-type': 'application/json' }, 415],
    ['another method', { ':method': 'PUT' }, 405],
  ])('that asks for %s is told that there is none', async (_, different, code) => {
    await start();
    const session = await collector.http2();
    expect((await collector.raw(session, framed(request(4)), { headers: different })).code).toBe(code);
    expect(collector.logger.matching(/call was refused/)).toHaveLength(1);
    expect((await collector.message(session, request(4), true)).code).toBe(status.OK);
  });

  it('that does not speak HTTP/2 is disconnected and named', async () => {
    await start();
    const { authority, client } = collector.pki;
    const socket = connect({
      port: collector.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.certificate,
      cert: client.certificate,
      key: client.privateKey,
    });
    socket.on('error', () => undefined);
    socket.end('GET / HTTP/1.1\r\nhost: weir\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    await collector.until(() => collector.count('weir_sessions') === 1);
    expect(collector.logger.matching(/does not keep to HTTP\/2/)).toHaveLength(1);
  });

  it('that says goodbye and does not go is disconnected with the ping after the next', async () => {
    await start();
    const client = await attacker();
    client.socket.allowHalfOpen = true;
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    const ended = new Promise((resolve) => client.socket.once('end', resolve));
    await client.send(frame(Frame.GoAway, 0, 0, Buffer.alloc(8)));
    await ended;
    expect(collector.count('weir_sessions')).toBe(2);
    for (let minute = 0; minute < 2; minute++) {
      await collector.clock.advance(60_000);
      await collector.exchange(good, 3);
    }
    await collector.until(() => collector.count('weir_sessions') === 1);
    client.socket.end();
    await closed;
    expect(lines()).toEqual([]);
  });

  it('that opens many streams has some of them, and the others wait', async () => {
    await start();
    const session = await collector.http2();
    const endings = Array.from({ length: 1000 }, (_, port) => collector.message(session, request(port + 10), true));
    const codes = (await Promise.all(endings)).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set([status.OK]));
    expect(collector.records).toHaveLength(1001);
    expect(session.remoteSettings.maxConcurrentStreams).toBeLessThanOrEqual(16);
  });

  it('that opens more streams than it may is refused or disconnected', async () => {
    await start();
    const client = await attacker();
    await collector.until(() => (client.received.get(Frame.Settings) ?? 0) > 0);
    const streams = Array.from({ length: 10_000 }, (_, i) => frame(Frame.Headers, END_HEADERS, 2 * i + 1, CALL));
    await client.send(...streams);
    await collector.until(() => client.isClosed || (client.received.get(Frame.Reset) ?? 0) > 0);
  });

  const reset = Buffer.of(0, 0, 0, 8);
  it.each<[string, boolean, (i: number) => readonly Buffer[]]>([
    [
      'opens streams and resets them',
      true,
      (i) => [frame(Frame.Headers, END_HEADERS, 2 * i + 1, CALL), frame(Frame.Reset, 0, 2 * i + 1, reset)],
    ],
    [
      'sends headers without an end',
      true,
      (i) => [frame(i === 0 ? Frame.Headers : Frame.Continuation, 0, 1, headers(['a', 'b'.repeat(100)]))],
    ],
    ['sends ever more pings', false, () => [frame(Frame.Ping, 0, 0, Buffer.alloc(8))]],
    ['sends ever more settings', false, () => [frame(Frame.Settings, 0, 0, Buffer.of(0, 3, 0, 0, 0, 9))]],
  ])('that %s disturbs nobody; is it disconnected? %s', async (_, isDisconnected, frames) => {
    await start();
    const client = await attacker();
    client.socket.pause();
    const closed = new Promise((resolve) => client.socket.once('close', resolve));
    for (let at = 0; at < 10_000 && !client.isClosed; at += 1000) {
      const sent = client.send(...Array.from({ length: 1000 }, (__, i) => frames(at + i)).flat());
      client.socket.resume();
      await Promise.race([sent, closed]);
      await collector.exchange(good, 3);
    }
    if (!isDisconnected) return;
    await closed;
    await collector.until(() => collector.count('weir_sessions') === 1);
    expect(lines().length).toBeGreaterThan(0);
  });

  it('that sends an octet at a time gets through', async () => {
    await start();
    const client = await attacker();
    await client.send(frame(Frame.Headers, END_HEADERS, 1, CALL));
    await client.data(1, framed(request(...Array.from({ length: 100 }, (_, i) => i + 100))), 1);
    await collector.until(() => collector.records.length === 101);
  });

  it('that sends much does not keep others waiting', async () => {
    await start();
    const { receiver } = collector;
    const seen: number[] = [];
    collector.receiver = { receive: (record) => void seen.push(record.sourceTransportPort) };
    const session = await collector.http2();
    const many = Buffer.concat(new Array<Uint8Array>(60_000).fill(request(5)));
    const ending = collector.message(session, many, true);
    await collector.until(() => seen.includes(5));
    good.stream.write({ flows: [{ ...MINIMAL, transport: { source_port: 6 } }] });
    expect((await ending).code).toBe(status.OK);
    await collector.until(() => seen.includes(6));
    expect(seen.indexOf(6)).toBeLessThan(60_000);
    collector.receiver = receiver;
  });
});
