import type { Clock } from '../../../application/ports/clock.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Metrics } from '../../../application/ports/metrics.js';
import { TcpListener } from '../../transport/tcp-listener.js';
import type { CollectorOptions } from './collector-options.js';
import { StreamCollector } from './stream-collector.js';

/** IPFIX over TCP (RFC 7011 §10.4). */
export class TcpCollector extends StreamCollector {
  constructor(options: CollectorOptions, clock: Clock, logger: Logger, metrics: Metrics) {
    const { host, port } = options;
    const listener = new TcpListener({ what: 'IPFIX over TCP', host, port }, logger);
    super({ name: 'tcp', protocol: 'TCP' }, listener, options, clock, logger, metrics);
  }
}
