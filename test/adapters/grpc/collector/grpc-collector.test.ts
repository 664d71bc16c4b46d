import { afterEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import type { GrpcCollectorOptions } from '../../../../src/adapters/grpc/collector/collector-options.js';
import { ANTREA } from '../../../support/flow-proto.js';
import { credentialsOf } from '../../../support/pki.js';
import { flow, framed, request, Running } from './collector-support.js';

const open: Running[] = [];
const running = async (options: Partial<GrpcCollectorOptions> = {}): Promise<Running> => {
  const made = await Running.start(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe('flow records over gRPC', () => {
  it('come from a gRPC client in messages of one or many records, until it ends its stream', async () => {
    const collector = await running();
    const call = collector.call();
    call.stream.write({ flows: [ANTREA] });
    call.stream.write({ flows: [] });
    call.stream.write({ flows: Array.from({ length: 500 }, (_, port) => flow(port)) });
    call.stream.end();
    expect(await call.ending).toEqual({ code: status.OK, details: '' });
    expect(collector.records).toHaveLength(501);
    expect(collector.records[0]).toMatchObject({
      exporter: '127.0.0.1',
      sourcePodName: 'client-7d9f',
      octetTotalCount: 9_876_543_210n,
      observationDomainId: 4_000_000_000,
    });
    expect(collector.ports.slice(1)).toEqual(Array.from({ length: 500 }, (_, port) => port));
    expect(collector.count('weir_records_received_total')).toBe(501);
    expect(collector.count('weir_messages_received_total')).toBe(3);
    expect(collector.count('weir_sessions')).toBe(1);
    expect(collector.logger.of('repeated')).toEqual([]);
  });

  it('are said to come from the peer, IPv4 or IPv6, whatever address they name', async () => {
    const collector = await running({ host: '::' });
    for (const host of ['127.0.0.1', '[::1]']) {
      const call = collector.call(collector.client(collector.pki.client, host));
      call.stream.end({ flows: [ANTREA] });
      expect((await call.ending).code).toBe(status.OK);
    }
    const exporters = collector.records.map(({ exporter }) => String(exporter));
    expect(exporters).toEqual(['127.0.0.1', '0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1']);
  });

  it('need a certificate of the CA, the present one after it was renewed', async () => {
    const collector = await running();
    const connected = collector.call();
    await collector.exchange(connected, 1);
    const stranger = collector.call(collector.client(collector.pki.otherClient));
    expect((await stranger.ending).code).toBe(status.UNAVAILABLE);
    expect(collector.metrics.sum('weir_tls_handshakes_refused_total', { transport: 'grpc' })).toBeGreaterThan(0);
    const { otherAuthority } = collector.pki;
    collector.store.renew(credentialsOf(otherAuthority, collector.pki.server));
    const late = collector.call();
    expect((await late.ending).code).toBe(status.UNAVAILABLE);
    const fresh = collector.call(collector.client(collector.pki.otherClient));
    await collector.exchange(fresh, 2);
    await collector.exchange(connected, 3);
    expect(collector.ports).toEqual([1, 2, 3]);
  });

  it('are refused from more clients than limits.maxSessions', async () => {
    const collector = await running({ maxSessions: 1 });
    await collector.exchange(collector.call(), 1);
    const second = collector.call();
    expect((await second.ending).code).toBe(status.UNAVAILABLE);
    expect(collector.count('weir_sessions_refused_total')).toBeGreaterThan(0);
    expect(collector.count('weir_sessions')).toBe(1);
  });

  it('wait at the client while reading is paused, and none is lost', async () => {
    const collector = await running();
    const call = collector.call();
    await collector.exchange(call, 1);
    let received = 0;
    collector.receiver = {
      receive: () => {
        received++;
      },
    };
    collector.collector.pause();
    const late = collector.call();
    late.stream.write({ flows: [flow(2)] });
    const session = await collector.http2();
    const many = Buffer.concat(new Array<Uint8Array>(10_000).fill(request(3)));
    let isWritten = false;
    const ending = collector.raw(session, framed(many), {
      isLast: true,
      onWritten: () => {
        isWritten = true;
      },
    });
    await collector.until(() => collector.count('weir_sessions') === 3);
    for (let turn = 0; turn < 300; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([isWritten, received]).toEqual([false, 0]);
    collector.collector.resume();
    call.stream.end();
    late.stream.end();
    for (const end of [call.ending, late.ending, ending]) expect((await end).code).toBe(status.OK);
    expect(received).toBe(10_001);
  });

  it('that had arrived are taken also of an exporter that goes away while reading is paused', async () => {
    const collector = await running();
    collector.collector.pause();
    const session = await collector.http2();
    const ending = collector.raw(session, framed(Buffer.concat(new Array<Uint8Array>(1000).fill(request(3)))));
    await new Promise((resolve) => session.ping(resolve));
    session.destroy();
    await ending;
    await collector.until(() => collector.count('weir_sessions') === 0);
    await collector.until(() => collector.records.length === 1000);
    expect(collector.count('weir_messages_received_total')).toBe(1);
    expect(collector.logger.of('repeated')).toEqual([]);
  });

  it('are taken up to the end when Weir stops, and the client is told to come again', async () => {
    const collector = await running();
    const call = collector.call();
    await collector.exchange(call, 1);
    const idle = collector.client();
    await new Promise((resolve) => idle.waitForReady(Infinity, resolve));
    const stopped = collector.stop();
    expect((await call.ending).code).toBe(status.UNAVAILABLE);
    await stopped;
    expect(collector.count('weir_sessions')).toBe(0);
    expect(collector.clock.timers).toBe(0);
    expect(collector.store.listeners).toBe(0);
    expect(collector.logger.of('repeated')).toEqual([]);
  });

  it('that an exporter had sent all of before Weir stops are answered with OK, though they were held back', async () => {
    const collector = await running();
    collector.collector.pause();
    const session = await collector.http2();
    const ending = collector.message(session, request(1, 2), true);
    await new Promise((resolve) => session.ping(resolve));
    await collector.stop();
    expect(await ending).toEqual({ code: status.OK, details: '' });
    expect(collector.ports).toEqual([1, 2]);
  });

  it('are not waited for longer than a second when Weir stops', async () => {
    const collector = await running();
    const session = await collector.http2();
    const ending = collector.message(session, request(1));
    await collector.until(() => collector.records.length === 1);
    const before = collector.clock.monotonicMilliseconds();
    const closed = new Promise((resolve) => session.once('close', resolve));
    await collector.stop();
    expect(collector.count('weir_sessions')).toBe(0);
    expect((await ending).code).toBe(status.UNAVAILABLE);
    await closed;
    expect(collector.clock.monotonicMilliseconds() - before).toBeLessThanOrEqual(1010);
  });

  it('end for an exporter that is silent for limits.idleTimeout', async () => {
    const collector = await running({ idleTimeout: 5000 });
    const call = collector.call();
    await collector.exchange(call, 1);
    await collector.clock.advance(3000);
    await collector.exchange(call, 2);
    await collector.clock.advance(5000);
    expect(collector.count('weir_sessions')).toBe(1);
    await collector.clock.advance(2000);
    expect((await call.ending).code).toBe(status.UNAVAILABLE);
    expect(collector.logger.matching(/silent exporter/)).toHaveLength(1);
  });

  it('come beside pings, one a minute to each exporter, and not to all at once', async () => {
    const collector = await running();
    const pings = [0, 0, 0];
    for (const index of pings.keys()) {
      const session = await collector.http2();
      session.on('ping', () => pings[index]!++);
    }
    const sum = (): number => pings.reduce((total, count) => total + count, 0);
    for (let second = 1; second <= 120; second++) {
      const before = sum();
      const isAsked = (second - 1) % 60 < 3;
      await collector.clock.advance(1000);
      if (isAsked) await collector.until(() => sum() === before + 1);
    }
    expect(pings).toEqual([2, 2, 2]);
  });

  it('end for an exporter that no longer answers pings, and for no other', async () => {
    const collector = await running();
    const call = collector.call();
    await collector.exchange(call, 1);
    for (let minute = 0; minute < 3; minute++) {
      await collector.clock.advance(60_000);
      // A round trip after the ping: it is answered by then.
      await collector.exchange(call, 2);
    }
    expect(collector.count('weir_sessions')).toBe(1);
    // Two pings, with no time to answer between them.
    collector.clock.advanceNow(120_000);
    expect((await call.ending).code).toBe(status.UNAVAILABLE);
    expect(collector.logger.matching(/no longer answers/)).toHaveLength(1);
  });
});
