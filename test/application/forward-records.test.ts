import { beforeEach, describe, expect, it } from '@jest/globals';
import { Enrich } from '../../src/application/enrich.js';
import { ForwardRecords } from '../../src/application/forward-records.js';
import { HoldExporters } from '../../src/application/hold-exporters.js';
import { NoKubernetes } from '../../src/application/no-kubernetes.js';
import type { KubernetesMetadata } from '../../src/application/ports/kubernetes-metadata.js';
import { aRecord } from '../support/a-record.js';
import { FakeClock } from '../support/fake-clock.js';
import { HeldSource } from '../support/held-source.js';
import { aPodObject, kubernetesObjects } from '../support/kubernetes-objects.js';
import { RecordingExporter } from '../support/recording-exporter.js';
import { RecordingMetrics } from '../support/recording-metrics.js';

const FULL = 4096;

describe('ForwardRecords', () => {
  let clock: FakeClock;
  let exporter: RecordingExporter;
  let source: HeldSource;
  let metrics: RecordingMetrics;

  const forwarding = (metadata: KubernetesMetadata = new NoKubernetes()): ForwardRecords => {
    const enrich = new Enrich(metadata, { podLabels: false, uids: false }, metrics);
    return new ForwardRecords(enrich, exporter, new HoldExporters([source]), clock, metrics);
  };

  const receive = (path: ForwardRecords, records: number): void => {
    const record = aRecord({ flowType: 3, sourcePodName: 'a' });
    for (let i = 0; i < records; i++) path.receive(record);
  };

  beforeEach(() => {
    clock = new FakeClock();
    exporter = new RecordingExporter();
    source = new HeldSource();
    metrics = new RecordingMetrics();
  });

  it('passes each record on, within a fifth of a second, and counts it as taken', async () => {
    const path = forwarding();
    path.start();
    receive(path, 3);
    expect(exporter.batches).toEqual([]);
    await clock.advance(200);
    expect(exporter.batches.map(({ length }) => length)).toEqual([3]);
    expect(metrics.sum('weir_records_taken_total')).toBe(3);
    await clock.advance(1000);
    expect(exporter.batches).toHaveLength(1);
  });

  it('hands a full batch on at once', () => {
    receive(forwarding(), FULL + 1);
    expect(exporter.batches.map(({ length }) => length)).toEqual([FULL]);
  });

  it('says which way a record went where nothing is known of a cluster, and looks up nothing', async () => {
    const path = forwarding();
    receive(path, 1);
    await path.drain(new AbortController().signal);
    expect(exporter.batches[0]!.at(0)).toMatchObject({ flowDirection: 1, flowType: 3 });
    expect(metrics.sum('weir_enrichment_misses_total')).toBe(0);
  });

  it('completes records from when the cluster is known', async () => {
    const metadata = new (class extends NoKubernetes {
      override readonly objects = kubernetesObjects({ pods: [aPodObject({ name: 'found', ips: ['10.0.0.1'] })] });
      override isSynced = false;
    })();
    const path = forwarding(metadata);
    path.receive(aRecord({ flowType: 2 }));
    metadata.isSynced = true;
    path.receive(aRecord({ flowType: 2 }));
    await path.drain(new AbortController().signal);
    expect([...exporter.batches[0]!].map(({ sourcePodName }) => sourcePodName)).toEqual(['', 'found']);
    expect(metrics.sum('weir_enrichment_misses_total', { kind: 'pod' })).toBe(1);
  });

  it('holds exporters back while no sink has room, and loses nothing of what waits', async () => {
    const path = forwarding();
    path.start();
    exporter.room = 1;
    receive(path, FULL + 10);
    expect(source.calls).toEqual(['pause']);
    await clock.advance(5000);
    expect(exporter.flows).toBe(FULL);
    exporter.makeRoom(5);
    expect(source.calls).toEqual(['pause', 'resume']);
    await clock.advance(200);
    expect(exporter.flows).toBe(FULL + 10);
  });

  it('queues what comes all the same, from exporters that can not be held back', () => {
    const path = forwarding();
    exporter.room = 0;
    receive(path, 3 * FULL);
    expect(exporter.flows).toBe(3 * FULL);
    expect(source.calls).toEqual(['pause']);
  });

  it('waits for room at the end, until it is told not to', async () => {
    const path = forwarding();
    path.start();
    receive(path, 2);
    exporter.room = 0;
    const abort = new AbortController();
    const drained = path.drain(abort.signal);
    expect([exporter.flows, exporter.waiting, clock.timers]).toEqual([0, 1, 0]);
    abort.abort();
    await drained;
    expect(exporter.flows).toBe(2);
  });
});
