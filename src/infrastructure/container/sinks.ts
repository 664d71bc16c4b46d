import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlowLog } from '../../adapters/flow-log/flow-log.js';
import { IpfixExporter } from '../../adapters/ipfix/exporter/ipfix-exporter.js';
import { JsonExporter } from '../../adapters/json-exporter/json-exporter.js';
import type { CollectorTarget } from '../../adapters/transport/sessions/open-session.js';
import type { Clock } from '../../application/ports/clock.js';
import type { FlowSink } from '../../application/ports/flow-sink.js';
import type { Logger } from '../../application/ports/logger.js';
import { clusterIdentity, type ClusterIdentity } from '../../domain/cluster/cluster-identity.js';
import type { FlowCollectorSection } from '../configuration/sections/flow-collector.js';
import type { FlowLoggerSection } from '../configuration/sections/flow-logger.js';
import { parseCollectorAddress } from '../configuration/values/network-address.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { podMtu } from './pod-mtu.js';

/** What sinks are given besides their options. */
export interface SinkContext {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What sinks are made with. */
export interface SinkParts {
  readonly context: SinkContext;
  /** Asked for only if a sink needs it. */
  readonly identity: () => ClusterIdentity;
}

/** The sink of a section, if the configuration enables it. Nothing is opened before it is added to the others. */
type SinkFactory = (configuration: WeirConfiguration, parts: SinkParts) => FlowSink<unknown> | undefined;

/** The sections that make a sink, and how. Each can change while the service runs. */
export const SINK_SECTIONS = {
  flowCollector: ({ mode, flowCollector }, { identity, context }) =>
    flowCollector.enable ? collectorSink(flowCollector, mode, identity(), context) : undefined,
  flowLogger: ({ flowLogger }, { context }) => (flowLogger.enable ? flowLog(flowLogger, context) : undefined),
} as const satisfies Readonly<Record<string, SinkFactory>>;

/** The name of a section that makes a sink. */
export type SinkSection = keyof typeof SINK_SECTIONS;

/** Versions of TLS by their names in Go, and in Node. */
const TLS_VERSIONS = { VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' } as const;

/** Modes by their names in Antrea's file. */
const MODES = { Aggregate: 'aggregate', Proxy: 'proxy' } as const;

/** Antrea's flow log, unless the configuration names another file. */
const DEFAULT_FLOW_LOG = 'antrea-flows.log';

/** A "MB" of flowLogger.maxSize, as log rotation has always counted. */
const MEBIBYTE = 2 ** 20;

/** The sinks that a configuration enables, by section. */
export function sinksOf(configuration: WeirConfiguration, parts: SinkParts): Map<SinkSection, FlowSink<unknown>> {
  const sinks = new Map<SinkSection, FlowSink<unknown>>();
  for (const section of Object.keys(SINK_SECTIONS) as SinkSection[]) {
    const sink = sinkOf(section, configuration, parts);
    if (sink) sinks.set(section, sink);
  }
  return sinks;
}

/** The sink of one section, if the configuration enables it. */
export function sinkOf(
  section: SinkSection,
  configuration: WeirConfiguration,
  parts: SinkParts,
): FlowSink<unknown> | undefined {
  return SINK_SECTIONS[section](configuration, parts);
}

function collectorSink(
  section: FlowCollectorSection,
  mode: WeirConfiguration['mode'],
  identity: ClusterIdentity,
  context: SinkContext,
): FlowSink {
  const target = targetOf(section);
  const { includeK8sNames, includeK8sUIDs } = section;
  const { uuid, clusterId } = identity;
  // The identity is the one that the service began with; this key of it can change.
  const { observationDomainId } = clusterIdentity(uuid, clusterId, section.observationDomainID);
  const contents = { clusterId, includeK8sNames, includeK8sUIDs, mode: MODES[mode] };
  if (section.recordFormat === 'JSON') return new JsonExporter({ ...target, ...contents }, context);
  const mtu = podMtu();
  return new IpfixExporter(
    {
      ...target,
      ...contents,
      observationDomainId,
      templateRefreshTimeoutMs: section.templateRefreshTimeout,
      maxMessageSize: section.maxIPFIXMsgSize,
      ...(mtu !== undefined && { podMtu: mtu }),
    },
    context,
  );
}

function targetOf({ address, tls }: FlowCollectorSection): CollectorTarget {
  const parsed = parseCollectorAddress(address);
  if (parsed === undefined) throw new TypeError(`flowCollector.address was not checked: ${address}`);
  const { host, port, transport: protocol } = parsed;
  if (!tls.enable) return { host, port, protocol };
  return {
    ...{ host, port, protocol },
    tls: {
      directory: tls.directory,
      ownAuthority: tls.caSecretName !== '',
      clientCertificate: tls.clientSecretName !== '',
      serverName: tls.serverName,
      minVersion: TLS_VERSIONS[tls.minVersion],
    },
  };
}

function flowLog(section: FlowLoggerSection, context: SinkContext): FlowLog {
  const { path, maxSize, maxBackups, maxAge, compress, filters, prettyPrint } = section;
  return new FlowLog(
    {
      path: path === '' ? join(tmpdir(), DEFAULT_FLOW_LOG) : path,
      maxSizeBytes: maxSize * MEBIBYTE,
      maxAgeDays: maxAge,
      ...{ maxBackups, compress, filters, prettyPrint },
    },
    context,
  );
}
