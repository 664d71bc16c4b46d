import { beforeEach, describe, expect, it } from '@jest/globals';
import { AwaitMetadata } from '../../src/application/await-metadata.js';
import { HoldExporters } from '../../src/application/hold-exporters.js';
import { NoKubernetes } from '../../src/application/no-kubernetes.js';
import type { KubernetesMetadata } from '../../src/application/ports/kubernetes-metadata.js';
import { FakeClock } from '../support/fake-clock.js';
import { HeldSource } from '../support/held-source.js';
import { RecordingLogger } from '../support/recording-logger.js';

describe('AwaitMetadata', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let source: HeldSource;
  let sync: () => void;
  let started: number;

  const waiting = (metadata?: KubernetesMetadata): AwaitMetadata => {
    const slow = new (class extends NoKubernetes {
      override start(): void {
        started++;
      }
      override synced(): Promise<void> {
        return new Promise((resolve) => {
          sync = resolve;
        });
      }
    })();
    return new AwaitMetadata(metadata ?? slow, new HoldExporters([source]), clock, logger);
  };

  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    source = new HeldSource();
    started = 0;
  });

  it('holds exporters back until the objects of the cluster are known', async () => {
    const running = waiting().run();
    expect([source.calls, started]).toEqual([['pause'], 1]);
    await clock.advance(29_999);
    expect(source.calls).toEqual(['pause']);
    sync();
    await running;
    expect([source.calls, clock.timers, logger.lines]).toEqual([['pause', 'resume'], 0, []]);
  });

  it('waits for 30 s at most, and says so', async () => {
    const running = waiting().run();
    await clock.advance(30_000);
    await running;
    expect(source.calls).toEqual(['pause', 'resume']);
    expect(logger.of('warn')).toHaveLength(1);
  });

  it('ends when the service does', async () => {
    const wait = waiting();
    const running = wait.run();
    wait.cancel();
    await running;
    expect([source.calls, clock.timers, logger.lines]).toEqual([['pause', 'resume'], 0, []]);
  });

  it('waits for nothing outside of a cluster', async () => {
    await waiting(new NoKubernetes()).run();
    expect([source.calls, logger.lines]).toEqual([['pause', 'resume'], []]);
  });
});
