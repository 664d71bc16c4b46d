import { beforeAll, describe, expect, it } from '@jest/globals';
import { credentials, status } from '@grpc/grpc-js';
import { encodeFlow, encodeRequest, MINIMAL, type Message } from '../support/flow-proto.js';
import { testPki, type TestPki } from '../support/pki.js';
import { CALL, END_HEADERS, Frame, frame, FrameClient } from '../adapters/grpc/collector/http2-frames.js';
import { balancedAtRest } from './support/balance.js';
import { atEnd } from './support/clean-up.js';
import { eventually } from './support/eventually.js';
import { framed, GrpcExporter, Http2Exporter, secured } from './support/grpc-exporting.js';
import { dataOfTests } from './support/tls-exporting.js';
import { startWeir, type LogLine, type WeirProcess } from './support/weir-process.js';

const MEBIBYTE = 2 ** 20;

let pki: TestPki;
let weir: WeirProcess;
beforeAll(async () => {
  pki = await testPki();
  weir = await startWeir({ transport: 'None', lives: 'file', settings: { dataDirectory: dataOfTests(pki, 'file') } });
});

/** Flows of all exporters so far: no two have the same addresses. */
let flows = 0;
const newFlow = (): Message => {
  const n = flows++;
  const source = Uint8Array.of(10, (n >> 16) & 255, (n >> 8) & 255, n & 255);
  return { ...MINIMAL, ip: { version: 4, source, destination: Uint8Array.of(10, 255, 0, 1) } };
};

/** Each attacker comes from an address of its own: lines about one address are gathered. */
let attackers = 0;
const nextAddress = (): string => `127.0.8.${++attackers}`;

const taken = async (): Promise<number> => (await weir.metrics()).sum('weir_records_taken_total');

/** Has somebody who does nothing wrong call, and `act` done meanwhile, which may have so many records taken: that call is not to notice. */
async function beside<T>(act: () => Promise<T>, others = 0): Promise<T> {
  const call = new GrpcExporter(weir.grpcPort, secured(pki)).call();
  const before = await taken();
  call.stream.write({ flows: [newFlow()] });
  const result = await act();
  expect(call.isOver()).toBe(false);
  call.stream.write({ flows: [newFlow(), newFlow()] });
  await eventually('all good flows are taken', async () => (await taken()) === before + 3 + others);
  call.stream.end();
  expect(await call.ending).toEqual({ code: status.OK, details: '' });
  await balancedAtRest(weir);
  return result;
}

/** Lines about a client, once there is one. */
const linesAbout = (address: string): Promise<LogLine[]> =>
  eventually('the log says so', () => {
    const own = weir.logs.filter(({ exporter }) => String(exporter).startsWith(`${address}:`));
    return own.length > 0 && own;
  });

/** A field of a message whose value has a length. */
const field = (number: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of((number << 3) | 2, value.length), value]);

const FLOWS = 1;
const K8S = 8;
const SOURCE_POD_NAME = 3;

describe('a message that is wrong ends its call with the right status, and has a line that names the cause', () => {
  for (const { what, octets, code, reason } of [
    {
      what: 'of 4 GiB',
      octets: () => framed(Buffer.alloc(10_000), 0xffff_ffff),
      code: status.RESOURCE_EXHAUSTED,
      reason: 'WEIR_GRPC_TOO_LARGE',
    },
    {
      what: 'with a text that is no UTF-8',
      octets: () => framed(field(FLOWS, field(K8S, field(SOURCE_POD_NAME, Buffer.of(0xc3, 0x28))))),
      code: status.INVALID_ARGUMENT,
      reason: 'WEIR_PROTOBUF_UTF8',
    },
    {
      what: 'with a number where a message should be',
      octets: () => framed(field(FLOWS, Buffer.of(K8S << 3, 1))),
      code: status.INVALID_ARGUMENT,
      reason: 'WEIR_PROTOBUF_WIRE_TYPE',
    },
    {
      what: 'with a Flow that runs over its end',
      octets: () => framed(Buffer.of((FLOWS << 3) | 2, 100, 1)),
      code: status.INVALID_ARGUMENT,
      reason: 'WEIR_PROTOBUF_LENGTH',
    },
  ]) {
    it(what, async () => {
      const address = nextAddress();
      await beside(async () => {
        const client = await Http2Exporter.connect(weir.grpcPort, pki, address);
        expect(await client.call(octets())).toEqual({ code, details: expect.stringContaining(reason) });
        // The connection goes on with other calls.
        expect(await client.call(framed(encodeRequest(newFlow())), true)).toEqual({ code: status.OK, details: '' });
      }, 1);
      const lines = await linesAbout(address);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ code: reason, reason: expect.any(String) });
      expect(lines[0]!.message).toMatch(/malformed message/);
    });
  }

  it('which a real client made too long', async () => {
    const ending = await beside(() => {
      const call = new GrpcExporter(weir.grpcPort, secured(pki)).call();
      call.stream.write({ flows: [{ ...newFlow(), id: 'x'.repeat(5 * MEBIBYTE) }] });
      return call.ending;
    });
    expect(ending).toEqual({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('WEIR_GRPC_TOO_LARGE'),
    });
  });
});

describe('a Flow with missing parts', () => {
  it('is no fault of the message: what a flow can not be without is counted, what it can be without is not there', async () => {
    const dropped = { no_source_address: 'ip', no_start_time: 'start_ts', no_end_time: 'end_ts' };
    const count = async (): Promise<number[]> => {
      const metrics = await weir.metrics();
      return Object.keys(dropped).map((reason) => metrics.value('weir_records_dropped_total', { reason }));
    };
    const before = await count();
    await beside(async () => {
      const call = new GrpcExporter(weir.grpcPort, secured(pki)).call();
      for (const part of Object.values(dropped)) call.stream.write({ flows: [{ ...newFlow(), [part]: undefined }] });
      // Neither ports, Kubernetes, nor counters; then nothing at all.
      call.stream.write({ flows: [newFlow()] });
      call.stream.write({ flows: [] });
      call.stream.end();
      expect(await call.ending).toEqual({ code: status.OK, details: '' });
    }, 1);
    expect((await count()).map((after, i) => after - before[i]!)).toEqual([1, 1, 1]);
  });
});

describe('a client that never finishes', () => {
  it('keeps what it has begun, disturbs nobody, and what it sent in full is taken', async () => {
    const silent = await Http2Exporter.connect(weir.grpcPort, pki, nextAddress());
    const whole = framed(encodeRequest(newFlow()));
    await beside(async () => {
      for (let i = 0; i < 3; i++) void silent.call(Buffer.concat([whole, whole.subarray(0, 20)]));
      // The same flow each time: the first is taken, and the others are no news.
      await eventually('all whole messages are read', async () => {
        const metrics = await weir.metrics();
        return metrics.sum('weir_records_older_total') === 2;
      });
    }, 1);
    expect(silent.session.closed).toBe(false);
  });
});

describe('a client that opens 10,000 streams', () => {
  it('has some of them at a time, and nobody is disturbed', async () => {
    const before = (await weir.metrics()).value('process_resident_memory_bytes');
    const client = await Http2Exporter.connect(weir.grpcPort, pki, nextAddress());
    expect(client.session.remoteSettings.maxConcurrentStreams).toBeLessThanOrEqual(100);
    await beside(async () => {
      const empty = framed(encodeRequest());
      const endings = await Promise.all(Array.from({ length: 10_000 }, () => client.call(empty, true)));
      expect(new Set(endings.map(({ code }) => code))).toEqual(new Set([status.OK]));
    });
    const after = (await weir.metrics()).value('process_resident_memory_bytes');
    expect(after - before).toBeLessThan(128 * MEBIBYTE);
  });

  it('is refused or cut off if it does not keep to what it may have, and nobody is disturbed', async () => {
    const client = await FrameClient.connect(weir.grpcPort, pki);
    atEnd(() => void client.socket.destroy());
    const begin = (i: number): Buffer => frame(Frame.Headers, END_HEADERS, 2 * i + 1, CALL);
    await beside(async () => {
      client.socket.write(Buffer.concat(Array.from({ length: 10_000 }, (_, i) => begin(i))));
      await eventually('it is told, or cut off', () => client.isClosed || client.received.has(Frame.Reset));
    });
  });
});

describe('a gRPC client without TLS', () => {
  it('finds Weir unavailable, and is named', async () => {
    const ending = await beside(() => new GrpcExporter(weir.grpcPort, credentials.createInsecure()).call().ending);
    expect(ending.code).toBe(status.UNAVAILABLE);
    const lines = weir.logged(/it speaks no TLS \(this looks like plain gRPC/);
    expect(lines).toHaveLength(1);
  });
});

describe('after all that', () => {
  it('Weir has found no fault of its own, tells open calls that it is unavailable, and ends in order', async () => {
    expect(weir.logged(/fault|mistake/)).toEqual([]);
    const open = new GrpcExporter(weir.grpcPort, secured(pki)).call();
    const before = await taken();
    open.stream.write({ flows: [newFlow()] });
    await eventually('the flow is taken', async () => (await taken()) === before + 1);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect((await open.ending).code).toBe(status.UNAVAILABLE);
  });
});

describe('the octets that these tests make by hand', () => {
  it('are those of the .proto', () => {
    const flow = { k8s: { source_pod_name: 'pod' } };
    expect(Buffer.from(encodeFlow(flow))).toEqual(field(K8S, field(SOURCE_POD_NAME, Buffer.from('pod'))));
    expect(Buffer.from(encodeRequest(flow))).toEqual(field(FLOWS, encodeFlow(flow)));
  });
});
