import { createSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import { concat, message, record, set, template, VARIABLE } from '../ipfix-messages.js';
import type { RecordSender, SentRecord } from './source-harness.js';

const FIELDS = [
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowStartSeconds',
  'flowEndSeconds',
  'octetTotalCount',
  ['sourcePodName', VARIABLE],
  ['ingressNetworkPolicyRuleName', VARIABLE],
] as const;

const TEMPLATE = message({}, set(2, template(256, FIELDS)));

/** Of another version: no message at all. */
const MALFORMED = concat(Uint8Array.of(0, 9), new Uint8Array(18));

/** Octets of records in a message, unless a single one has more. */
const MESSAGE_OCTETS = 1_200;

/** The messages of one session: the template first, sequence numbers as they should be. */
class Messages {
  #sequence = 0;
  #isFirst = true;

  of(sent: readonly SentRecord[]): Uint8Array[] {
    const messages = this.#isFirst ? [TEMPLATE] : [];
    this.#isFirst = false;
    let octets: Uint8Array[] = [];
    const end = (): void => {
      if (octets.length > 0) messages.push(message({ sequence: this.#sequence }, set(256, ...octets)));
      this.#sequence += octets.length;
      octets = [];
    };
    for (const { sourceIP, destinationIP, ...values } of sent) {
      octets.push(record(FIELDS, { ...values, sourceIPv4Address: sourceIP, destinationIPv4Address: destinationIP }));
      if (octets.reduce((sum, { length }) => sum + length, 0) > MESSAGE_OCTETS) end();
    }
    end();
    return messages;
  }
}

/** Sends IPFIX over a connection that is open: TCP or TLS. */
export class StreamSender implements RecordSender {
  readonly #socket: Socket;
  readonly #messages = new Messages();
  isOver = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    const over = (): void => {
      this.isOver = true;
    };
    socket.on('error', over).on('end', over).on('close', over).resume();
  }

  send(records: readonly SentRecord[]): Promise<void> {
    return this.#write(concat(...this.#messages.of(records)));
  }

  sendMalformed(): Promise<void> {
    return this.#write(MALFORMED);
  }

  async vanish(): Promise<void> {
    const [, cut] = new Messages().of([{ ...EXAMPLE }]);
    await this.#write(cut!.subarray(0, 30));
    await this.close();
  }

  close(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      if (socket.destroyed || socket.writableEnded) resolve();
      else socket.end(resolve);
    });
  }

  #write(octets: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(octets, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** A record of no number, for what is never whole. */
const EXAMPLE: SentRecord = {
  sourceIP: '10.1.0.1',
  destinationIP: '10.2.0.1',
  sourceTransportPort: 1,
  destinationTransportPort: 1,
  protocolIdentifier: 6,
  flowStartSeconds: 1,
  flowEndSeconds: 1,
  octetTotalCount: 1n,
  sourcePodName: 'cut',
  ingressNetworkPolicyRuleName: '',
};

/** Sends IPFIX in datagrams from a port of its own. */
export class DatagramSender implements RecordSender {
  /** There is no session that a source could end. */
  readonly isOver = false;
  readonly #socket = createSocket('udp4');
  readonly #port: number;
  readonly #messages = new Messages();
  #isClosed = false;

  constructor(port: number) {
    this.#port = port;
    this.#socket.on('error', () => undefined);
  }

  async send(records: readonly SentRecord[]): Promise<void> {
    for (const octets of this.#messages.of(records)) await this.#write(octets);
  }

  sendMalformed(): Promise<void> {
    return this.#write(MALFORMED);
  }

  async vanish(): Promise<void> {
    const [, cut] = new Messages().of([{ ...EXAMPLE }]);
    await this.#write(cut!.subarray(0, 30));
    await this.close();
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #write(octets: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(octets, this.#port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    });
  }
}
