import { compilePlan } from './plan-compiler.js';
import type { Plan } from './plan.js';
import { readFieldSpecifiers, type TemplateKind, type TemplateRecord } from './template-record.js';

/** A plan and what it was made from. All sessions with the same template hold the same one. */
export interface SharedPlan {
  readonly plan: Plan;
  /** Kind and field specifiers of the template: equal for equal templates. */
  readonly key: string;
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
  #users = 0;

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

  /** The plan of a template, compiled if nobody uses it yet. Each use is to be released. */
  acquire(key: string, view: DataView, kind: TemplateKind, template: TemplateRecord): SharedPlan {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { plan: compilePlan(kind, readFieldSpecifiers(view, template)), key, users: 0 };
      this.#entries.set(key, entry);
    }
    entry.users++;
    this.#users++;
    return entry;
  }

  /** Ends one use of a plan. */
  release({ key }: SharedPlan): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#users--;
    if (--entry.users === 0) this.#entries.delete(key);
  }
}
