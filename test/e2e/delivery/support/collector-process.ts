/**
 * A collector as a program of its own: reads IPFIX over TCP or UDP and writes to a file what it READ, as it goes, so that nothing of that
 * is lost when it is killed. Its only argument is a {@link CollectorSettings} as JSON; it talks to the test that forked it by messages.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { openSync, writeSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { IpfixReader } from '../../../support/ipfix-reader.js';
import { BriefSet, encodeBrief, encodeFull } from './collector-report.js';

/** How a collector behaves. */
export interface CollectorSettings {
  readonly transport: 'tcp' | 'udp';
  /** brief: what tells flows apart, of any number of records; full: every field of them. */
  readonly detail: 'brief' | 'full';
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** File of the report. */
  readonly report: string;
  /** Kills itself (SIGKILL) in the middle of a message once so many octets were read. */
  readonly dieAfter?: number;
}

/** What a test tells a collector: to listen, to read no more after so many more octets, to say how it is, to close in order. */
export type CollectorOrder =
  | { readonly do: 'listen' }
  | { readonly do: 'stop'; readonly after: number }
  | { readonly do: 'state' }
  | { readonly do: 'finish' };

/** What a collector tells the test. */
export type CollectorNews =
  | { readonly is: 'loaded' }
  | { readonly is: 'listening'; readonly port: number }
  | { readonly is: 'stopped' }
  | { readonly is: 'state'; readonly connections: readonly ConnectionState[] };

/** A connection that is open. */
export interface ConnectionState {
  readonly peerPort: number;
  /** Octets that were taken from the kernel, reported or not. */
  readonly octets: number;
}

const SET_HEADER = 4;
const MESSAGE_HEADER = 16;
const FIRST_DATA_SET = 256;

/** One transport session: its templates, and what was read in it. */
class SessionReport {
  readonly #number: number;
  readonly #detail: CollectorSettings['detail'];
  readonly #file: number;
  readonly #reader = new IpfixReader();
  readonly #sets = new Map<number, BriefSet>();

  constructor(number: number, { detail }: CollectorSettings, file: number) {
    this.#number = number;
    this.#detail = detail;
    this.#file = file;
  }

  /** Reports a whole message. */
  message(bytes: Buffer): void {
    const setId = bytes.readUInt16BE(MESSAGE_HEADER);
    if (this.#detail === 'brief' && setId >= FIRST_DATA_SET) this.#brief(bytes, setId);
    else this.#full(bytes);
  }

  #full(bytes: Buffer): void {
    const { sequenceNumber, observationDomainId, length, templates, records } = this.#reader.message(bytes);
    if (this.#detail === 'brief') {
      for (const template of templates) this.#sets.set(template.id, new BriefSet(template));
      return;
    }
    const line = encodeFull({
      session: this.#number,
      sequence: sequenceNumber,
      domain: observationDomainId,
      length,
      templates: templates.map(({ id }) => id),
      records,
    });
    writeSync(this.#file, line);
  }

  /** One set in a message is all that Weir sends; more would be an error here. */
  #brief(bytes: Buffer, setId: number): void {
    const end = MESSAGE_HEADER + bytes.readUInt16BE(MESSAGE_HEADER + 2);
    const set = this.#sets.get(setId);
    if (!set || end !== bytes.length) throw new Error(`a set of template ${setId}, ${bytes.length - end} octets short`);
    const words = set.records(bytes, MESSAGE_HEADER + SET_HEADER, end);
    writeSync(this.#file, encodeBrief(this.#number, bytes.readUInt32BE(8), bytes.length, words));
  }
}

/** Cuts a connection's octets into messages. */
class Framer {
  readonly #session: SessionReport;
  #pending: Buffer[] = [];
  #pendingOctets = 0;
  #wanted = SET_HEADER;

  constructor(session: SessionReport) {
    this.#session = session;
  }

  /** Whether a message has begun and not ended. */
  get isInMessage(): boolean {
    return this.#pendingOctets > 0;
  }

  push(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#pendingOctets += chunk.length;
    if (this.#pendingOctets < this.#wanted) return;
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending);
    let at = 0;
    this.#wanted = SET_HEADER;
    while (bytes.length - at >= SET_HEADER) {
      const length = bytes.readUInt16BE(at + 2);
      this.#wanted = length;
      if (bytes.length - at < length) break;
      this.#session.message(bytes.subarray(at, at + length));
      at += length;
      this.#wanted = SET_HEADER;
    }
    this.#pending = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#pendingOctets = bytes.length - at;
  }
}

/** What a collector of either transport can do. */
interface Endpoint {
  listen(listening: (port: number) => void): void;
  stop(after: number): void;
  finish(): void;
  readonly connections: readonly ConnectionState[];
}

function tell(news: CollectorNews): void {
  process.send!(news);
}

function tcpEndpoint(settings: CollectorSettings, file: number): Endpoint {
  const { host, port, dieAfter = Infinity } = settings;
  const sockets = new Set<Socket>();
  let sessions = 0;
  let octets = 0;
  let stopAt = Infinity;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const framer = new Framer(new SessionReport(sessions++, settings, file));
    sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      octets += chunk.length;
      framer.push(chunk);
      if (octets >= dieAfter && framer.isInMessage) process.kill(process.pid, 'SIGKILL');
      if (octets < stopAt) return;
      socket.pause();
      tell({ is: 'stopped' });
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    listen: (listening) =>
      server.listen(port, host, () => {
        listening((server.address() as AddressInfo).port);
      }),
    stop: (after) => {
      stopAt = octets + after;
    },
    finish: () => {
      server.close();
      for (const socket of sockets) socket.end();
    },
    get connections() {
      return [...sockets].map(({ remotePort, bytesRead }) => ({ peerPort: remotePort!, octets: bytesRead }));
    },
  };
}

function udpEndpoint(settings: CollectorSettings, file: number): Endpoint {
  const { host, port } = settings;
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 });
  const sessions = new Map<string, SessionReport>();
  socket.on('message', (bytes: Buffer, { address, port: peer }: RemoteInfo) => {
    const key = `${address}:${peer}`;
    let session = sessions.get(key);
    if (!session) {
      session = new SessionReport(sessions.size, settings, file);
      sessions.set(key, session);
    }
    session.message(bytes);
  });
  return {
    listen: (listening) =>
      socket.bind(port, host, () => {
        listening(socket.address().port);
      }),
    stop: () => {
      throw new Error('only a TCP collector can hold back what is sent to it');
    },
    finish: () => {
      socket.close();
    },
    connections: [],
  };
}

const settings = JSON.parse(process.argv[2]!) as CollectorSettings;
const file = openSync(settings.report, 'w');
const endpoint = settings.transport === 'tcp' ? tcpEndpoint(settings, file) : udpEndpoint(settings, file);
let isFinishing = false;
process.on('message', (order: CollectorOrder) => {
  switch (order.do) {
    case 'listen':
      endpoint.listen((port) => tell({ is: 'listening', port }));
      break;
    case 'stop':
      endpoint.stop(order.after);
      break;
    case 'state':
      tell({ is: 'state', connections: endpoint.connections });
      break;
    case 'finish':
      isFinishing = true;
      endpoint.finish();
      // Without the channel the process ends by itself, once every connection has ended.
      process.disconnect();
  }
});
// A test that is gone takes its collectors with it.
process.once('disconnect', () => {
  if (!isFinishing) process.exit(1);
});
tell({ is: 'loaded' });
