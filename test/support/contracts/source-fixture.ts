import type { FlowSource } from '../../../src/application/ports/flow-source.js';
import type { RecordReceiver } from '../../../src/application/ports/record-receiver.js';
import type { FlowRecord } from '../../../src/domain/flow/flow-record.js';
import { plain, type PlainRecord } from '../decoding.js';
import { LoopbackClock } from '../fake-clock.js';
import { RecordingLogger } from '../recording-logger.js';
import { RecordingMetrics } from '../recording-metrics.js';
import { ID_NAME } from './numbered-flows.js';
import type { RecordSender, SentRecord, SourceHarness, SourceOptions } from './source-harness.js';
import { untilWithTime, withTime } from './waiting.js';

/** Records of which all values are kept; of later ones only their numbers are, which is what large tests are about. */
const KEPT = 1_000;

/** Octets of text that make few records more than all that kernels hold of them on their way. */
const LARGE = 16_000;

/** Records numbered from `first` on. */
export function records(first: number, count: number, { large = false } = {}): SentRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    sourceIP: `10.1.${(first + index) >> 8}.${(first + index) & 0xff}`,
    destinationIP: '10.2.0.1',
    sourceTransportPort: 40_000,
    [ID_NAME]: first + index,
    protocolIdentifier: 6,
    flowStartSeconds: 1_700_000_000,
    flowEndSeconds: 1_700_000_000 + index,
    octetTotalCount: 2n ** 60n + BigInt(first + index),
    sourcePodName: `client-Zürich-${first + index}`,
    ingressNetworkPolicyRuleName: large ? 'x'.repeat(LARGE) : 'allow-shop',
  }));
}

/** A source of one test, what it handed over, and its senders. */
export class SourceFixture implements RecordReceiver {
  readonly clock = new LoopbackClock();
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingMetrics();
  readonly harness: SourceHarness;
  /** Numbers of the records, in the order in which they were handed over. */
  readonly ids: number[] = [];
  /** Values of the first of them, as they were while the receiver had them. */
  readonly received: PlainRecord[] = [];
  source!: FlowSource;
  /** Also gets every record, if set. */
  also: RecordReceiver | undefined;
  #port = 0;
  readonly #senders: RecordSender[] = [];

  private constructor(harness: SourceHarness) {
    this.harness = harness;
  }

  /** A source that is not started yet. */
  static async of(harness: SourceHarness, options: Partial<SourceOptions> = {}): Promise<SourceFixture> {
    const fixture = new SourceFixture(harness);
    fixture.source = await harness.source({ host: '127.0.0.1', port: 0, maxSessions: 100, ...options }, fixture);
    return fixture;
  }

  receive(record: FlowRecord): void {
    this.ids.push(record[ID_NAME]);
    if (this.ids.length <= KEPT) this.received.push(plain(record));
    this.also?.receive(record);
  }

  /** The port that it listens on, or has listened on. */
  get port(): number {
    return this.#port;
  }

  async start(): Promise<this> {
    await withTime(this.clock, this.source.start(this));
    this.#port = Number(this.source.address.split(':').at(-1));
    return this;
  }

  /** Connects an exporter. */
  async sender({ stays = false } = {}): Promise<RecordSender> {
    const sender = await withTime(this.clock, this.harness.sender(this.#port, stays));
    this.#senders.push(sender);
    return sender;
  }

  /** Resolves once so many records were handed over. */
  async handedOver(count: number): Promise<void> {
    await this.until(() => this.ids.length >= count);
  }

  async until(condition: () => boolean): Promise<void> {
    await untilWithTime(this.clock, condition);
  }

  /** One of the source's metrics, all its reasons together. */
  of(metric: string): number {
    return this.metrics.sum(`weir_${metric}`, { transport: this.harness.transport });
  }

  async stop(): Promise<void> {
    await withTime(this.clock, this.source.stop());
  }

  /** Lets go of everything, whatever happened. */
  async close(): Promise<void> {
    await this.stop();
    for (const sender of this.#senders) await withTime(this.clock, sender.close());
  }
}
