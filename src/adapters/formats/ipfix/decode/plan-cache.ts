import { compilePlan, weightOf } from './plan-compiler.js';
import type { Plan } from './plan.js';
import { readFieldSpecifiers, type TemplateKind, type TemplateRecord } from './template-record.js';

/** A plan and what it was made from. All sessions with the same template hold the same one. */
export interface SharedPlan {
  readonly plan: Plan;
  /** Kind and field specifiers of the template: equal for equal templates. */
  readonly key: string;
}

/**
 * What the sessions of a transport may hold together, whatever each of them is allowed: else a few hundred exporters, which over UDP
 * anybody can make up, could fill the memory with templates within the limits of each.
 */
export interface SharedLimits {
  /** Different templates, one of many fields counting as several (see `Plan.weight`). */
  readonly plans: number;
  /** Uses of templates by sessions, and observation domains but for the first of each session, which count as {@link USES_A_DOMAIN}. */
  readonly uses: number;
}

/**
 * As many as one session can be allowed (limits.maxTemplates). A plan takes 1 to 3 KiB for each 128 fields begun, so all together take
 * 0.2 GiB at most. A cluster has a handful: its exporters are of few kinds, and those of a kind share.
 */
const PLANS = 65_536;

/** A use of a plan takes about 80 octets: 80 MiB together. Ten thousand exporters that have a hundred templates each fit. */
const USES = 1_048_576;

/** More sessions than by default have more uses: what exporters of several kinds of flows, options and families need. */
const USES_A_SESSION = 16;

/** An observation domain takes 350 octets and more, as much as some uses. */
const USES_A_DOMAIN = 8;

/** What so many sessions may hold together. */
export function sharedLimitsOf(maxSessions: number): SharedLimits {
  return { plans: PLANS, uses: Math.max(USES, maxSessions * USES_A_SESSION) };
}

interface Entry extends SharedPlan {
  /** Templates of sessions that use the plan. */
  users: number;
}

/**
 * Plans by the octets of their templates: a thousand agents with one template share one plan. A plan goes when the last template that
 * uses it does.
 */
export class PlanCache {
  readonly #entries = new Map<string, Entry>();
  readonly #limits: SharedLimits;
  #users = 0;
  #domains = 0;
  #weight = 0;

  /** @param limits those of the default number of sessions if not given */
  constructor(limits: SharedLimits = sharedLimitsOf(0)) {
    this.#limits = limits;
  }

  /** Plans that are held: different templates. */
  get size(): number {
    return this.#entries.size;
  }

  /** Uses of all plans: templates of all sessions and observation domains. */
  get users(): number {
    return this.#users;
  }

  /** What templates are compared by. `bytes` and the template's positions belong together. */
  keyOf(bytes: Uint8Array, kind: TemplateKind, { start, end }: TemplateRecord): string {
    // Latin-1 keeps octets apart, one a character.
    return `${kind}:${Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')}`;
  }

  /**
   * The plan of a template, compiled if nobody uses it yet; undefined if the sessions together may not have more. Each use is to be
   * released.
   */
  acquire(key: string, view: DataView, kind: TemplateKind, template: TemplateRecord): SharedPlan | undefined {
    if (!this.#hasRoom(1)) return undefined;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const weight = weightOf(template.fieldCount);
      if (this.#weight + weight > this.#limits.plans) return undefined;
      this.#weight += weight;
      entry = { plan: compilePlan(kind, readFieldSpecifiers(view, template)), key, users: 0 };
      this.#entries.set(key, entry);
    }
    entry.users++;
    this.#users++;
    return entry;
  }

  /** Ends one use of a plan. */
  release({ key, plan }: SharedPlan): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#users--;
    if (--entry.users > 0) return;
    this.#entries.delete(key);
    this.#weight -= plan.weight;
  }

  /** Takes the room of an observation domain, to be released; false if the sessions together may not have more. */
  takeDomain(): boolean {
    if (!this.#hasRoom(USES_A_DOMAIN)) return false;
    this.#domains++;
    return true;
  }

  /** Ends so many observation domains that were taken. */
  releaseDomains(count: number): void {
    this.#domains -= count;
  }

  #hasRoom(uses: number): boolean {
    return this.#users + this.#domains * USES_A_DOMAIN + uses <= this.#limits.uses;
  }
}
