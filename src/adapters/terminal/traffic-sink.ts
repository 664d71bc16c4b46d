import type { Batching, FlowSink } from '../../application/ports/flow-sink.js';
import { MAX_BATCH_ROWS, type FlowBatch } from '../../domain/batch/flow-batch.js';
import { commonCounterAt } from '../../domain/flow/common-counters.js';
import { RuleAction } from '../../domain/flow/enumerations.js';
import type { Flow } from '../../domain/flow/flow.js';
import { FLOW_BLOCK, FLOW_ROW } from '../../domain/flow/layout.js';
import { DeniedFlows, type DeniedFlow } from './denied-flows.js';
import { TopRates } from './top-rates.js';

/** Words that name a side's Pod, and the text for a side that is none. */
const SOURCE = {
  pod: FLOW_BLOCK.slots.sourcePodName.word,
  namespace: FLOW_BLOCK.slots.sourcePodNamespace.word,
} as const;
const DESTINATION = {
  pod: FLOW_BLOCK.slots.destinationPodName.word,
  namespace: FLOW_BLOCK.slots.destinationPodNamespace.word,
} as const;

/** What traffic of addresses outside the cluster is summed up under. */
const OUTSIDE = '(outside)';

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6', 132: 'sctp' };

/** Keeps in memory who talks most and which flows are denied, for a view of the moment. Takes everything at once. */
export class TrafficSink implements FlowSink {
  readonly name = 'view';
  readonly batching: Batching = { maxRows: MAX_BATCH_ROWS, maxBytes: 1 << 20, maxWaitMs: 50 };
  readonly namespaces = new TopRates();
  readonly pods = new TopRates();
  readonly denied = new DeniedFlows();

  deliver(group: readonly FlowBatch[]): Promise<void> {
    for (const batch of group) this.#take(batch);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Another `seconds` have passed. */
  advance(seconds: number): void {
    this.namespaces.advance(seconds);
    this.pods.advance(seconds);
  }

  #take(batch: FlowBatch): void {
    if (batch.length === 0) return;
    const flow = batch.at(0);
    for (let index = 0; index < batch.length; index++, flow.base += FLOW_ROW.words) {
      const there = numberAt(flow.words, commonCounterAt(flow.words, flow.base, 'octetDeltaCount'));
      const back = numberAt(flow.words, commonCounterAt(flow.words, flow.base, 'reverseOctetDeltaCount'));
      this.#count(flow, SOURCE, there, back);
      this.#count(flow, DESTINATION, back, there);
      const denied = deniedFlow(flow);
      if (denied !== undefined) this.denied.add(denied);
    }
  }

  #count(flow: Flow, { pod, namespace }: typeof SOURCE | typeof DESTINATION, sent: number, received: number): void {
    const namespaceName = flow.textOf(flow.words[flow.base + namespace]!);
    const podName = flow.textOf(flow.words[flow.base + pod]!);
    this.namespaces.add(namespaceName || OUTSIDE, sent, received);
    if (podName !== '') this.pods.add(`${namespaceName}/${podName}`, sent, received);
  }
}

/** A view rounds anyway, so a counter beyond 2^53 may. */
function numberAt(words: Uint32Array, at: number): number {
  return words[at]! + words[at + 1]! * 2 ** 32;
}

function deniedFlow(flow: Flow): DeniedFlow | undefined {
  const ingress = actionName(flow.ingressNetworkPolicyRuleAction);
  const egress = actionName(flow.egressNetworkPolicyRuleAction);
  const action = egress ?? ingress;
  if (action === undefined) return undefined;
  const policy =
    egress === undefined
      ? named(flow.ingressNetworkPolicyNamespace, flow.ingressNetworkPolicyName)
      : named(flow.egressNetworkPolicyNamespace, flow.egressNetworkPolicyName);
  const protocol = PROTOCOLS[flow.protocolIdentifier] ?? String(flow.protocolIdentifier);
  return {
    source: named(flow.sourcePodNamespace, flow.sourcePodName) || flow.sourceIP,
    destination: named(flow.destinationPodNamespace, flow.destinationPodName) || flow.destinationIP,
    service: `${protocol}/${flow.destinationTransportPort}`,
    action,
    policy,
    direction: egress === undefined ? 'ingress' : 'egress',
  };
}

function actionName(action: number): DeniedFlow['action'] | undefined {
  if (action === RuleAction.Drop) return 'Drop';
  return action === RuleAction.Reject ? 'Reject' : undefined;
}

function named(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
