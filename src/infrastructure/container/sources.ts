import { GrpcCollector } from '../../adapters/grpc/collector/grpc-collector.js';
import { TcpCollector } from '../../adapters/ipfix/collector/tcp-collector.js';
import { TlsCollector } from '../../adapters/ipfix/collector/tls-collector.js';
import { UdpCollector } from '../../adapters/ipfix/collector/udp-collector.js';
import type { CertificateStore } from '../../application/ports/certificate-store.js';
import type { Clock } from '../../application/ports/clock.js';
import type { FlowSource } from '../../application/ports/flow-source.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Metrics } from '../../application/ports/metrics.js';
import type { RecordContents } from '../../application/record-contents.js';
import { parseListenAddress, type ListenAddress } from '../configuration/values/network-address.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { randomKey } from './random-key.js';

/** What a source is given besides its options. */
export interface SourceContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What records carry, as it is now. */
  readonly contents: RecordContents;
}

/** Where records come from by a configuration: IPFIX over what it says, if anything, and gRPC. */
export function sourcesOf(
  configuration: WeirConfiguration,
  certificates: CertificateStore,
  context: SourceContext,
): FlowSource[] {
  return [...ipfixSources(configuration, certificates, context), grpcSource(configuration, certificates, context)];
}

function ipfixSources(
  { aggregatorTransportProtocol, listen, limits }: WeirConfiguration,
  certificates: CertificateStore,
  { clock, logger, metrics }: SourceContext,
): FlowSource[] {
  const { maxSessions, maxTemplates, idleTimeout } = limits;
  const options = { ...addressOf(listen.ipfix), maxSessions, maxTemplates, idleTimeout };
  switch (aggregatorTransportProtocol) {
    case 'TLS':
      return [new TlsCollector(options, certificates, clock, logger, metrics)];
    case 'TCP':
      return [new TcpCollector(options, clock, logger, metrics)];
    case 'UDP':
      return [new UdpCollector(options, clock, logger, metrics)];
    case 'None':
      return [];
  }
}

function grpcSource(
  { listen, limits: { maxSessions, idleTimeout } }: WeirConfiguration,
  certificates: CertificateStore,
  { clock, logger, metrics, contents }: SourceContext,
): FlowSource {
  const options = { ...addressOf(listen.grpc), maxSessions, idleTimeout, hashKey: randomKey(), contents };
  return new GrpcCollector(options, certificates, clock, logger, metrics);
}

function addressOf(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined) throw new TypeError(`an address to listen on was not checked: ${text}`);
  return address;
}
