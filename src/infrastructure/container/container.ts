import { Container, type ResolutionContext, type ServiceIdentifier } from 'inversify';
import { EventLoopDelay } from '../../adapters/metrics/event-loop-delay.js';
import { MetricsServer } from '../../adapters/metrics/metrics-server.js';
import { showProcessMetrics } from '../../adapters/metrics/process-metrics.js';
import { PrometheusMetrics } from '../../adapters/metrics/prometheus-metrics.js';
import { AggregateFlows } from '../../application/aggregate-flows.js';
import { AwaitMetadata } from '../../application/await-metadata.js';
import { BatchFlows } from '../../application/batch-flows.js';
import { Enrich } from '../../application/enrich.js';
import { EnrichFlows } from '../../application/enrich-flows.js';
import { ExpireFlows } from '../../application/expire-flows.js';
import { ExportFlows, type ExportFlowsOptions } from '../../application/export-flows.js';
import { ForwardRecords } from '../../application/forward-records.js';
import { GuardMemory } from '../../application/guard-memory.js';
import { HoldExporters } from '../../application/hold-exporters.js';
import type { CertificateStore } from '../../application/ports/certificate-store.js';
import type { Clock } from '../../application/ports/clock.js';
import type { FlowPath } from '../../application/ports/flow-path.js';
import type { FlowSink } from '../../application/ports/flow-sink.js';
import type { FlowSource } from '../../application/ports/flow-source.js';
import type { KubernetesMetadata } from '../../application/ports/kubernetes-metadata.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Metrics } from '../../application/ports/metrics.js';
import type { MetricsReader } from '../../application/ports/metrics-reader.js';
import type { RecordReceiver } from '../../application/ports/record-receiver.js';
import type { RecordContents } from '../../application/record-contents.js';
import { Serve } from '../../application/serve.js';
import { Summarize } from '../../application/summarize.js';
import { APPLICATION } from '../../application/symbols.js';
import type { ClusterIdentity } from '../../domain/cluster/cluster-identity.js';
import { ExpiryPolicy } from '../../domain/expiry/expiry-policy.js';
import { FlowTable, type FlowOutlet } from '../../domain/table/flow-table.js';
import { SystemClock } from '../clock.js';
import { parseListenAddress } from '../configuration/values/network-address.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { memoryLimit } from '../memory-limit.js';
import type { LiveSinksParts } from '../reload/live-sinks.js';
import { INFRASTRUCTURE } from '../symbols.js';
import { VERSION } from '../version.js';
import { certificateStore } from './certificates.js';
import { identityOf } from './identity.js';
import { kubernetesMetadata } from './kubernetes.js';
import { randomKey } from './random-key.js';
import { recordContentsOf } from './record-contents.js';
import { sinkOf, sinksOf, type SinkContext, type SinkParts } from './sinks.js';
import { sourcesOf } from './sources.js';

/**
 * Everything a service is made of, made from a checked configuration. The only place that names concrete classes; nothing is made, and
 * no file or socket opened, before it is asked for. Tests and the demo rebind any part before that.
 *
 * @param clusterUuid the cluster's own UUID, where it has one
 */
export function createContainer(configuration: WeirConfiguration, logger: Logger, clusterUuid?: string): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  const make = <T>(symbol: ServiceIdentifier<T>, factory: (context: ResolutionContext) => T): void => {
    container.bind<T>(symbol).toDynamicValue(factory).inSingletonScope();
  };

  container.bind(INFRASTRUCTURE.Configuration).toConstantValue(configuration);
  container.bind(APPLICATION.Logger).toConstantValue(logger);
  container.bind(APPLICATION.Random).toConstantValue(Math.random);
  make<Clock>(APPLICATION.Clock, () => new SystemClock());
  make<ClusterIdentity>(INFRASTRUCTURE.ClusterIdentity, (context) =>
    identityOf(configuration, clusterUuid, context.get(APPLICATION.Logger)),
  );

  container.bind<RecordContents>(APPLICATION.RecordContents).toConstantValue(recordContentsOf(configuration));

  bindMetrics(make);
  make<ExportFlowsOptions>(APPLICATION.ExportFlowsOptions, () => ({
    recordBufferSize: configuration.recordBufferSize,
  }));
  container.bind(APPLICATION.ExportFlows).to(ExportFlows);
  container.bind(APPLICATION.BatchExporter).toService(APPLICATION.ExportFlows);
  container.bind(APPLICATION.HoldExporters).to(HoldExporters);
  container.bind(APPLICATION.AwaitMetadata).to(AwaitMetadata);
  make<KubernetesMetadata>(APPLICATION.KubernetesMetadata, (context) =>
    kubernetesMetadata(configuration, { ...partsOf(context), random: context.get(APPLICATION.Random) }),
  );
  container.bind(APPLICATION.Enrich).to(Enrich);
  if (configuration.mode === 'Proxy') bindProxy(container);
  else bindAggregation(container, make, configuration);

  make<CertificateStore>(APPLICATION.CertificateStore, (context) => certificateStore(configuration, partsOf(context)));
  make<FlowSource[]>(APPLICATION.FlowSources, (context) =>
    sourcesOf(configuration, context.get(APPLICATION.CertificateStore), {
      ...partsOf(context),
      contents: context.get(APPLICATION.RecordContents),
    }),
  );
  bindSinks(make, configuration);
  make<MetricsServer | undefined>(INFRASTRUCTURE.MetricsServer, (context) => metricsServer(configuration, context));
  make<Serve>(INFRASTRUCTURE.Serve, serve);
  return container;
}

type Make = <T>(symbol: ServiceIdentifier<T>, factory: (context: ResolutionContext) => T) => void;

function partsOf(context: ResolutionContext): SinkContext & { readonly metrics: Metrics } {
  return {
    clock: context.get(APPLICATION.Clock),
    logger: context.get(APPLICATION.Logger),
    metrics: context.get(APPLICATION.Metrics),
  };
}

function bindMetrics(make: Make): void {
  make<Metrics & MetricsReader>(APPLICATION.Metrics, () => {
    const metrics = new PrometheusMetrics();
    showProcessMetrics(metrics, { version: VERSION, node: process.version });
    return metrics;
  });
  make(INFRASTRUCTURE.EventLoopDelay, (context) => new EventLoopDelay(context.get(APPLICATION.Metrics)));
  make(INFRASTRUCTURE.Summarize, (context) => {
    const { clock, logger } = partsOf(context);
    const metrics = context.get<MetricsReader>(APPLICATION.Metrics);
    return new Summarize(metrics, clock, logger, () => process.memoryUsage.rss());
  });
}

/** Proxy mode: records are passed on one by one. */
function bindProxy(container: Container): void {
  container.bind(APPLICATION.ForwardRecords).to(ForwardRecords);
  container.bind(APPLICATION.RecordReceiver).toService(APPLICATION.ForwardRecords);
  container.bind(APPLICATION.FlowPath).toService(APPLICATION.ForwardRecords);
}

/** Aggregate mode: records become flows of a table. */
function bindAggregation(container: Container, make: Make, configuration: WeirConfiguration): void {
  bindTable(make, configuration);
  container.bind(APPLICATION.BatchFlows).to(BatchFlows);
  container.bind(APPLICATION.EnrichFlows).to(EnrichFlows);
  container.bind(APPLICATION.FlowOutlet).toService(APPLICATION.EnrichFlows);
  container.bind(APPLICATION.AggregateFlows).to(AggregateFlows);
  container.bind(APPLICATION.RecordReceiver).toService(APPLICATION.AggregateFlows);
  container.bind(APPLICATION.ExpireFlows).to(ExpireFlows);
  container.bind(APPLICATION.FlowPath).toService(APPLICATION.ExpireFlows);
  container.bind(APPLICATION.GuardMemory).to(GuardMemory);
}

function bindTable(make: Make, { limits, correlation, ...timeouts }: WeirConfiguration): void {
  make(APPLICATION.MemoryLimit, () => memoryLimit(limits.maxMemory));
  make(APPLICATION.FlowTable, (context) => {
    const clock = context.get<Clock>(APPLICATION.Clock);
    return new FlowTable(
      new ExpiryPolicy(timeouts.activeFlowRecordTimeout, timeouts.inactiveFlowRecordTimeout, correlation.uncorrelated),
      {
        maxFlows: limits.maxFlows,
        // More than half of the memory for strings would leave flows none.
        maxStringBytes: Math.min(limits.maxStrings, memoryLimit(limits.maxMemory) / 2),
      },
      context.get<FlowOutlet>(APPLICATION.FlowOutlet),
      randomKey(),
      Math.floor(clock.monotonicMilliseconds() / 1000),
    );
  });
}

function bindSinks(make: Make, configuration: WeirConfiguration): void {
  const partsFor = (context: ResolutionContext): SinkParts => ({
    context: partsOf(context),
    identity: () => context.get<ClusterIdentity>(INFRASTRUCTURE.ClusterIdentity),
  });
  make<ReturnType<typeof sinksOf>>(INFRASTRUCTURE.SectionSinks, (context) => sinksOf(configuration, partsFor(context)));
  make<FlowSink<unknown>[]>(APPLICATION.FlowSinks, (context) => [
    ...context.get<ReturnType<typeof sinksOf>>(INFRASTRUCTURE.SectionSinks).values(),
  ]);
  make<LiveSinksParts['make']>(INFRASTRUCTURE.SinkOfSection, (context) => {
    const parts = partsFor(context);
    return (section, effective) => sinkOf(section, effective, parts);
  });
}

function metricsServer({ listen }: WeirConfiguration, context: ResolutionContext): MetricsServer | undefined {
  const address = parseListenAddress(listen.metrics);
  if (address === undefined) return undefined;
  const metrics = context.get<PrometheusMetrics>(APPLICATION.Metrics);
  const service = context.get<Serve>(INFRASTRUCTURE.Serve);
  const content = {
    contentType: metrics.contentType,
    text: () => metrics.text(),
    notReady: () => service.notReady,
  };
  return new MetricsServer(address, content, context.get(APPLICATION.Logger));
}

function serve(context: ResolutionContext): Serve {
  const { clock, logger, metrics } = partsOf(context);
  const exportFlows = context.get<ExportFlows>(APPLICATION.ExportFlows);
  metrics.gauge('weir_memory_bytes', 'Accounted memory by what has it.', () => exportFlows.bytes, { part: 'queues' });
  return new Serve({
    sources: context.get<FlowSource[]>(APPLICATION.FlowSources),
    sinks: context.get<FlowSink<unknown>[]>(APPLICATION.FlowSinks),
    receiver: context.get<RecordReceiver>(APPLICATION.RecordReceiver),
    path: context.get<FlowPath>(APPLICATION.FlowPath),
    guardMemory: context.get<GuardMemory>(APPLICATION.GuardMemory, { optional: true }),
    kubernetes: context.get<KubernetesMetadata>(APPLICATION.KubernetesMetadata),
    awaitMetadata: context.get<AwaitMetadata>(APPLICATION.AwaitMetadata),
    summarize: context.get<Summarize>(INFRASTRUCTURE.Summarize),
    metrics: context.get<MetricsReader>(APPLICATION.Metrics),
    exportFlows,
    clock,
    logger,
  });
}
