import { IpfixError } from './ipfix-error.js';
import { UNKNOWN_INIT_TIME } from './fix-times.js';
import type { PlanCache, SharedPlan } from './plan-cache.js';
import type { TemplateKind } from './template-record.js';
import { SequenceFollower } from './sequence.js';

/**
 * Things about an exporter that are worth a line in the log, once a session: input that is legal or harmless, but that an operator may
 * wonder about.
 */
export type Notice =
  | 'unknown_template'
  | 'template_redefined'
  | 'template_withdrawn_unknown'
  | 'reserved_set'
  | 'no_address'
  | 'egress_ip'
  | 'sampling';

/** What a session is allowed. */
export interface SessionLimits {
  /** Templates of all observation domains, one of many fields counting as several (see `Plan.weight`); and observation domains. */
  readonly maxTemplates: number;
}

/** A template that is in use in an observation domain. */
export interface Template {
  readonly id: number;
  readonly shared: SharedPlan;
  /** When it was last received, in the time that the session was told. */
  receivedAt: number;
}

/** One stream of messages within a session: templates, sequence numbers and options belong to it (RFC 7011 §3.1, §8). */
export class ObservationDomain {
  readonly templates = new Map<number, Template>();
  readonly sequence = new SequenceFollower();
  /** systemInitTimeMilliseconds of an options record; {@link UNKNOWN_INIT_TIME} if there was none. */
  systemInitTime = UNKNOWN_INIT_TIME;
  /** The template that was looked up last: exporters use one again and again. */
  #latest: Template | undefined;

  constructor(readonly id: number) {}

  /** The template of that id, or undefined. */
  find(id: number): Template | undefined {
    if (this.#latest?.id === id) return this.#latest;
    const template = this.templates.get(id);
    if (template !== undefined) this.#latest = template;
    return template;
  }

  /** To be called after any change of `templates`. */
  forgetLatest(): void {
    this.#latest = undefined;
  }
}

/** What a transport session is at its start. */
export interface SessionOptions {
  /** The transport's peer, for people: "address:port". */
  readonly peer: string;
  /** The exporter's address, 4 or 16 bytes, IPv4 in 4. */
  readonly address: Uint8Array;
  /** Whether the transport keeps messages in order and loses none (TCP); if not, the rules of RFC 7011 §8.4 hold (UDP). */
  readonly isReliable: boolean;
  readonly limits: SessionLimits;
  readonly plans: PlanCache;
}

/**
 * A transport session with one exporter: its templates by observation domain, which live and end with it (RFC 7011 §8).
 */
export class ExporterSession {
  readonly peer: string;
  readonly address: Uint8Array;
  readonly isReliable: boolean;
  /** N of "samples 1 in N" as the exporter last said it; 1 if it didn't. Counters are taken as they are reported. */
  samplingInterval = 1;
  /** Unix or other seconds, as the owner keeps them: when templates received from now on count as received. */
  now = 0;
  readonly #limits: SessionLimits;
  readonly #plans: PlanCache;
  readonly #domains = new Map<number, ObservationDomain>();
  readonly #notices = new Set<Notice>();
  #latest: ObservationDomain | undefined;
  #weight = 0;
  #everHadTemplate = false;
  /** No template was received before this moment, and perhaps none at it. */
  #oldest = Infinity;

  constructor({ peer, address, isReliable, limits, plans }: SessionOptions) {
    this.peer = peer;
    this.address = address;
    this.isReliable = isReliable;
    this.#limits = limits;
    this.#plans = plans;
  }

  /** Whether the exporter ever sent a template that could be used. */
  get everHadTemplate(): boolean {
    return this.#everHadTemplate;
  }

  /** Templates in use, of all domains. */
  get templateCount(): number {
    let count = 0;
    for (const { templates } of this.#domains.values()) count += templates.size;
    return count;
  }

  /** Whether this is the first time in the session; from now on it isn't. */
  isFirst(notice: Notice): boolean {
    if (this.#notices.has(notice)) return false;
    this.#notices.add(notice);
    return true;
  }

  /**
   * The observation domain of a message.
   *
   * @throws IpfixError if it is one more than the session, or all sessions together, may have
   */
  domain(id: number): ObservationDomain {
    if (this.#latest?.id === id) return this.#latest;
    let domain = this.#domains.get(id);
    if (domain === undefined) {
      if (this.#domains.size >= this.#limits.maxTemplates) {
        const message = `observation domain ${id} is one more than the ${this.#limits.maxTemplates} that limits.maxTemplates allows`;
        throw new IpfixError('too_many_domains', DOMAIN_OFFSET, message);
      }
      // A session's first domain is bounded by the number of sessions.
      if (this.#domains.size > 0 && !this.#plans.takeDomain()) {
        const message = `observation domain ${id} is more than all exporters together may have`;
        throw new IpfixError('too_many_domains', DOMAIN_OFFSET, message);
      }
      domain = new ObservationDomain(id);
      this.#domains.set(id, domain);
    }
    this.#latest = domain;
    return domain;
  }

  /**
   * Puts a template into use, in place of an earlier one of its id.
   *
   * @throws IpfixError if it is one more than the session may have; the earlier one is gone then
   */
  define(domain: ObservationDomain, id: number, shared: SharedPlan, offset: number): void {
    this.remove(domain, id);
    if (this.#weight + shared.plan.weight > this.#limits.maxTemplates) {
      this.#plans.release(shared);
      const message = `template ${id} is more than the ${this.#limits.maxTemplates} that limits.maxTemplates allows`;
      throw new IpfixError('too_many_templates', offset, message);
    }
    this.#weight += shared.plan.weight;
    this.#everHadTemplate = true;
    if (this.now < this.#oldest) this.#oldest = this.now;
    domain.templates.set(id, { id, shared, receivedAt: this.now });
    domain.forgetLatest();
  }

  /**
   * Takes a template out of use.
   *
   * @returns whether there was one
   */
  remove(domain: ObservationDomain, id: number): boolean {
    const template = domain.templates.get(id);
    if (template === undefined) return false;
    domain.templates.delete(id);
    domain.forgetLatest();
    this.#weight -= template.shared.plan.weight;
    this.#plans.release(template.shared);
    return true;
  }

  /** Takes all templates of a kind out of use: withdrawal of all (RFC 7011 §8.1). */
  removeAll(domain: ObservationDomain, kind: TemplateKind): void {
    for (const { id, shared } of [...domain.templates.values()]) if (shared.plan.kind === kind) this.remove(domain, id);
  }

  /** Drops templates received before `moment` and not again since (RFC 7011 §8.4). */
  expireTemplates(moment: number): void {
    if (this.#oldest >= moment) return;
    let oldest = Infinity;
    for (const domain of this.#domains.values()) {
      for (const { id, receivedAt } of domain.templates.values()) {
        if (receivedAt < moment) this.remove(domain, id);
        else if (receivedAt < oldest) oldest = receivedAt;
      }
    }
    this.#oldest = oldest;
  }

  /** Ends the session: its templates are no longer in use. */
  close(): void {
    for (const domain of this.#domains.values()) for (const id of [...domain.templates.keys()]) this.remove(domain, id);
    if (this.#domains.size > 1) this.#plans.releaseDomains(this.#domains.size - 1);
    this.#domains.clear();
    this.#latest = undefined;
  }
}

/** Where a message's header has the observation domain. */
const DOMAIN_OFFSET = 12;
