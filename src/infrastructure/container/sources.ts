import { TcpCollector } from '../../adapters/ipfix/collector/tcp-collector.js';
import { UdpCollector } from '../../adapters/ipfix/collector/udp-collector.js';
import type { Clock } from '../../application/ports/clock.js';
import type { FlowSource } from '../../application/ports/flow-source.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Metrics } from '../../application/ports/metrics.js';
import { parseListenAddress } from '../configuration/values/network-address.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';

/** What a source is given besides its options. */
export interface SourceContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Where records come from by a configuration. */
export function sourcesOf(
  { aggregatorTransportProtocol, listen, limits }: WeirConfiguration,
  { clock, logger, metrics }: SourceContext,
): FlowSource[] {
  const address = parseListenAddress(listen.ipfix);
  if (address === undefined) throw new TypeError(`listen.ipfix was not checked: ${listen.ipfix}`);
  const { maxSessions, maxTemplates, idleTimeout } = limits;
  const options = { ...address, maxSessions, maxTemplates, idleTimeout };
  switch (aggregatorTransportProtocol) {
    case 'TCP':
      return [new TcpCollector(options, clock, logger, metrics)];
    case 'UDP':
      return [new UdpCollector(options, clock, logger, metrics)];
    default:
      throw new TypeError(`aggregatorTransportProtocol was not checked: ${aggregatorTransportProtocol}`);
  }
}
