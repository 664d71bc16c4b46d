import { once } from 'node:events';
import type { Socket } from 'node:net';
import { readClientCertificates } from '../src/adapters/simulator/client-certificates.js';
import { dialTcp, dialTls, tlsOptions } from '../src/adapters/simulator/dial.js';
import { DEFAULT_SIMULATION_OPTIONS } from '../src/adapters/simulator/options.js';
import type { RecordStream } from '../src/adapters/simulator/record-stream.js';
import { EXPORT_METHOD_PATH } from '../src/adapters/formats/protobuf/flow-messages.js';
import { FRAME_HEADER_BYTES, FRAME_LIMIT, Http2Upload, writeDataHeader } from './http2-upload.js';

/** How records get to the service. */
export type BenchTransport = 'tcp' | 'tls' | 'grpc';

/** Where the service is, and how it is spoken to. */
export interface OutletOptions {
  readonly transport: BenchTransport;
  readonly port: number;
  /** Folder of the client's certificates; for TLS and gRPC. */
  readonly certificates: string;
  /** Over gRPC. */
  readonly flowsPerMessage: number;
}

/** An exporter's connection. */
export interface Outlet {
  /** Fills a buffer with an exporter's next records, at most so many, as {@link write} takes them. */
  fill(buffer: Buffer, most: number): { records: number; bytes: number };
  /** Resolves once the kernel has taken the bytes. */
  write(bytes: Buffer): Promise<void>;
}

/** Connects an exporter. */
export async function openOutlet(stream: RecordStream, exporter: number, options: OutletOptions): Promise<Outlet> {
  const { transport, port } = options;
  const target = { host: '127.0.0.1', port };
  const { serverName } = DEFAULT_SIMULATION_OPTIONS;
  if (transport === 'tcp') return openSocket(stream, exporter, dialTcp(target));
  const certificates = readClientCertificates(options.certificates);
  if (transport === 'tls') return openSocket(stream, exporter, dialTls(target, certificates, serverName));
  const upload = await Http2Upload.open(port, tlsOptions(certificates, serverName), EXPORT_METHOD_PATH);
  return {
    fill: (buffer, most) => fillFrames(stream, exporter, buffer, most, options.flowsPerMessage),
    write: (bytes) => upload.send(bytes),
  };
}

async function openSocket(
  stream: RecordStream,
  exporter: number,
  dial: (opened: () => void) => Socket,
): Promise<Outlet> {
  const socket = dial(() => socket.emit('outlet'));
  await once(socket, 'outlet');
  socket.resume();
  socket.write(stream.templates(exporter));
  return {
    fill: (buffer, most) => stream.fill(exporter, buffer, most),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}

/** Bytes before a message in a gRPC stream. */
const PREFIX_BYTES = 5;

/** Each message in a DATA frame of its own, as agents written in Go send them. */
function fillFrames(
  stream: RecordStream,
  exporter: number,
  buffer: Buffer,
  most: number,
  flowsPerMessage: number,
): { records: number; bytes: number } {
  let records = 0;
  let at = 0;
  while (records < most) {
    const start = at + FRAME_HEADER_BYTES + PREFIX_BYTES;
    const wanted = Math.min(flowsPerMessage, most - records);
    const message = stream.fill(exporter, buffer, wanted, start);
    if (message.records === 0) break;
    if (message.bytes + PREFIX_BYTES > FRAME_LIMIT) throw new RangeError('too many flows in a message for one frame');
    writeDataHeader(buffer, at, PREFIX_BYTES + message.bytes);
    buffer[at + FRAME_HEADER_BYTES] = 0;
    buffer.writeUInt32BE(message.bytes, at + FRAME_HEADER_BYTES + 1);
    at = start + message.bytes;
    records += message.records;
  }
  return { records, bytes: at };
}
