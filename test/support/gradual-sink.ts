import type { Batching, FlowSink } from '../../src/application/ports/flow-sink.js';
import type { FlowBatch } from '../../src/domain/batch/flow-batch.js';

/** A sink that takes flows one by one when the test says so, and knows how far it got in a group. Flows are told apart by their source port. */
export class GradualSink implements FlowSink {
  readonly name: string;
  readonly batching: Batching = { maxRows: 8, maxBytes: 1_000_000, maxWaitMs: 100 };
  /** Ports of the flows that it took, in order. */
  readonly took: number[] = [];
  opened = 0;
  closed = 0;
  /** Whether it takes everything at once from now on. */
  isQuick = false;
  #group: readonly FlowBatch[] | undefined;
  #position = 0;
  #settle: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(name = 'gradual') {
    this.name = name;
  }

  /** Whether a delivery is under way. */
  get isBusy(): boolean {
    return this.#settle !== undefined;
  }

  open(): void {
    this.opened++;
  }

  deliver(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    if (this.opened !== 1 || this.closed > 0) throw new Error('the sink is not open');
    if (this.#group !== group) this.#position = 0;
    this.#group = group;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      signal.addEventListener('abort', () => this.fail('told to stop'), { once: true });
      if (this.isQuick) this.take(Infinity);
    });
  }

  untaken(group: readonly FlowBatch[]): readonly FlowBatch[] {
    let skip = this.#group === group ? this.#position : 0;
    return group.map((batch) => {
      const first = Math.min(skip, batch.length);
      skip -= first;
      return batch.select((row) => row >= first);
    });
  }

  /** Takes so many flows more of the group; the delivery ends with the last. */
  take(count: number): void {
    const ports = this.#group?.flatMap((batch) => [...batch].map((flow) => flow.sourceTransportPort)) ?? [];
    for (; this.isBusy && count > 0 && this.#position < ports.length; count--) this.took.push(ports[this.#position++]!);
    if (this.#position < ports.length) return;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.resolve();
  }

  /** The delivery fails. */
  fail(reason = 'no'): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.reject(new Error(reason));
  }

  async close(): Promise<void> {
    this.closed++;
  }
}
