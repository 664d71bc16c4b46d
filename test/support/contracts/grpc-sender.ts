import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { EXPORT_METHOD_PATH } from '../../../src/adapters/formats/protobuf/flow-messages.js';
import { parseAddress } from '../../../src/domain/flow/address.js';
import { encodeRequest, type Message } from '../flow-proto.js';
import type { TestPki } from '../pki.js';
import type { RecordSender, SentRecord } from './source-harness.js';

/** Records in a message. */
const MESSAGE_RECORDS = 20;

/** A field whose wire type does not exist. */
const MALFORMED = Uint8Array.of(0x0f, 0x01);

/** A message with what gRPC puts before each: not compressed, and its length. */
function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function flowOf(record: SentRecord): Message {
  return {
    start_ts: { seconds: record.flowStartSeconds },
    end_ts: { seconds: record.flowEndSeconds },
    ip: { version: 4, source: parseAddress(record.sourceIP), destination: parseAddress(record.destinationIP) },
    transport: {
      protocol_number: record.protocolIdentifier,
      source_port: record.sourceTransportPort,
      destination_port: record.destinationTransportPort,
    },
    k8s: {
      source_pod_name: record.sourcePodName,
      ingress_network_policy_rule_name: record.ingressNetworkPolicyRuleName,
    },
    stats: { octet_total_count: String(record.octetTotalCount) },
  };
}

/** Calls Export as a gRPC client does, but on a connection that a test can break wherever it likes. */
export class GrpcSender implements RecordSender {
  readonly #socket: TLSSocket;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;

  private constructor(socket: TLSSocket, session: ClientHttp2Session, stays: boolean) {
    this.#socket = socket;
    this.#session = session;
    this.#stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: EXPORT_METHOD_PATH,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    this.#stream.on('error', () => undefined);
    this.#stream.resume();
    // A client that got its status has nothing more to say.
    if (!stays) this.#stream.on('end', () => this.#stream.end());
  }

  /** Connects. @throws if nobody listens there, or the client is refused */
  static async connect(port: number, { authority, client }: TestPki, stays: boolean): Promise<GrpcSender> {
    const { certificate: cert, privateKey: key } = client;
    const ca = authority.certificate;
    const socket = connectTls({ port, host: '127.0.0.1', ca, cert, key, ALPNProtocols: ['h2'] });
    const session = connect(`https://127.0.0.1:${port}`, { createConnection: () => socket });
    await new Promise((resolve, reject) => session.once('remoteSettings', resolve).once('error', reject));
    session.on('error', () => undefined);
    return new GrpcSender(socket, session, stays);
  }

  get isOver(): boolean {
    return this.#stream.closed || this.#stream.destroyed;
  }

  async send(records: readonly SentRecord[]): Promise<void> {
    for (let at = 0; at < records.length; at += MESSAGE_RECORDS)
      await this.#write(framed(encodeRequest(...records.slice(at, at + MESSAGE_RECORDS).map(flowOf))));
  }

  sendMalformed(): Promise<void> {
    return this.#write(framed(MALFORMED));
  }

  async vanish(): Promise<void> {
    await this.#write(framed(new Uint8Array(100)).subarray(0, 30));
    // Without a word of HTTP/2 about it.
    this.#socket.destroy();
  }

  async close(): Promise<void> {
    if (!this.isOver) {
      const closed = new Promise((resolve) => this.#stream.once('close', resolve));
      this.#stream.end();
      await closed;
    }
    this.#session.destroy();
  }

  #write(octets: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(octets, (error) => (error ? reject(error) : resolve()));
    });
  }
}
