import { beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { balancedAtRest } from './support/balance.js';
import { BAD_MESSAGES, garbage } from './support/bad-messages.js';
import { eventually } from './support/eventually.js';
import { connectTo, datagramsTo } from './support/exporting.js';
import { GoodExporter } from './support/good-exporter.js';
import { startWeir, type WeirProcess } from './support/weir-process.js';

const MEBIBYTE = 2 ** 20;

/** Resolves when the other end has closed a connection. */
const closed = (socket: Socket): Promise<unknown> => {
  // Nothing is sent back, but an end is only seen by who reads.
  socket.resume();
  return socket.closed ? Promise.resolve() : once(socket, 'close');
};

const takenBy = async (weir: WeirProcess): Promise<number> => (await weir.metrics()).sum('weir_records_taken_total');

describe('over TCP', () => {
  let weir: WeirProcess;
  beforeAll(async () => {
    weir = await startWeir({ lives: 'file' });
  });

  /** Connects somebody who does nothing wrong, and has `act` done meanwhile: that one is not to notice. */
  async function beside(act: () => Promise<void>): Promise<void> {
    const exporter = new GoodExporter();
    const socket = await connectTo(weir.ipfixPort);
    const before = await takenBy(weir);
    socket.write(exporter.template());
    socket.write(exporter.flow());
    await act();
    expect(socket.readyState).toBe('open');
    socket.write(exporter.flow());
    await eventually('both flows are taken', async () => (await takenBy(weir)) >= before + 2);
    await balancedAtRest(weir);
  }

  for (const [index, { what, bytes, reason, offset }] of BAD_MESSAGES.entries()) {
    it(`closes the connection that sent a message ${what}, says so once and counts it`, async () => {
      const before = (await weir.metrics()).value('weir_messages_malformed_total', { transport: 'tcp', reason });
      await beside(async () => {
        const address = `127.0.1.${index + 1}`;
        const bad = await connectTo(weir.ipfixPort, address);
        const { localPort } = bad;
        bad.write(bytes);
        await closed(bad);
        const lines = await eventually('the log says so', () => {
          const own = weir.logged(/malformed/).filter(({ exporter }) => String(exporter).startsWith(`${address}:`));
          return own.length > 0 && own;
        });
        expect(lines).toHaveLength(1);
        expect(lines[0]).toMatchObject({
          exporter: `${address}:${localPort}`,
          code: `WEIR_IPFIX_${reason.toUpperCase()}`,
          offset,
          reason: expect.any(String),
        });
      });
      const after = (await weir.metrics()).value('weir_messages_malformed_total', { transport: 'tcp', reason });
      expect(after - before).toBe(1);
    });
  }

  it('gets over a hundred connections that send garbage, with a line or two for all of them', async () => {
    const before = await weir.metrics();
    const lines = weir.logs.length;
    await beside(async () => {
      const sockets = await Promise.all(Array.from({ length: 100 }, () => connectTo(weir.ipfixPort, '127.0.2.1')));
      for (const [seed, socket] of sockets.entries()) socket.write(garbage(2000, seed));
      await Promise.all(sockets.map(closed));
    });
    const after = await weir.metrics();
    const malformed = 'weir_messages_malformed_total';
    expect(after.sum(malformed) - before.sum(malformed)).toBe(100);
    expect(weir.logs.length - lines).toBeLessThan(5);
  });

  for (const address of ['127.0.3.1', '127.0.3.2']) {
    it(`skips data of an unknown template, names it once, and reads what comes with a template: ${address}`, async () => {
      const before = (await weir.metrics()).sum('weir_sets_skipped_total', { reason: 'unknown_template' });
      const taken = await takenBy(weir);
      const exporter = new GoodExporter();
      await beside(async () => {
        const socket = await connectTo(weir.ipfixPort, address);
        for (let i = 0; i < 10; i++) socket.write(exporter.flow());
        socket.write(exporter.template());
        socket.write(exporter.flow());
        // The other exporter's first, and the last of this one.
        await eventually('the last flow is taken', async () => (await takenBy(weir)) === taken + 2);
        expect(socket.readyState).toBe('open');
      });
      const after = (await weir.metrics()).sum('weir_sets_skipped_total', { reason: 'unknown_template' });
      expect(after - before).toBe(10);
      const lines = weir.logs.filter(({ exporter: who }) => String(who).startsWith(`${address}:`));
      expect(lines).toHaveLength(1);
      expect(lines[0]!.message).toContain('300');
    });
  }

  it('serves beside 200 connections that say nothing, 200 that promise much, and one that sends octet by octet', async () => {
    const before = (await weir.metrics()).value('process_resident_memory_bytes');
    const silent = await Promise.all(Array.from({ length: 200 }, () => connectTo(weir.ipfixPort)));
    const promising = await Promise.all(Array.from({ length: 200 }, () => connectTo(weir.ipfixPort)));
    for (const socket of promising) socket.write(Uint8Array.of(0, 10, 255, 255));
    const slow = await connectTo(weir.ipfixPort);
    slow.setNoDelay();
    const exporter = new GoodExporter();
    slow.write(exporter.template());
    const octets = exporter.flow();
    for (const [index, octet] of octets.subarray(0, -1).entries()) {
      slow.write(Uint8Array.of(octet));
      if (index % 50 === 0) await beside(async () => {});
    }
    const taken = await takenBy(weir);
    slow.write(octets.subarray(-1));
    await eventually('the slow flow is taken', async () => (await takenBy(weir)) === taken + 1);
    const metrics = await weir.metrics();
    expect(metrics.value('weir_sessions', { transport: 'tcp' })).toBeGreaterThanOrEqual(401);
    expect(metrics.value('process_resident_memory_bytes') - before).toBeLessThan(64 * MEBIBYTE);
    for (const socket of [...silent, ...promising]) expect(socket.readyState).toBe('open');
  });

  it('ends in order after all that', async () => {
    expect(weir.logged(/fault|mistake/)).toEqual([]);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('over UDP', () => {
  let weir: WeirProcess;
  beforeAll(async () => {
    weir = await startWeir({ transport: 'UDP', lives: 'file' });
  });

  it('drops malformed datagrams, counts each under its reason, and reads on', async () => {
    const send = await datagramsTo(weir.ipfixPort);
    const exporter = new GoodExporter();
    await send(exporter.template());
    for (const { bytes } of BAD_MESSAGES) {
      await send(bytes);
      await send(exporter.flow());
    }
    await eventually('all flows are taken', async () => (await takenBy(weir)) === exporter.sent);
    const metrics = await balancedAtRest(weir);
    for (const reason of new Set(BAD_MESSAGES.map((bad) => bad.reason))) {
      const times = BAD_MESSAGES.filter((bad) => bad.reason === reason).length;
      expect([reason, metrics.value('weir_messages_malformed_total', { transport: 'udp', reason })]).toEqual([
        reason,
        times,
      ]);
    }
  });

  it('gets over garbage, messages cut short and datagrams without anything', async () => {
    const [bad, good] = [await datagramsTo(weir.ipfixPort), await datagramsTo(weir.ipfixPort)];
    const before = await weir.metrics();
    const exporter = new GoodExporter();
    const whole = exporter.template();
    const datagrams = [
      ...Array.from({ length: 500 }, (_, seed) => garbage(seed, seed)),
      ...Array.from({ length: 100 }, (_, i) => whole.subarray(0, whole.length - 1 - i)),
    ];
    for (const datagram of datagrams) await bad(datagram);
    await good(whole);
    await good(exporter.flow());
    const taken = 'weir_records_taken_total';
    await eventually('the good flow is taken', async () => (await takenBy(weir)) === before.sum(taken) + 1);
    const after = await balancedAtRest(weir);
    const malformed = 'weir_messages_malformed_total';
    expect(after.sum(malformed) - before.sum(malformed)).toBe(datagrams.length);
    expect(weir.logged(/malformed/).length).toBeLessThan(10);
    expect(weir.logged(/fault|mistake/)).toEqual([]);
  });
});

describe('a flood of flows with ever new names', () => {
  it('is held within the limits, and every record is accounted for', async () => {
    const weir = await startWeir({ settings: { limits: { maxFlows: 1000, maxStrings: '1Mi' } } });
    const socket = await connectTo(weir.ipfixPort);
    const exporter = new GoodExporter();
    socket.write(exporter.template());
    const flood = async (count: number): Promise<number> => {
      const end = exporter.sent + count;
      while (exporter.sent < end) {
        const burst = Array.from({ length: 500 }, () => exporter.flow());
        if (!socket.write(Buffer.concat(burst))) await once(socket, 'drain');
      }
      await eventually('all is received', async () => {
        return (await weir.metrics()).sum('weir_records_received_total') === exporter.sent;
      });
      return (await weir.metrics()).value('process_resident_memory_bytes');
    };
    const warm = await flood(10_000);
    const after = await flood(40_000);
    expect(after - warm).toBeLessThan(64 * MEBIBYTE);
    const metrics = await balancedAtRest(weir);
    expect(metrics.sum('weir_flows')).toBeLessThanOrEqual(1000);
    expect(metrics.sum('weir_flows_ended_total', { reason: 'evicted' })).toBeGreaterThan(0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
