/** Helper process: exporters that send a stream of records, as fast as the service takes them or at a rate. */
import { setTimeout as delay } from 'node:timers/promises';
import { Rate } from '../src/adapters/simulator/rate.js';
import { formatOver } from '../src/adapters/simulator/record-format.js';
import { RecordStream } from '../src/adapters/simulator/record-stream.js';
import { openOutlet, type Outlet, type OutletOptions } from './outlet.js';

/** What the parent asks for. */
export type SenderRequest =
  | ({ readonly kind: 'connect'; readonly flows: number; readonly connections: number } & OutletOptions)
  | { readonly kind: 'rounds'; readonly rounds: number }
  /** At so many records a second in all; 0: as fast as they are taken. */
  | { readonly kind: 'seconds'; readonly seconds: number; readonly rate: number };

/** What a request answers: records whose write was confirmed, and how long that took. */
export interface SenderAnswer {
  readonly records: number;
  readonly seconds: number;
  /** Why it could not be done, if it could not. */
  readonly failure?: string;
}

const CHUNK_BYTES = 128 * 1024;
/** Records are made in one chunk while the kernel takes the other. */
const CHUNKS = 2;
/** Between two looks at what a rate allows. */
const SLICE_MS = 5;

let stream: RecordStream;
let outlets: Outlet[] = [];

async function open(request: Extract<SenderRequest, { kind: 'connect' }>): Promise<void> {
  const { flows, connections, transport } = request;
  const format = formatOver(transport);
  stream = new RecordStream({ flows, exporters: connections, kind: 'interNode', ipv6Share: 0.1, format });
  outlets = await Promise.all(
    Array.from({ length: connections }, (_, exporter) => openOutlet(stream, exporter, request)),
  );
}

/** Sends an exporter's records until it has sent so many or the time has come. */
async function send(outlet: Outlet, most: number, deadline: number, recordsPerSecond: number): Promise<number> {
  const rate = new Rate(recordsPerSecond);
  const buffers = Array.from({ length: CHUNKS }, () => Buffer.alloc(CHUNK_BYTES));
  const pending: Promise<void>[] = buffers.map(() => Promise.resolve());
  let sent = 0;
  for (let turn = 0; sent < most && performance.now() < deadline; turn = (turn + 1) % CHUNKS) {
    await pending[turn];
    const allowed = Math.min(most - sent, rate.available(performance.now()));
    if (allowed < 1) {
      await delay(SLICE_MS);
      continue;
    }
    const { records, bytes } = outlet.fill(buffers[turn]!, allowed);
    rate.spend(records);
    const written = outlet.write(buffers[turn]!.subarray(0, bytes));
    // Awaited when its buffer's turn comes again; until then a failure is nobody's.
    written.catch(() => undefined);
    pending[turn] = written;
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
      outlets.map((outlet, exporter) =>
        request.kind === 'rounds'
          ? send(outlet, stream.recordsARoundOf(exporter) * request.rounds, Infinity, 0)
          : send(outlet, Infinity, started + request.seconds * 1000, request.rate / outlets.length),
      ),
    );
  }
  return { records: counts.reduce((sum, count) => sum + count, 0), seconds: (performance.now() - started) / 1000 };
}

process.on('message', (request: SenderRequest) => {
  void serve(request)
    .catch((error: unknown): SenderAnswer => ({ records: 0, seconds: 0, failure: String(error) }))
    .then((answer) => process.send!(answer));
});
