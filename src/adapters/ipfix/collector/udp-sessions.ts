import type { PlanCache } from '../../formats/ipfix/decode/plan-cache.js';
import { formatPeer, peerAddress } from '../../transport/endpoint.js';
import { ExporterSession, type SessionLimits } from '../../formats/ipfix/decode/session.js';

/** Seconds of silence after which a session over UDP ends, and seconds without refresh after which a template does (RFC 7011 §8.4). */
export const UDP_LIFETIME_SECONDS = 1800;

/**
 * Ticks in which each session's templates are looked at once. Those of all sessions in one would keep datagrams waiting; nobody minds if
 * a template goes a minute later.
 */
const SLICES = 60;

/** A session and its place among the others of its list, in the order in which they were last heard. */
interface Link {
  readonly session: ExporterSession;
  readonly address: string;
  readonly port: number;
  /** When it was last heard. */
  heardAt: number;
  /** Those whose templates are looked at in the same tick. */
  readonly slice: Set<Link>;
  list: SilenceList;
  quieter: Link | undefined;
  louder: Link | undefined;
}

/** Sessions by how long they are silent: moving one to the end and finding the most silent one cost the same however many there are. */
class SilenceList {
  quietest: Link | undefined;
  #loudest: Link | undefined;

  append(link: Link): void {
    link.list = this;
    link.quieter = this.#loudest;
    link.louder = undefined;
    if (this.#loudest) this.#loudest.louder = link;
    else this.quietest = link;
    this.#loudest = link;
  }

  remove(link: Link): void {
    if (link.quieter) link.quieter.louder = link.louder;
    else this.quietest = link.louder;
    if (link.louder) link.louder.quieter = link.quieter;
    else this.#loudest = link.quieter;
  }
}

/** What the sessions need to know. */
export interface UdpSessionsOptions {
  readonly maxSessions: number;
  readonly limits: SessionLimits;
  readonly plans: PlanCache;
  /** Told when a session had to make room for another. */
  readonly onEvicted: () => void;
}

/**
 * The transport sessions of one UDP socket: one for each address and port that datagrams come from.
 *
 * Anybody can make up sender addresses. So sessions that never sent a valid template are the first to go: they can't push out those of
 * true exporters.
 */
export class UdpSessions {
  readonly #options: UdpSessionsOptions;
  readonly #byAddress = new Map<string, Map<number, Link>>();
  readonly #proven = new SilenceList();
  readonly #unproven = new SilenceList();
  #latest: Link | undefined;
  #size = 0;
  readonly #slices = Array.from({ length: SLICES }, () => new Set<Link>());
  #ticks = 0;
  #opened = 0;
  /** Seconds of a monotonic clock, as of the last {@link tick}. */
  #now: number;

  constructor(options: UdpSessionsOptions, now: number) {
    this.#options = options;
    this.#now = now;
  }

  /** Sessions that are open. */
  get size(): number {
    return this.#size;
  }

  /** The session of a sender, which was heard now; a new one if there is none. */
  heard(address: string, port: number): ExporterSession {
    let link = this.#latest;
    if (link?.port !== port || link.address !== address) {
      link = this.#byAddress.get(address)?.get(port) ?? this.#open(address, port);
      this.#latest = link;
    }
    link.heardAt = this.#now;
    link.session.now = this.#now;
    if (link.louder !== undefined) this.#move(link, link.list);
    return link.session;
  }

  /** After a datagram of the session heard last was decoded: notes whether that session is a true exporter's now. */
  settle(): void {
    const link = this.#latest;
    if (link?.list === this.#unproven && link.session.everHadTemplate) this.#move(link, this.#proven);
  }

  /**
   * Once a second: ends sessions that were silent too long and, within {@link SLICES} ticks, templates that were not refreshed.
   *
   * @param now seconds of a monotonic clock
   */
  tick(now: number): void {
    this.#now = now;
    const last = now - UDP_LIFETIME_SECONDS;
    for (const list of [this.#unproven, this.#proven]) {
      while (list.quietest && list.quietest.heardAt <= last) this.#end(list.quietest);
    }
    for (const { session } of this.#slices[this.#ticks++ % SLICES]!) session.expireTemplates(last);
  }

  /** Ends all sessions. */
  close(): void {
    for (const list of [this.#unproven, this.#proven]) while (list.quietest) this.#end(list.quietest);
  }

  #move(link: Link, list: SilenceList): void {
    link.list.remove(link);
    list.append(link);
  }

  #open(address: string, port: number): Link {
    const { maxSessions, limits, plans, onEvicted } = this.#options;
    if (this.#size >= maxSessions) {
      this.#end((this.#unproven.quietest ?? this.#proven.quietest)!);
      onEvicted();
    }
    const session = new ExporterSession({
      peer: formatPeer(address, port),
      address: peerAddress(address),
      isReliable: false,
      limits,
      plans,
    });
    const link: Link = {
      session,
      address,
      port,
      heardAt: this.#now,
      slice: this.#slices[this.#opened++ % SLICES]!,
      list: this.#unproven,
      quieter: undefined,
      louder: undefined,
    };
    link.slice.add(link);
    this.#unproven.append(link);
    let ports = this.#byAddress.get(address);
    if (ports === undefined) {
      ports = new Map();
      this.#byAddress.set(address, ports);
    }
    ports.set(port, link);
    this.#size++;
    return link;
  }

  #end(link: Link): void {
    link.list.remove(link);
    link.slice.delete(link);
    const ports = this.#byAddress.get(link.address);
    ports?.delete(link.port);
    if (ports?.size === 0) this.#byAddress.delete(link.address);
    if (this.#latest === link) this.#latest = undefined;
    link.session.close();
    this.#size--;
  }
}
