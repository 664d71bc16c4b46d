import type { Batching, FlowSink } from '../../../application/ports/flow-sink.js';
import { MAX_BATCH_ROWS, type FlowBatch } from '../../../domain/batch/flow-batch.js';
import type { Position } from '../../formats/ipfix/encode/message-encoder.js';
import { GroupDelivery, type GroupDeliveryContext } from '../../transport/sessions/group-delivery.js';
import { IpfixContent, type IpfixSession } from './ipfix-content.js';
import type { IpfixExporterOptions } from './options.js';

const DEFAULTS = {
  name: 'ipfix',
  mode: 'aggregate',
  templateRefreshTimeoutMs: 600_000,
  maxMessageSize: 0,
  podMtu: undefined,
  includeK8sNames: true,
  includeK8sUIDs: false,
} as const;

/** What the exporter needs of the outside. */
export type IpfixExporterContext = GroupDeliveryContext;

/** Exports flows as IPFIX to a collector, over TCP, TLS or UDP. What a delivery that failed is followed by, see GroupDelivery. */
export class IpfixExporter implements FlowSink {
  readonly name: string;
  readonly batching: Batching = { maxRows: MAX_BATCH_ROWS, maxBytes: 4 * 1024 * 1024, maxWaitMs: 250 };
  readonly #delivery: GroupDelivery<IpfixSession, Position>;

  /** @throws TypeError for TLS over UDP */
  constructor(options: IpfixExporterOptions, context: IpfixExporterContext) {
    const { clock, logger } = context;
    const complete = { ...DEFAULTS, ...options };
    this.name = complete.name;
    const refresh = (): void => this.#delivery.sendPreamble();
    const content = new IpfixContent(complete, { clock, logger, refresh });
    this.#delivery = new GroupDelivery(
      content,
      { target: options, sink: this.name, collector: 'an IPFIX collector' },
      context,
    );
  }

  /** Data records in all writes that the kernel has confirmed, those of groups that are not yet delivered in full included. */
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
