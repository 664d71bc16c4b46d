import {
  connect,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import {
  type ClientWritableStream,
  type Client,
  credentials,
  makeClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import type { RecordReceiver } from '../../../../src/application/ports/record-receiver.js';
import { GrpcCollector } from '../../../../src/adapters/grpc/collector/grpc-collector.js';
import type { GrpcCollectorOptions } from '../../../../src/adapters/grpc/collector/collector-options.js';
import { EXPORT_METHOD_PATH } from '../../../../src/adapters/formats/protobuf/flow-messages.js';
import { plain, type PlainRecord } from '../../../support/decoding.js';
import { LoopbackClock } from '../../../support/fake-clock.js';
import { encodeRequest, EXPORT_SERVICE, type Message, MINIMAL } from '../../../support/flow-proto.js';
import { type Issued, TestCertificateStore, type TestPki, testPki } from '../../../support/pki.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { RecordingMetrics } from '../../../support/recording-metrics.js';

/** A record, told apart by its source port. */
export const flow = (port: number): Message => ({ ...MINIMAL, transport: { protocol_number: 6, source_port: port } });

/** A message with the octets that gRPC puts before it. */
export function framed(message: Uint8Array, flag = 0, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** How to send octets in a call. */
export interface RawOptions {
  /** Whether the client has no more to say. */
  readonly isLast?: boolean;
  /** Other headers than an exporter has. */
  readonly headers?: OutgoingHttpHeaders;
  /** Called when the collector has let the client send it all. */
  readonly onWritten?: () => void;
}

/** How a call ended: its status, or OK. */
export interface Ending {
  readonly code: number;
  readonly details: string;
}

/** A call of a gRPC client, and how it ends. */
export interface Call {
  readonly stream: ClientWritableStream<Message>;
  readonly ending: Promise<Ending>;
}

type ExportClient = Client & {
  Export(callback: (error: ServiceError | null) => void): ClientWritableStream<Message>;
};
const ExportClient = makeClientConstructor(EXPORT_SERVICE, 'FlowExportService');

/** A collector, and everything it was given or did. */
export class Running {
  readonly clock = new LoopbackClock();
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingMetrics();
  readonly records: PlainRecord[] = [];
  readonly store: TestCertificateStore;
  readonly collector: GrpcCollector;
  readonly pki: TestPki;
  /** What takes the records, if they are not to be kept. */
  receiver: RecordReceiver = { receive: (record) => void this.records.push(plain(record)) };
  readonly #clients: Client[] = [];
  readonly #sessions: ClientHttp2Session[] = [];

  private constructor(pki: TestPki, options: Partial<GrpcCollectorOptions>) {
    this.pki = pki;
    this.store = new TestCertificateStore(pki.credentials);
    this.collector = new GrpcCollector(
      {
        host: '127.0.0.1',
        port: 0,
        maxSessions: 100,
        idleTimeout: 0,
        hashKey: [1, 2],
        contents: { podLabels: true },
        ...options,
      },
      this.store,
      this.clock,
      this.logger,
      this.metrics,
    );
  }

  /** Starts one. */
  static async start(options: Partial<GrpcCollectorOptions> = {}): Promise<Running> {
    const running = new Running(await testPki(), options);
    await running.collector.start({ receive: (record) => running.receiver.receive(record) });
    return running;
  }

  /** Source ports of the records so far. */
  get ports(): unknown[] {
    return this.records.map(({ sourceTransportPort }) => sourceTransportPort);
  }

  get port(): number {
    return Number(this.collector.address.split(':').at(-1));
  }

  /** Value of a metric of this transport. */
  count(name: string, labels: Record<string, string> = {}): number {
    return this.metrics.value(name, { transport: 'grpc', ...labels });
  }

  /** A client as other programs have it. */
  client(certificate: Issued = this.pki.client, host = '127.0.0.1'): ExportClient {
    const made = new ExportClient(
      `${host}:${this.port}`,
      credentials.createSsl(
        Buffer.from(this.pki.authority.certificate),
        Buffer.from(certificate.privateKey),
        Buffer.from(certificate.certificate),
      ),
      // A channel of its own, and no sooner again than the test does it.
      { 'grpc.use_local_subchannel_pool': 1, 'grpc.ssl_target_name_override': 'localhost' },
    ) as unknown as ExportClient;
    this.#clients.push(made);
    return made;
  }

  /** Calls Export. */
  call(client = this.client()): Call {
    let stream!: ClientWritableStream<Message>;
    const ending = new Promise<Ending>((resolve) => {
      stream = client.Export((error) => resolve(error ?? { code: 0, details: '' }));
    });
    stream.on('error', () => undefined);
    return { stream, ending };
  }

  /** A connection to which a test can say what no gRPC client would. */
  async http2(): Promise<ClientHttp2Session> {
    const { authority, client } = this.pki;
    const session = connect(`https://127.0.0.1:${this.port}`, {
      ca: authority.certificate,
      cert: client.certificate,
      key: client.privateKey,
      servername: 'localhost',
    });
    this.#sessions.push(session);
    session.on('error', () => undefined);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    return session;
  }

  /** Sends octets in a call and tells how it ended; it stays open unless `isLast`. */
  async raw(
    session: ClientHttp2Session,
    octets: Uint8Array,
    { isLast = false, headers = {}, onWritten = () => {} }: RawOptions = {},
  ): Promise<Ending> {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: EXPORT_METHOD_PATH,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
      ...headers,
    });
    stream.on('error', () => undefined);
    const ending = new Promise<Ending>((resolve) => {
      const say = (http: number | undefined, seen: IncomingHttpHeaders): void => {
        const code = seen['grpc-status'];
        if (code === undefined && http === 200) return;
        resolve({ code: Number(code ?? http), details: decodeURIComponent([seen['grpc-message'] ?? ''].join()) });
      };
      stream.on('response', (seen) => say(seen[':status'], seen));
      stream.on('trailers', (seen: IncomingHttpHeaders) => say(200, seen));
      stream.on('close', () => resolve({ code: -1, details: `closed with ${stream.rstCode}` }));
    });
    stream.resume();
    stream.write(octets, onWritten);
    if (isLast) stream.end();
    return ending;
  }

  /** Sends one message and tells how the call ended. */
  async message(session: ClientHttp2Session, message: Uint8Array, isLast = false): Promise<Ending> {
    return this.raw(session, framed(message), { isLast });
  }

  /** Sends records and waits until they are there. */
  async exchange(call: Call, ...ports: readonly number[]): Promise<void> {
    const before = this.records.length;
    call.stream.write({ flows: ports.map(flow) });
    await this.until(() => this.records.length >= before + ports.length);
  }

  /** Waits, turn by turn of the event loop, until something is so. Jest's own time limit ends a wait in vain. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Stops the collector, moving the clock on as long as it waits. */
  async stop(): Promise<void> {
    const stopped = this.collector.stop().then(() => true);
    while (!(await Promise.race([stopped, this.clock.advance(10).then(() => false)])));
  }

  /** Stops everything that a test left running. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const session of this.#sessions) session.destroy();
    await this.stop();
  }
}

/** A message with records of the given source ports. */
export const request = (...ports: readonly number[]): Uint8Array => encodeRequest(...ports.map(flow));
