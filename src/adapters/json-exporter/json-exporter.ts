import type { Batching, FlowSink } from '../../application/ports/flow-sink.js';
import { MAX_BATCH_ROWS, type FlowBatch } from '../../domain/batch/flow-batch.js';
import type { LineLimits, LinePosition } from '../formats/json/json-encoder.js';
import { GroupDelivery, type GroupDeliveryContext } from '../transport/sessions/group-delivery.js';
import { JsonContent } from './json-content.js';
import type { JsonExporterOptions } from './options.js';

const DEFAULTS = { name: 'json', mode: 'aggregate', includeK8sNames: true, includeK8sUIDs: false } as const;

/** What the exporter needs of the outside. */
export type JsonExporterContext = GroupDeliveryContext;

/**
 * Exports flows as JSON to a collector: an object a line over TCP and TLS, an object a datagram over UDP. What a delivery that failed is
 * followed by, see GroupDelivery; a line is never sent in part and then counted.
 */
export class JsonExporter implements FlowSink {
  readonly name: string;
  readonly batching: Batching = { maxRows: MAX_BATCH_ROWS, maxBytes: 4 * 1024 * 1024, maxWaitMs: 250 };
  readonly #delivery: GroupDelivery<LineLimits, LinePosition>;

  /** @throws TypeError for TLS over UDP */
  constructor(options: JsonExporterOptions, context: JsonExporterContext) {
    const complete = { ...DEFAULTS, ...options };
    this.name = complete.name;
    this.#delivery = new GroupDelivery(
      new JsonContent(complete, context.clock, context.logger),
      { target: options, sink: this.name, collector: 'a JSON collector' },
      context,
    );
  }

  /** Flows in all writes that the kernel has confirmed, those of groups that are not yet delivered in full included. */
  get confirmedRecords(): number {
    return this.#delivery.confirmedRecords;
  }

  deliver(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    return this.#delivery.deliver(group, signal);
  }

  untaken(group: readonly FlowBatch[]): readonly FlowBatch[] {
    return this.#delivery.untaken(group);
  }

  close(): Promise<void> {
    return this.#delivery.close();
  }
}
