import { afterEach, describe, expect, it } from '@jest/globals';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LedgerMemory } from '../../../src/adapters/simulator/ledger-memory.js';
import type { LedgerEntry, LedgerHalf } from '../../../src/adapters/simulator/ledger.js';
import type { SimulationOptions } from '../../../src/adapters/simulator/options.js';
import { Simulation } from '../../../src/adapters/simulator/simulation.js';
import { settle } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { recount, type Recount } from './recount.js';
import { Collector, SocketClock } from './support.js';
import { decodeMessages, messagesOf, type DecodedRecord } from './tiny-decoder.js';

const SMALL = { nodes: 4, podsPerNode: 6, flows: 60, rate: 0, deniedShare: 0.2 };

interface Running {
  readonly simulation: Simulation;
  readonly clock: SocketClock;
  readonly ledger: LedgerMemory;
  readonly logger: RecordingLogger;
}

function simulate(options: Partial<SimulationOptions>): Running {
  const clock = new SocketClock();
  const ledger = new LedgerMemory();
  const logger = new RecordingLogger();
  const simulation = new Simulation({ ...SMALL, ...options }, { clock, ledger, logger });
  running.push(simulation);
  return { simulation, clock, ledger, logger };
}

const running: Simulation[] = [];
const collectors: Collector[] = [];

async function collect(onConnection?: Parameters<typeof Collector.listen>[0]): Promise<Collector> {
  const collector = await Collector.listen(onConnection);
  collectors.push(collector);
  return collector;
}

/** Turns of the event loop until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

/** Lets time go by in small steps, with turns of the event loop between them. */
async function goBy(clock: SocketClock, milliseconds: number): Promise<void> {
  for (let step = 0; step < milliseconds; step += 10) {
    await clock.advance(10);
    for (let turn = 0; turn < 4; turn++) await settle();
  }
}

const recordsOf = (stream: Buffer): DecodedRecord[] => decodeMessages(messagesOf(stream));

/** What the ledger says of a half, in the terms of a recount. */
function asRecount(entry: LedgerEntry, half: LedgerHalf): Recount {
  return {
    observationDomain: half.observationDomain,
    key: half.key,
    records: half.records,
    messageBytes: half.messageBytes,
    totals: half.totals,
    deltas: half.totals,
    flowStartSeconds: half.flowStartSeconds,
    flowEndSeconds: half.flowEndSeconds,
    flowEndReason: entry.flowEndReason,
    tcpState: half.tcpState,
  };
}

const sorted = (recounts: readonly Recount[]): string[] => recounts.map((one) => JSON.stringify(one)).sort();

afterEach(async () => {
  for (const collector of collectors.splice(0)) await collector.close();
  for (const simulation of running.splice(0)) await simulation.stop();
});

describe('a simulation in which each flow reports three times', () => {
  it('ends by itself, and its ledger is what a collector counts', async () => {
    const collector = await collect();
    const { simulation, ledger } = simulate({ target: collector.target, reportsPerFlow: 3 });
    simulation.start();
    const statistics = await simulation.finished;
    expect(statistics).toMatchObject({ flowsBegun: 60, flowsEnded: 60, flowsAlive: 0, rounds: 3, recordsLost: 0 });
    expect(statistics.recordsConfirmed).toBe(statistics.recordsSent);
    expect(collector.streams).toHaveLength(4);

    const counted = recount(collector.streams.map(recordsOf));
    const expected = ledger.entries.flatMap((entry) => entry.halves.map((half) => asRecount(entry, half)));
    expect(sorted(counted)).toEqual(sorted(expected));
    for (const { halves } of ledger.entries) {
      for (const { records, confirmed, totals } of halves) {
        expect(records).toBe(3);
        expect(confirmed).toEqual({ records: 3, totals, deltas: totals });
      }
    }
  });

  it('sends its templates first and numbers its records, on each connection', async () => {
    const collector = await collect();
    const { simulation } = simulate({ target: collector.target, reportsPerFlow: 3 });
    simulation.start();
    await simulation.finished;
    const domains = collector.streams.map((stream) => {
      const records = recordsOf(stream);
      expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, index) => index));
      expect(new Set(records.map(({ observationDomain }) => observationDomain)).size).toBe(1);
      return records[0]!.observationDomain;
    });
    expect(domains.sort()).toEqual([1, 2, 3, 4]);
  });

  it('sends the same bytes for the same seed', async () => {
    const streams = async (seed: number): Promise<string[]> => {
      const collector = await collect();
      const { simulation } = simulate({ target: collector.target, reportsPerFlow: 2, seed });
      simulation.start();
      await simulation.finished;
      return collector.streams.map((stream) => stream.toString('hex')).sort();
    };
    const first = await streams(9);
    expect(await streams(9)).toEqual(first);
    expect(await streams(10)).not.toEqual(first);
  });

  it('writes the ledger as JSON lines', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'weir-ledger-'));
    const path = join(directory, 'ledger.jsonl');
    const collector = await collect();
    const context = { clock: new SocketClock(), logger: new RecordingLogger() };
    const simulation = new Simulation({ ...SMALL, target: collector.target, reportsPerFlow: 1, ledger: path }, context);
    running.push(simulation);
    simulation.start();
    await simulation.finished;
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    await rm(directory, { recursive: true });
    expect(lines).toHaveLength(60);
    const numbers = lines.map((line) => (JSON.parse(line) as LedgerEntry).number);
    expect(new Set(numbers).size).toBe(60);
  });

  it('rejects when the ledger can not be written', async () => {
    const collector = await collect();
    const context = { clock: new SocketClock(), logger: new RecordingLogger() };
    const ledger = join(tmpdir(), 'weir-no-such-directory', 'ledger.jsonl');
    const simulation = new Simulation({ ...SMALL, target: collector.target, ledger }, context);
    simulation.start();
    await expect(simulation.finished).rejects.toThrow('ENOENT');
  });
});

describe('a simulation that goes on', () => {
  it('replaces flows and Pods, and its ledger is what a collector counts', async () => {
    const collector = await collect();
    const { simulation, ledger } = simulate({ target: collector.target, flowLifetimeReports: 3, podReplacement: 0.1 });
    simulation.start();
    await until(() => simulation.statistics.rounds >= 10);
    const statistics = await simulation.stop();
    expect(statistics.podsReplaced).toBeGreaterThan(10);
    expect(statistics.flowsBegun).toBe(statistics.flowsEnded + statistics.flowsAlive);
    expect(statistics.flowsAlive).toBe(60);
    const counted = recount(collector.streams.map(recordsOf));
    const expected = ledger.entries.flatMap((entry) => entry.halves.map((half) => asRecount(entry, half)));
    expect(sorted(counted)).toEqual(sorted(expected));
    expect(new Set(ledger.entries.map(({ number }) => number)).size).toBe(ledger.entries.length);
  });

  it('keeps to its rate', async () => {
    const collector = await collect();
    const { simulation, clock } = simulate({ target: collector.target, rate: 1000 });
    simulation.start();
    await until(() => simulation.statistics.connectionsOpen === 4);
    await goBy(clock, 1000);
    expect(simulation.statistics.recordsSent).toBeGreaterThan(900);
    expect(simulation.statistics.recordsSent).toBeLessThanOrEqual(1001);
  });

  it('reports each flow once in the active timeout if no rate is given', async () => {
    const collector = await collect();
    const { simulation, clock } = simulate({ target: collector.target, rate: undefined, reportIntervalMs: 2000 });
    simulation.start();
    await until(() => simulation.statistics.connectionsOpen === 4);
    await goBy(clock, 2000);
    expect(simulation.statistics.rounds).toBeLessThanOrEqual(1);
    await goBy(clock, 2000);
    expect(simulation.statistics.rounds).toBeGreaterThanOrEqual(1);
  });

  it('ends after its duration', async () => {
    const collector = await collect();
    const { simulation, clock } = simulate({ target: collector.target, rate: 1000, durationMs: 500 });
    simulation.start();
    await until(() => simulation.statistics.connectionsOpen === 4);
    await goBy(clock, 500);
    expect((await simulation.finished).recordsSent).toBeLessThanOrEqual(501);
    expect(clock.timers).toBe(0);
  });

  it('holds no more than its batches for a collector that does not read', async () => {
    const collector = await collect((socket) => socket.pause());
    const { simulation } = simulate({ target: collector.target });
    simulation.start();
    let sent = -1;
    // Standing still: nothing was sent for many turns although the rate has no limit.
    for (let still = 0; still < 1000; still++) {
      await settle();
      if (simulation.statistics.recordsSent !== sent) still = 0;
      sent = simulation.statistics.recordsSent;
    }
    const { recordsSent, recordsConfirmed, bytesSent } = simulation.statistics;
    const waiting = (recordsSent - recordsConfirmed) * (bytesSent / recordsSent);
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(4 * 3 * 64 * 1024 * 1.1);
    for (const socket of collector.sockets) socket.resume();
    await until(() => simulation.statistics.recordsSent > sent);
  });
});

describe('a connection that breaks', () => {
  it('is opened again after a while; what was not confirmed is counted and in the ledger', async () => {
    const collector = await collect((socket, number) => {
      if (number <= 4) socket.pause();
    });
    const { simulation, clock, ledger, logger } = simulate({
      target: collector.target,
      reportsPerFlow: 4000,
      flows: 20,
    });
    simulation.start();
    await until(() => simulation.statistics.recordsConfirmed > 0 && collector.sockets.length === 4);
    for (let turn = 0; turn < 50; turn++) await settle();
    for (const socket of collector.sockets) socket.resetAndDestroy();
    await until(() => simulation.statistics.connectionsOpen === 0);
    expect(logger.of('repeated')[0]!.message).toContain("an agent can't send");
    await clock.advance(100);
    const statistics = await simulation.finished;
    expect(statistics).toMatchObject({ reconnects: 4, errors: 4 });
    expect(statistics.recordsLost).toBeGreaterThan(0);
    expect(statistics.recordsConfirmed + statistics.recordsLost).toBe(statistics.recordsSent);

    const halves = ledger.entries.flatMap((entry) => entry.halves);
    expect(halves.reduce((sum, { records }) => sum + records, 0)).toBe(statistics.recordsSent);
    expect(halves.reduce((sum, { confirmed }) => sum + confirmed.records, 0)).toBe(statistics.recordsConfirmed);
    // All flows go on after the loss: the last record of each arrives, the deltas of the lost ones do not.
    expect(halves.every(({ confirmed, totals }) => confirmed.totals.octetTotalCount === totals.octetTotalCount)).toBe(
      true,
    );
    expect(halves.some(({ confirmed, totals }) => confirmed.deltas.octetTotalCount < totals.octetTotalCount)).toBe(
      true,
    );
    for (const stream of collector.streams.slice(4)) expect(recordsOf(stream)[0]!.sequence).toBe(0);
  });

  it('is tried with growing pauses when nobody listens', async () => {
    const collector = await Collector.listen();
    const { target } = collector;
    await collector.close();
    const { simulation, clock } = simulate({ target, nodes: 1 });
    simulation.start();
    for (const [pause, errors] of [
      [0, 1],
      [100, 2],
      [200, 3],
      [400, 4],
    ] as const) {
      await clock.advance(pause);
      await until(() => simulation.statistics.errors === errors && clock.timers === 1);
    }
    expect((await simulation.stop()).recordsSent).toBe(0);
    expect(clock.timers).toBe(0);
  });
});

describe('starting and stopping', () => {
  it('does each once', async () => {
    const collector = await collect();
    const { simulation } = simulate({ target: collector.target, rate: 10 });
    simulation.start();
    simulation.start();
    await until(() => collector.sockets.length === 4);
    const [first, second] = await Promise.all([simulation.stop(), simulation.stop()]);
    expect(second).toEqual(first);
    simulation.start();
    await settle();
    expect(collector.sockets).toHaveLength(4);
  });

  it('can be stopped without a start', async () => {
    const { simulation } = simulate({});
    expect((await simulation.stop()).recordsSent).toBe(0);
    simulation.start();
    expect(simulation.cluster).toBeNull();
  });
});

describe('over UDP', () => {
  it('sends each record as a datagram, and the templates first and again', async () => {
    const receiver = createSocket('udp4');
    const sessions = new Map<number, Buffer[]>();
    receiver.on('message', (message, { port }) => sessions.set(port, [...(sessions.get(port) ?? []), message]));
    receiver.bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    const target = { host: '127.0.0.1', port: receiver.address().port };
    const { simulation, clock, ledger } = simulate({
      target,
      transport: 'udp',
      reportsPerFlow: 4,
      rate: 100,
      templateRefreshMs: 1000,
    });
    simulation.start();
    await until(() => simulation.statistics.connectionsOpen === 4);
    while (simulation.statistics.connectionsOpen > 0) await clock.advance(10);
    await simulation.finished;
    const { recordsSent, recordsConfirmed } = simulation.statistics;
    expect(recordsConfirmed).toBe(recordsSent);
    const received = (): number =>
      [...sessions.values()].reduce((sum, messages) => sum + decodeMessages(messages).length, 0);
    await until(() => received() === recordsSent);
    receiver.close();

    expect(sessions.size).toBe(4);
    const counted = recount([...sessions.values()].map((messages) => decodeMessages(messages)));
    expect(sorted(counted)).toEqual(
      sorted(ledger.entries.flatMap((entry) => entry.halves.map((half) => asRecount(entry, half)))),
    );
    for (const messages of sessions.values()) {
      const templates = messages.filter((message) => message.readUInt16BE(16) === 2);
      expect(templates.length).toBeGreaterThanOrEqual(4);
    }
  });
});
