/** Helper process: exporters that send a stream of records over TCP, as fast as the service takes them. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { RecordStream } from '../src/adapters/simulator/record-stream.js';

/** What the parent asks for. */
export type SenderRequest =
  | { readonly kind: 'connect'; readonly port: number; readonly flows: number; readonly connections: number }
  | { readonly kind: 'rounds'; readonly rounds: number }
  | { readonly kind: 'seconds'; readonly seconds: number };

/** What a request answers: records whose write was confirmed, and how long that took. */
export interface SenderAnswer {
  readonly records: number;
  readonly seconds: number;
}

const CHUNK_BYTES = 128 * 1024;
/** Records are made in one chunk while the kernel takes the other. */
const CHUNKS = 2;

let stream: RecordStream;
let sockets: Socket[] = [];

async function open({ port, flows, connections }: Extract<SenderRequest, { kind: 'connect' }>): Promise<void> {
  stream = new RecordStream({ flows, exporters: connections, kind: 'interNode', ipv6Share: 0.1 });
  sockets = await Promise.all(
    Array.from({ length: connections }, async (_, exporter) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(stream.templates(exporter));
      return socket;
    }),
  );
}

/** Sends an exporter's records until it has sent so many or the time has come. */
async function send(exporter: number, most: number, deadline: number): Promise<number> {
  const socket = sockets[exporter]!;
  const buffers = Array.from({ length: CHUNKS }, () => Buffer.alloc(CHUNK_BYTES));
  const pending: Promise<void>[] = buffers.map(() => Promise.resolve());
  let sent = 0;
  for (let turn = 0; sent < most && performance.now() < deadline; turn = (turn + 1) % CHUNKS) {
    await pending[turn];
    const { records, bytes } = stream.fill(exporter, buffers[turn]!, most - sent);
    pending[turn] = new Promise((resolve, reject) => {
      socket.write(buffers[turn]!.subarray(0, bytes), (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    sent += records;
  }
  await Promise.all(pending);
  return sent;
}

async function serve(request: SenderRequest): Promise<SenderAnswer> {
  const started = performance.now();
  let counts: number[] = [];
  if (request.kind === 'connect') await open(request);
  else {
    counts = await Promise.all(
      sockets.map((_, exporter) =>
        request.kind === 'rounds'
          ? send(exporter, stream.recordsARoundOf(exporter) * request.rounds, Infinity)
          : send(exporter, Infinity, started + request.seconds * 1000),
      ),
    );
  }
  return { records: counts.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - started) / 1000 };
}

process.on('message', (request: SenderRequest) => {
  void serve(request).then((answer) => process.send!(answer));
});
