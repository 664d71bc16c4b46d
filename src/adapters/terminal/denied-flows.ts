/** A flow that a policy did not let through. */
export interface DeniedFlow {
  readonly source: string;
  readonly destination: string;
  /** What was asked for there: protocol and port, tcp/443. */
  readonly service: string;
  readonly action: 'Drop' | 'Reject';
  /** The policy's namespace and name. */
  readonly policy: string;
  /** Which Node's policy it was. */
  readonly direction: 'ingress' | 'egress';
}

/** A kind of denied flow and how often it came. */
export interface DeniedCount {
  readonly flow: DeniedFlow;
  readonly times: number;
}

/** The latest denied flows; what comes again counts up and moves to the front. Bounded. */
export class DeniedFlows {
  readonly #counts = new Map<string, { flow: DeniedFlow; times: number }>();
  readonly #maxKinds: number;
  #total = 0;

  constructor(maxKinds = 64) {
    this.#maxKinds = maxKinds;
  }

  /** Denied flows in all. */
  get total(): number {
    return this.#total;
  }

  /** Counts a denied flow. */
  add(flow: DeniedFlow): void {
    const key = `${flow.source} ${flow.destination} ${flow.service} ${flow.action} ${flow.policy}`;
    const times = (this.#counts.get(key)?.times ?? 0) + 1;
    this.#total++;
    this.#counts.delete(key);
    this.#counts.set(key, { flow, times });
    if (this.#counts.size > this.#maxKinds) this.#counts.delete(this.#counts.keys().next().value!);
  }

  /** The latest kinds, latest first. */
  latest(count: number): DeniedCount[] {
    return [...this.#counts.values()].reverse().slice(0, count);
  }
}
