import { connect as connectHttp2, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { once } from 'node:events';
import {
  credentials,
  makeClientConstructor,
  type ChannelCredentials,
  type Client,
  type ClientWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { EXPORT_SERVICE, type Message } from '../../support/flow-proto.js';
import type { TestPki } from '../../support/pki.js';
import { atEnd } from './clean-up.js';
import { attemptTls } from './tls-exporting.js';

/** How a call ended: a status of gRPC, 0 for OK, and what was said about it. */
export interface Ending {
  readonly code: number;
  readonly details: string;
}

/** A call of Export, open until it is ended. */
export interface Call {
  readonly stream: ClientWritableStream<Message>;
  readonly ending: Promise<Ending>;
  /** Whether it has ended. */
  readonly isOver: () => boolean;
}

type ExportClient = Client & {
  Export(callback: (error: ServiceError | null) => void): ClientWritableStream<Message>;
};
const ExportClient = makeClientConstructor(EXPORT_SERVICE, 'FlowExportService');

/** The path of the method, written down once more for the tests. */
const PATH = '/antrea_io.antrea.pkg.apis.flow.v1alpha1.FlowExportService/Export';

/** What a client that has all it needs shows Weir. */
export function secured({ authority, client }: TestPki): ChannelCredentials {
  return credentials.createSsl(
    ...[authority.certificate, client.privateKey, client.certificate].map((pem) => Buffer.from(pem)),
  );
}

/** A client of grpc-js with messages made of the .proto; closed at the end of the test. */
export class GrpcExporter {
  readonly #client: ExportClient;

  constructor(port: number, shown: ChannelCredentials) {
    // A channel of its own.
    const options = { 'grpc.use_local_subchannel_pool': 1, 'grpc.ssl_target_name_override': 'localhost' };
    this.#client = new ExportClient(`127.0.0.1:${port}`, shown, options) as unknown as ExportClient;
    atEnd(() => this.#client.close());
  }

  /** Calls Export. */
  call(): Call {
    let isOver = false;
    let stream!: ClientWritableStream<Message>;
    const ending = new Promise<Ending>((resolve) => {
      stream = this.#client.Export((error) => {
        isOver = true;
        resolve({ code: error?.code ?? 0, details: error?.details ?? '' });
      });
    });
    stream.on('error', () => undefined);
    return { stream, ending, isOver: () => isOver };
  }
}

/** A message as gRPC frames it: not compressed, and of the length that it says. */
export function framed(message: Uint8Array, length = message.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** An HTTP/2 client that says what no gRPC client would; closed at the end of the test. */
export class Http2Exporter {
  readonly session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.session = session;
  }

  /** Resolves once Weir has said what it allows. */
  static async connect(port: number, { authority, client }: TestPki, localAddress: string): Promise<Http2Exporter> {
    const options = { ca: authority.certificate, shows: client, protocol: 'h2', localAddress };
    const { socket } = await attemptTls(port, options);
    socket.pause();
    await once(socket, 'secureConnect');
    const session = connectHttp2('https://localhost', { createConnection: () => socket });
    session.on('error', () => undefined);
    atEnd(() => session.destroy());
    await once(session, 'remoteSettings');
    return new Http2Exporter(session);
  }

  /** Sends octets in a call and resolves with how it ended; the client itself ends it only if `isLast`. */
  call(octets: Uint8Array, isLast = false): Promise<Ending> {
    const stream = this.session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: PATH,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    stream.on('error', () => undefined);
    const ending = new Promise<Ending>((resolve) => {
      const see = (headers: IncomingHttpHeaders): void => {
        const status = headers['grpc-status'];
        if (status === undefined) return;
        resolve({ code: Number(status), details: decodeURIComponent([headers['grpc-message'] ?? ''].join()) });
      };
      stream.on('response', see).on('trailers', see);
      stream.on('close', () => resolve({ code: -1, details: `closed with ${stream.rstCode}` }));
    });
    stream.resume();
    if (isLast) stream.end(octets);
    else stream.write(octets);
    return ending;
  }
}
