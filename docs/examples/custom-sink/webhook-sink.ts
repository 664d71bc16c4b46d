import * as http from 'node:http';
import * as https from 'node:https';
import type { Clock } from '../../../src/application/ports/clock.js';
import type { Batching, FlowSink } from '../../../src/application/ports/flow-sink.js';
import type { FlowBatch } from '../../../src/domain/batch/flow-batch.js';
import { FLOW_FIELDS, SIDE_FIELDS, type FlowFieldName, type SideFieldName } from '../../../src/domain/flow/fields.js';
import type { Flow, FlowFieldNames } from '../../../src/domain/flow/flow.js';

/** Where flows are posted to, and which. */
export interface WebhookOptions {
  /** An http: or https: URL. */
  readonly url: string;
  /** Only flows from or to Pods of these Namespaces are posted; all if there are none. */
  readonly namespaces: readonly string[];
  /** Milliseconds in which the server must have answered. */
  readonly timeoutMs: number;
}

/** What becomes of a batch while it waits: its lines, ready to be written. */
export interface WebhookLines {
  readonly octets: Uint8Array;
  /** What the queue accounts. */
  readonly byteLength: number;
  /** Flows of the batch that are of other Namespaces. */
  readonly filtered: number;
}

/** Everything that can be read of a flow; all of it derives from the one list of fields. */
const NAMES: readonly FlowFieldNames[] = [
  ...(Object.keys(FLOW_FIELDS) as FlowFieldName[]),
  ...(Object.keys(SIDE_FIELDS) as SideFieldName[]).flatMap(
    (name) => [name, `${name}FromSourceNode`, `${name}FromDestinationNode`] as const,
  ),
];

/** Posts flows to a URL, a JSON object a line. Taken is what the server answers with a status of 2xx. */
export class WebhookSink implements FlowSink<WebhookLines> {
  readonly name = 'webhook';
  readonly batching: Batching = { maxRows: 10_000, maxBytes: 8 * 1024 * 1024, maxWaitMs: 1_000 };
  readonly #options: WebhookOptions;
  readonly #clock: Clock;
  readonly #transport: typeof http | typeof https;
  readonly #agent: http.Agent;
  #isClosed = false;

  constructor(options: WebhookOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#transport = new URL(options.url).protocol === 'https:' ? https : http;
    this.#agent = new this.#transport.Agent({ keepAlive: true });
  }

  encode(batch: FlowBatch): Promise<WebhookLines> {
    const flows = [...batch].filter((flow) => this.#isWanted(flow));
    const octets = Buffer.from(flows.map(lineOf).join(''));
    return Promise.resolve({ octets, byteLength: octets.length, filtered: batch.length - flows.length });
  }

  filtered({ filtered }: WebhookLines): number {
    return filtered;
  }

  async deliver(group: readonly WebhookLines[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error('the webhook is closed');
    if (group.some(({ byteLength }) => byteLength > 0)) await this.#post(group, signal);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#agent.destroy();
    return Promise.resolve();
  }

  #isWanted({ sourcePodNamespace, destinationPodNamespace }: Flow): boolean {
    const { namespaces } = this.#options;
    return (
      namespaces.length === 0 || namespaces.includes(sourcePodNamespace) || namespaces.includes(destinationPodNamespace)
    );
  }

  #post(group: readonly WebhookLines[], signal: AbortSignal): Promise<void> {
    const { url, timeoutMs } = this.#options;
    return new Promise<void>((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-ndjson',
        'content-length': group.reduce((sum, { byteLength }) => sum + byteLength, 0),
      };
      const request = this.#transport.request(url, { method: 'POST', agent: this.#agent, headers, signal });
      const cancel = this.#clock.after(timeoutMs, () => {
        request.destroy(new Error(`no answer within ${timeoutMs} ms`));
      });
      request.on('close', cancel).on('error', reject);
      request.on('response', (response) => {
        const { statusCode = 0 } = response;
        // What it says is of no interest, but the connection is free for the next group only when it was read.
        response.resume();
        if (statusCode >= 200 && statusCode < 300) resolve();
        else reject(new Error(`the server answered ${statusCode}`));
      });
      for (const { octets } of group) request.write(octets);
      request.end();
    });
  }
}

/** 64-bit numbers are texts: most readers of JSON would round them. */
function lineOf(flow: Flow): string {
  const values = Object.fromEntries(NAMES.map((name) => [name, flow[name]]));
  return `${JSON.stringify(values, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`;
}
