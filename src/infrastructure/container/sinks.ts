import { IpfixExporter } from '../../adapters/ipfix/exporter/ipfix-exporter.js';
import type { Clock } from '../../application/ports/clock.js';
import type { FlowSink } from '../../application/ports/flow-sink.js';
import type { Logger } from '../../application/ports/logger.js';
import type { ClusterIdentity } from '../../domain/cluster/cluster-identity.js';
import { parseCollectorAddress } from '../configuration/values/network-address.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { podMtu } from './pod-mtu.js';

/** The sinks that a configuration enables. */
export function sinksOf(
  { flowCollector }: WeirConfiguration,
  identity: ClusterIdentity,
  context: { readonly clock: Clock; readonly logger: Logger },
): FlowSink[] {
  if (!flowCollector.enable) return [];
  const address = parseCollectorAddress(flowCollector.address);
  if (address === undefined) throw new TypeError(`flowCollector.address was not checked: ${flowCollector.address}`);
  const mtu = podMtu();
  const exporter = new IpfixExporter(
    {
      host: address.host,
      port: address.port,
      protocol: address.transport,
      observationDomainId: identity.observationDomainId,
      clusterId: identity.clusterId,
      templateRefreshTimeoutMs: flowCollector.templateRefreshTimeout,
      maxMessageSize: flowCollector.maxIPFIXMsgSize,
      includeK8sNames: flowCollector.includeK8sNames,
      includeK8sUIDs: flowCollector.includeK8sUIDs,
      ...(mtu !== undefined && { podMtu: mtu }),
    },
    context,
  );
  return [exporter];
}
