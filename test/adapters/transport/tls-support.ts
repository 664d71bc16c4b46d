import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { TlsListener, type TlsListenerOptions } from '../../../src/adapters/transport/tls-listener.js';
import type { TlsRefusalReason } from '../../../src/adapters/transport/tls-refusal.js';
import { FakeClock } from '../../support/fake-clock.js';
import { testPki, TestCertificateStore, type Issued, type TestPki } from '../../support/pki.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { RecordingMetrics } from '../../support/recording-metrics.js';
import { TlsClient } from '../../support/tls-client.js';

/** A listener, those who came to it, and what became of them. */
export class RunningListener {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingMetrics();
  readonly accepted: TLSSocket[] = [];
  readonly refused: [peer: string, reason: TlsRefusalReason][] = [];
  /** What accepted clients sent, of all together. */
  received = '';
  readonly listener: TlsListener;
  readonly store: TestCertificateStore;
  readonly #clients: TlsClient[] = [];

  private constructor(
    readonly pki: TestPki,
    options: Partial<TlsListenerOptions>,
  ) {
    this.store = new TestCertificateStore(pki.credentials);
    const all = {
      what: 'IPFIX over TLS',
      transport: 'tls',
      host: '127.0.0.1',
      port: 0,
      maxConnections: 100,
      ...options,
    };
    this.listener = new TlsListener(all, this.store, this.clock, this.logger, this.metrics);
  }

  static async start(options: Partial<TlsListenerOptions> = {}): Promise<RunningListener> {
    const running = new RunningListener(await testPki(), options);
    await running.listener.start({
      accepted: (socket) => {
        running.accepted.push(socket);
        socket.on('error', () => undefined);
        socket.on('data', (chunk: Buffer) => {
          running.received += chunk.toString('latin1');
        });
      },
      refused: (peer, reason) => void running.refused.push([peer, reason]),
    });
    return running;
  }

  get port(): number {
    return Number(this.listener.address.split(':').at(-1));
  }

  /** A client over TLS, without a certificate if none is given. */
  tls(issued?: Issued, options?: ConnectionOptions): TlsClient {
    const client = TlsClient.tls(this.port, issued, options);
    this.#clients.push(client);
    return client;
  }

  /** A client over TCP alone. */
  plain(bytes?: Uint8Array | string): TlsClient {
    const client = TlsClient.plain(this.port, bytes);
    this.#clients.push(client);
    return client;
  }

  /** How many were refused for a reason, by the metric. */
  count(reason: TlsRefusalReason): number {
    return this.metrics.value('weir_tls_handshakes_refused_total', { transport: 'tls', reason });
  }

  /** Waits, turn by turn of the event loop, until something is so. Jest's own time limit ends a wait in vain. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.listener.stop();
    for (const client of this.#clients) client.destroy();
    for (const socket of this.accepted) socket.destroy();
    await Promise.all(this.#clients.map(({ closed }) => closed));
  }
}

/** A relay that hands clients' octets on one by one, each in a packet of its own. */
export class OctetRelay {
  readonly #sockets: Socket[] = [];
  #server = createServer();

  /** Relays to a port of loopback; gives the port it listens on. */
  async start(port: number): Promise<number> {
    this.#server = createServer({ noDelay: true }, (near) => {
      const far = connect({ port, host: '127.0.0.1', noDelay: true });
      this.#sockets.push(near, far);
      near.on('error', () => undefined);
      far.on('error', () => undefined);
      near.on('data', (chunk) => {
        for (const octet of chunk) far.write(Uint8Array.of(octet));
      });
      far.pipe(near);
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
