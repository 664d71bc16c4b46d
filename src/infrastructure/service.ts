import type { Container } from 'inversify';
import type { EventLoopDelay } from '../adapters/metrics/event-loop-delay.js';
import type { MetricsServer } from '../adapters/metrics/metrics-server.js';
import type { CertificateStore } from '../application/ports/certificate-store.js';
import type { FlowSource } from '../application/ports/flow-source.js';
import type { DrainOutcome, Serve } from '../application/serve.js';
import { APPLICATION } from '../application/symbols.js';
import { INFRASTRUCTURE } from './symbols.js';

/** A whole service out of a container: the flows' path, and the metrics server beside it. */
export class Service {
  readonly #serve: Serve;
  readonly #sources: readonly FlowSource[];
  readonly #metricsServer: MetricsServer | undefined;
  readonly #eventLoopDelay: EventLoopDelay;
  readonly #certificates: CertificateStore;

  constructor(container: Container) {
    this.#eventLoopDelay = container.get<EventLoopDelay>(INFRASTRUCTURE.EventLoopDelay);
    this.#certificates = container.get<CertificateStore>(APPLICATION.CertificateStore);
    this.#serve = container.get<Serve>(INFRASTRUCTURE.Serve);
    this.#sources = container.get<FlowSource[]>(APPLICATION.FlowSources);
    this.#metricsServer = container.get<MetricsServer | undefined>(INFRASTRUCTURE.MetricsServer);
  }

  /** Where exporters send to: "address:port" of each source, once it is started. */
  get addresses(): readonly string[] {
    return this.#sources.map(({ address }) => address);
  }

  /** Where metrics are served, "" if nowhere. */
  get metricsAddress(): string {
    return this.#metricsServer?.address ?? '';
  }

  /** Starts everything; the metrics first, which say that it is not ready yet. @throws what a source threw that can't listen */
  async start(): Promise<void> {
    await this.#metricsServer?.start();
    try {
      await this.#serve.start();
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  /** Ends in order (`Serve.drain`); the metrics last. */
  async drain(): Promise<DrainOutcome> {
    try {
      return await this.#serve.drain();
    } finally {
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    this.#eventLoopDelay.stop();
    this.#certificates.close();
    await this.#metricsServer?.stop();
  }
}
