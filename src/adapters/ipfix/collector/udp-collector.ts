import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Cancel, Clock } from '../../../application/ports/clock.js';
import type { FlowSource } from '../../../application/ports/flow-source.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Counter, Metrics } from '../../../application/ports/metrics.js';
import type { RecordReceiver } from '../../../application/ports/record-receiver.js';
import { IpfixError } from '../../formats/ipfix/decode/ipfix-error.js';
import { MessageDecoder } from '../../formats/ipfix/decode/message-decoder.js';
import { HEADER, MESSAGE_HEADER_LENGTH, readMessageLength } from '../../formats/ipfix/decode/message-header.js';
import { PlanCache, sharedLimitsOf } from '../../formats/ipfix/decode/plan-cache.js';
import { formatEndpoint, formatPeer } from '../../transport/endpoint.js';
import { listenOrFallBack } from '../../transport/listening.js';
import { CollectorMetrics } from './collector-metrics.js';
import type { CollectorOptions } from './collector-options.js';
import { readKernelDrops, type TextReader } from './kernel-drops.js';
import { UdpSessions } from './udp-sessions.js';

const TICK_MS = 1000;

/** Ticks from one look at the kernel's counter of dropped datagrams to the next. */
const TICKS_PER_DROPS_CHECK = 5;

/** Octets of receive buffer that are asked for; the kernel grants what net.core.rmem_max allows. */
const RECEIVE_BUFFER = 8 * 1024 * 1024;

/** What is still in the kernel's buffer is read for no longer than this when the collector stops. */
const STOP_GRACE_MS = 500;

/** Turns of the event loop without a datagram after which the kernel's buffer counts as empty. */
const QUIET_TURNS = 2;

/** IPFIX over UDP: one transport session for each sender's address and port (RFC 7011 §10.3). */
export class UdpCollector implements FlowSource {
  readonly name = 'udp';
  readonly canPause = false;
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #plans: PlanCache;
  readonly #metrics: CollectorMetrics;
  readonly #kernelDrops: Counter;
  readonly #readText: TextReader | undefined;
  readonly #sessions: UdpSessions;
  #socket: Socket | undefined;
  #address = '';
  #decoder: MessageDecoder | undefined;
  #cancelTicks: Cancel = () => undefined;
  #ticks = 0;
  #datagrams = 0;
  /** What the kernel's counter of this socket said last. */
  #dropsSeen = 0;

  /** @param readText how files of /proc are read; from the file system if not given */
  constructor(options: CollectorOptions, clock: Clock, logger: Logger, metrics: Metrics, readText?: TextReader) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#readText = readText;
    this.#plans = new PlanCache(sharedLimitsOf(options.maxSessions));
    this.#metrics = new CollectorMetrics(this.name, metrics, logger, {
      sessions: () => this.#sessions.size,
      templates: () => this.#plans.users,
    });
    this.#kernelDrops = metrics.counter(
      'weir_udp_kernel_drops_total',
      'IPFIX datagrams that the kernel dropped before Weir could read them',
    );
    const { maxSessions, maxTemplates } = options;
    this.#sessions = new UdpSessions(
      { maxSessions, limits: { maxTemplates }, plans: this.#plans, onEvicted: () => this.#noticeEviction() },
      this.#now(),
    );
  }

  get address(): string {
    return this.#address;
  }

  async start(receiver: RecordReceiver): Promise<void> {
    this.#decoder = new MessageDecoder(receiver, this.#metrics, this.#plans);
    const { host, port } = this.#options;
    await listenOrFallBack('IPFIX over UDP', host, port, (on) => this.#bind(on, port));
    const socket = this.#socket!;
    const { address, port: bound } = socket.address();
    this.#address = formatEndpoint(address, bound);
    socket.on('error', (error) => {
      this.#logger.repeated('ipfix udp socket', 'receiving over UDP failed', { error: error.message });
    });
    this.#growBuffer(socket);
    this.#cancelTicks = this.#clock.every(TICK_MS, () => this.#tick());
  }

  /** Does nothing: over UDP nobody can be held back. */
  pause(): void {
    // The kernel's buffer would only fill up and drop what the queue could still decide about.
  }

  /** Does nothing, as `pause`. */
  resume(): void {
    // Reading never stopped.
  }

  /** Reads what the kernel still holds, then closes the socket. */
  async stop(): Promise<void> {
    this.#cancelTicks();
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    await this.#drain();
    await this.#countKernelDrops(socket);
    await new Promise<void>((resolve) => socket.close(resolve));
    this.#sessions.close();
    this.#address = '';
  }

  async #bind(host: string, port: number): Promise<void> {
    const family = isIP(host) || (await lookup(host)).family;
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    socket.on('message', (datagram, { address, port: from }: RemoteInfo) => this.#receive(datagram, address, from));
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: host, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    this.#socket = socket;
  }

  #receive(datagram: Buffer, address: string, port: number): void {
    this.#datagrams++;
    try {
      const length = messageLengthOf(datagram);
      const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
      this.#decoder!.decode(this.#sessions.heard(address, port), datagram, view, 0, length);
      this.#metrics.messages.add();
    } catch (error) {
      this.#drop(error, formatPeer(address, port));
    }
    this.#sessions.settle();
  }

  #drop(error: unknown, exporter: string): void {
    if (error instanceof IpfixError) {
      const { reason, code, offset, message } = error;
      this.#metrics.malformed(reason);
      this.#logger.repeated(`ipfix udp ${reason}`, 'a malformed message was dropped', {
        exporter,
        code,
        offset,
        reason: message,
      });
    } else {
      this.#metrics.malformed('internal');
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#logger.error('a fault of Weir while it decoded a message, which is dropped', { exporter, error: stack });
    }
  }

  #tick(): void {
    this.#sessions.tick(this.#now());
    if (++this.#ticks % TICKS_PER_DROPS_CHECK === 0 && this.#socket) void this.#countKernelDrops(this.#socket);
  }

  async #countKernelDrops(socket: Socket): Promise<void> {
    const { address, port } = socket.address();
    const drops = await readKernelDrops(address, port, this.#readText);
    if (drops === undefined || drops <= this.#dropsSeen) return;
    const more = drops - this.#dropsSeen;
    this.#dropsSeen = drops;
    this.#kernelDrops.add(more);
    this.#logger.repeated(
      'ipfix udp kernel drops',
      'the kernel dropped datagrams: they came faster than they were read',
      { datagrams: more },
    );
  }

  /** Lets datagrams that are in the kernel's buffer come, until there are none or time is up. */
  async #drain(): Promise<void> {
    const end = this.#clock.monotonicMilliseconds() + STOP_GRACE_MS;
    for (let quiet = 0; quiet < QUIET_TURNS && this.#clock.monotonicMilliseconds() < end; quiet++) {
      const before = this.#datagrams;
      await new Promise<void>((resolve) => this.#clock.soon(resolve));
      if (this.#datagrams !== before) quiet = -1;
    }
  }

  #growBuffer(socket: Socket): void {
    try {
      socket.setRecvBufferSize(RECEIVE_BUFFER);
    } catch (error) {
      this.#logger.debug('the receive buffer stays as it is', { error: (error as Error).message });
    }
  }

  #noticeEviction(): void {
    this.#metrics.sessionsEvicted.add();
    const message = 'a UDP exporter was forgotten to make room for another: limits.maxSessions are known';
    this.#logger.repeated('ipfix udp sessions', message, { maxSessions: this.#options.maxSessions });
  }

  #now(): number {
    return Math.floor(this.#clock.monotonicMilliseconds() / 1000);
  }
}

/** A datagram is exactly one message (RFC 7011 §10.3). */
function messageLengthOf(datagram: Buffer): number {
  if (datagram.length < MESSAGE_HEADER_LENGTH) {
    throw new IpfixError(
      'message_length',
      0,
      `a datagram of ${datagram.length} octets has no room for a message's header`,
    );
  }
  const length = readMessageLength(datagram, 0);
  if (length !== datagram.length) {
    throw new IpfixError(
      'message_length',
      HEADER.length,
      `a message of ${length} octets in a datagram of ${datagram.length}`,
    );
  }
  return length;
}
