import type { CertificateStore } from '../../../application/ports/certificate-store.js';
import type { Clock } from '../../../application/ports/clock.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Metrics } from '../../../application/ports/metrics.js';
import { TlsListener } from '../../transport/tls-listener.js';
import type { CollectorOptions } from './collector-options.js';
import { StreamCollector } from './stream-collector.js';

/** IPFIX over TLS on TCP, from exporters with a certificate of Weir's CA (RFC 7011 §11.1 to §11.3). */
export class TlsCollector extends StreamCollector {
  constructor(
    options: CollectorOptions,
    certificates: CertificateStore,
    clock: Clock,
    logger: Logger,
    metrics: Metrics,
  ) {
    const { host, port, maxSessions } = options;
    const listening = { what: 'IPFIX over TLS', transport: 'tls', host, port, maxConnections: maxSessions };
    const listener = new TlsListener(listening, certificates, clock, logger, metrics);
    super({ name: 'tls', protocol: 'TLS' }, listener, options, clock, logger, metrics);
  }
}
