import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FlowSink } from '../../src/application/ports/flow-sink.js';
import type { FlowSource } from '../../src/application/ports/flow-source.js';
import { Serve, type ServeParts } from '../../src/application/serve.js';
import type { Summarize } from '../../src/application/summarize.js';
import { FakeClock } from '../support/fake-clock.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { RecordingMetrics } from '../support/recording-metrics.js';

const NO_TOTALS = {} as ReturnType<Summarize['totals']>;

describe('Serve', () => {
  let events: string[];
  let clock: FakeClock;
  let logger: RecordingLogger;
  let metrics: RecordingMetrics;
  let signal: AbortSignal | undefined;

  const source = (name: string, start: () => Promise<void> = () => Promise.resolve()): FlowSource => ({
    name,
    canPause: name !== 'udp',
    address: `${name}:4739`,
    start: () => {
      events.push(`${name} starts`);
      return start();
    },
    pause: () => {},
    resume: () => {},
    stop: () => {
      events.push(`${name} stops`);
      return Promise.resolve();
    },
  });

  const sink: FlowSink = {
    name: 'sink',
    batching: { maxRows: 1, maxBytes: 1, maxWaitMs: 1 },
    deliver: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };

  const serve = (parts: Partial<ServeParts> = {}): Serve =>
    new Serve({
      sources: [source('tcp')],
      sinks: [sink],
      receiver: { receive: () => {} },
      path: {
        keepsRecords: true,
        start: () => events.push('expiry starts'),
        drain: (given) => {
          events.push('the table is emptied');
          signal = given;
          return Promise.resolve();
        },
      },
      exportFlows: {
        add: ({ name }) => events.push(`${name} is added`),
        drain: (deadline) => {
          events.push(`sinks are flushed within ${deadline}`);
          return Promise.resolve();
        },
      },
      kubernetes: { close: () => Promise.resolve() },
      awaitMetadata: { run: () => Promise.resolve(), cancel: () => {} },
      guardMemory: { start: () => events.push('guard starts'), stop: () => events.push('guard stops') },
      summarize: {
        start: () => events.push('summary starts'),
        stop: () => events.push('summary stops'),
        totals: () => NO_TOTALS,
      },
      metrics,
      clock,
      logger,
      ...parts,
    });

  beforeEach(() => {
    events = [];
    clock = new FakeClock();
    logger = new RecordingLogger();
    metrics = new RecordingMetrics();
    signal = undefined;
  });

  it('starts the sources last', async () => {
    await serve({ sources: [source('tcp'), source('udp')] }).start();
    expect(events).toEqual([
      'sink is added',
      'guard starts',
      'tcp starts',
      'expiry starts',
      'udp starts',
      'summary starts',
    ]);
    expect(logger.of('info').map(({ fields }) => fields)).toEqual([
      { transport: 'tcp', address: 'tcp:4739' },
      { transport: 'udp', address: 'udp:4739' },
    ]);
  });

  describe('in a cluster', () => {
    let known: () => void;
    const awaitMetadata = {
      run: () =>
        new Promise<void>((resolve) => {
          known = resolve;
        }),
      cancel: () => {
        known();
      },
    };
    const path = (keepsRecords: boolean): ServeParts['path'] => ({
      keepsRecords,
      start: () => events.push('records go on'),
      drain: () => Promise.resolve(),
    });
    const sources = (): FlowSource[] => [source('udp'), source('tcp')];

    it('lets records wait in the table until its objects are known', async () => {
      await serve({ sources: sources(), awaitMetadata, path: path(true) }).start();
      expect(events).toEqual(['sink is added', 'guard starts', 'udp starts', 'tcp starts', 'summary starts']);
      known();
      await Promise.resolve();
      expect(events.at(-1)).toBe('records go on');
    });

    it('without a table, begins to listen over UDP only then, and is not ready before', async () => {
      const service = serve({ sources: sources(), awaitMetadata, path: path(false) });
      const started = service.start();
      await clock.advance(1);
      expect(events).toEqual(['sink is added', 'guard starts', 'tcp starts']);
      expect(service.notReady).toBeDefined();
      known();
      await started;
      expect(events.slice(3)).toEqual(['records go on', 'udp starts', 'summary starts']);
      expect(service.notReady).toBeUndefined();
    });

    it('ends while it waits', async () => {
      const service = serve({ sources: sources(), awaitMetadata, path: path(false) });
      const started = service.start();
      await clock.advance(1);
      await service.drain();
      await started;
      expect(events).not.toContain('udp starts');
      expect(events).not.toContain('records go on');
      expect(service.notReady).toBe('the service is ending');
    });
  });

  it('listens no longer if it is asked to end while it begins to', async () => {
    let listens = (): void => {};
    const slow = source('tcp', () => new Promise((resolve) => (listens = resolve)));
    const service = serve({ sources: [slow, source('grpc')] });
    const started = service.start();
    await service.drain();
    listens();
    await started;
    expect(events.at(-1)).toBe('tcp stops');
    expect(events).not.toContain('grpc starts');
    expect(events).not.toContain('summary starts');
  });

  it('says once that there is no sink', async () => {
    await serve({ sinks: [] }).start();
    expect(logger.matching(/no sink is enabled/)).toHaveLength(1);
  });

  it('is ready while its sources listen', async () => {
    let listens = (): void => {};
    const slow = source('tcp', () => new Promise((resolve) => (listens = resolve)));
    const service = serve({ sources: [slow] });
    expect(service.notReady).toBe('the collectors do not listen yet');
    const started = service.start();
    expect(service.notReady).toBe('the collectors do not listen yet');
    listens();
    await started;
    expect(service.notReady).toBeUndefined();
    const drained = service.drain();
    expect(service.notReady).toBe('the service is ending');
    await drained;
    expect(service.notReady).toBe('the service is ending');
  });

  it('stops what it had started if a source can not listen', async () => {
    const failing = source('udp', () => Promise.reject(new Error('EADDRINUSE')));
    await expect(serve({ sources: [source('tcp'), failing] }).start()).rejects.toThrow('EADDRINUSE');
    expect(events).toEqual(expect.arrayContaining(['guard stops', 'tcp stops', 'summary stops']));
    expect(events).not.toContain('summary starts');
  });

  it('drains from the sources to the sinks', async () => {
    const service = serve();
    await service.start();
    events = [];
    expect(await service.drain()).toEqual({ undelivered: 0 });
    expect(events).toEqual([
      'guard stops',
      'tcp stops',
      'the table is emptied',
      'sinks are flushed within 9500',
      'summary stops',
    ]);
    expect(clock.timers).toBe(0);
  });

  it('lets flows wait for room for 7.5 s, and leaves the sinks the rest of the time', async () => {
    const service = serve({
      path: {
        keepsRecords: true,
        start: () => {},
        drain: (given) => {
          signal = given;
          return new Promise((resolve) => given.addEventListener('abort', () => resolve()));
        },
      },
    });
    await service.start();
    const drained = service.drain();
    await clock.advance(7499);
    expect(signal!.aborted).toBe(false);
    await clock.advance(1);
    expect(signal!.aborted).toBe(true);
    await drained;
    expect(events).toContain('sinks are flushed within 2000');
  });

  it('tells how much no sink had taken in time', async () => {
    const drops = (reason: string, flows: number): void => {
      for (const sink of ['a', 'b'])
        metrics.counter('weir_sink_records_dropped_total', '', { sink, reason }).add(flows);
    };
    const service = serve({
      path: {
        keepsRecords: true,
        start: () => {},
        drain: () => {
          drops('full', 100);
          drops('shutdown', 3);
          return Promise.resolve();
        },
      },
    });
    await service.start();
    drops('full', 1_000_000);
    expect(await service.drain()).toEqual({ undelivered: 206 });
  });
});
