import { IpfixError } from '../../src/adapters/formats/ipfix/decode/ipfix-error.js';
import { MessageDecoder } from '../../src/adapters/formats/ipfix/decode/message-decoder.js';
import { MESSAGE_HEADER_LENGTH, readMessageLength } from '../../src/adapters/formats/ipfix/decode/message-header.js';
import { PlanCache } from '../../src/adapters/formats/ipfix/decode/plan-cache.js';
import { ExporterSession } from '../../src/adapters/formats/ipfix/decode/session.js';
import { MessageFramer } from '../../src/adapters/ipfix/collector/message-framer.js';
import type { FlowRecord } from '../../src/domain/flow/flow-record.js';
import { FLOW_BLOCK, REFERENCE_WORDS, type Slot } from '../../src/domain/flow/layout.js';
import { plain } from '../support/decoding.js';
import { ANTREA_IPV4 } from '../support/exporter-templates.js';
import { message, record, set, template } from '../support/ipfix-messages.js';
import { FuzzFailure, type FuzzResult } from './fuzz-result.js';
import { Chance, mutate } from './mutate.js';
import { STREAMS } from './streams.js';

const LIMITS = { maxTemplates: 20 };
const VICTIM_TEMPLATE = message({}, set(2, template(256, ANTREA_IPV4)));
const VICTIM_DATA = message(
  {},
  set(256, record(ANTREA_IPV4, { sourcePodName: 'victim', egressIP: '1.2.3.4', octetTotalCount: 77 })),
);
const ADDRESS_WORDS = new Set(
  Object.values<Slot>(FLOW_BLOCK.slots)
    .filter(({ kind }) => kind === 'address')
    .map(({ word }) => word),
);

/** Sessions over UDP go on from case to case, so that state adds up; after this many cases they end. */
const CASES_PER_SESSION = 50;

/**
 * Feeds mutations of sound streams to the decoder, over TCP split anywhere and over UDP.
 *
 * @throws FuzzFailure if the decoder throws anything but its own error, a record refers to what is not there, another session notices
 *   anything, or templates outlive their sessions
 */
export function fuzzDecoder(cases: number, seed: number): FuzzResult {
  return new Fuzzer(seed).run(cases);
}

class Fuzzer {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #plans = new PlanCache();
  readonly #errors = new Map<string, number>();
  readonly #decoder: MessageDecoder;
  readonly #victim: ExporterSession;
  /** The record received last, as text; made for some cases only, since it takes longer than decoding. */
  #latest = '';
  #records = 0;
  #case = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = new Chance(seed);
    const ignore = (): void => undefined;
    const observer = {
      recordsReceived: ignore,
      recordsDropped: ignore,
      setSkipped: ignore,
      sequenceGap: ignore,
      noticed: ignore,
      elementsUnknown: ignore,
    };
    this.#decoder = new MessageDecoder({ receive: (received) => this.#check(received) }, observer, this.#plans);
    this.#victim = this.#session(true);
  }

  run(cases: number): FuzzResult {
    this.#decode(this.#victim, VICTIM_TEMPLATE);
    this.#decode(this.#victim, VICTIM_DATA);
    const expected = this.#latest;
    let udp = this.#session(false);
    for (this.#case = 0; this.#case < cases; this.#case++) {
      const messages = mutate(this.#chance.of(STREAMS), this.#chance, STREAMS);
      if (this.#chance.below(2) === 0) this.#overTcp(messages);
      else this.#overUdp(udp, messages);
      if (this.#case % CASES_PER_SESSION === 0) {
        udp.close();
        this.#require(this.#plans.users === 1 && this.#plans.size === 1, 'templates outlived their session');
        udp = this.#session(false);
      }
      this.#decode(this.#victim, VICTIM_DATA);
      if (this.#case % 16 === 0) this.#require(this.#latest === expected, 'another session was disturbed');
    }
    return { cases, errors: this.#errors, records: this.#records };
  }

  #session(isReliable: boolean): ExporterSession {
    return new ExporterSession({
      peer: 'fuzz',
      address: Uint8Array.of(192, 0, 2, 1),
      isReliable,
      limits: LIMITS,
      plans: this.#plans,
    });
  }

  #overTcp(messages: readonly Uint8Array[]): void {
    const session = this.#session(true);
    const framer = new MessageFramer((bytes, view, start, length) => {
      this.#decoder.decode(session, bytes, view, start, length);
    });
    const stream = Uint8Array.from(Buffer.concat(messages));
    this.#attempt(() => {
      for (let at = 0; at < stream.length;) {
        const end = Math.min(stream.length, at + 1 + this.#chance.below(this.#chance.below(2) === 0 ? 20 : 2000));
        // A copy for each part: what the decoder must not look at isn't there.
        framer.push(stream.slice(at, end));
        at = end;
      }
    });
    this.#require(framer.capacity <= 0xffff, 'a session holds more than a message');
    this.#require(session.templateCount <= LIMITS.maxTemplates, 'a session has too many templates');
    session.close();
  }

  #overUdp(session: ExporterSession, messages: readonly Uint8Array[]): void {
    for (const datagram of messages) {
      this.#attempt(() => {
        if (datagram.length >= MESSAGE_HEADER_LENGTH && readMessageLength(datagram, 0) === datagram.length)
          this.#decode(session, datagram);
      });
    }
    this.#require(session.templateCount <= LIMITS.maxTemplates, 'a session has too many templates');
  }

  #decode(session: ExporterSession, bytes: Uint8Array): void {
    this.#decoder.decode(session, bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof FuzzFailure) throw error;
      if (!(error instanceof IpfixError))
        throw new FuzzFailure(this.#seed, this.#case, `it threw ${String(error)}`, error);
      this.#errors.set(error.reason, (this.#errors.get(error.reason) ?? 0) + 1);
      this.#require(error.offset >= 0 && error.offset <= 0xffff, `an error at offset ${error.offset}`);
    }
  }

  #check(received: FlowRecord): void {
    this.#records++;
    for (const word of REFERENCE_WORDS) {
      const reference = received.words[word]!;
      if (reference === 0) continue;
      const end = received.start(reference) + received.length(reference);
      this.#require(
        received.start(reference) >= received.origin && end <= received.bytes.length,
        `a reference to ${end}`,
      );
      const isSound = !ADDRESS_WORDS.has(word) || received.length(reference) === 4 || received.length(reference) === 16;
      this.#require(isSound, `an address of ${received.length(reference)} octets`);
    }
    if (this.#case % 16 === 0) this.#latest = Object.entries(plain(received)).join();
  }

  #require(isSo: boolean, problem: string): void {
    if (!isSo) throw new FuzzFailure(this.#seed, this.#case, problem);
  }
}
