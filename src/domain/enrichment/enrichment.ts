import type { AggregatedFlow } from '../flow/aggregated-flow.js';
import type { EnrichableRow } from '../flow/enrichable-row.js';
import { FlowType } from '../flow/enumerations.js';
import { FLOW_BLOCK } from '../flow/layout.js';
import type { KubernetesObjects } from '../kubernetes/kubernetes-objects.js';
import type { Pod } from '../kubernetes/pod.js';
import { NONE } from '../table/hash-index.js';
import { directionOf } from './flow-direction.js';
import { DESTINATION, isNamed, SOURCE, type SideWords } from './side-words.js';

/** What flows are given beside the Pods that they lack. May change while the service runs. */
export interface EnrichmentContents {
  /** The labels of both Pods (recordContents.podLabels). */
  readonly podLabels: boolean;
  /** UIDs of what is looked up, of the Service and of the egress Node (flowCollector.enable with includeK8sUIDs). */
  readonly uids: boolean;
}

/**
 * What was looked up and not found, and stays empty:
 * - `pod`: a Pod by an address that should be a Pod's;
 * - `address`: a Pod by an address that may be anybody's, of an exporter that knows no Pods;
 * - `labels`: a Pod that the exporter named, neither by address nor by name;
 * - `service`, `egress_node`: by the name that the exporter gave.
 */
export const MISSES = ['pod', 'address', 'labels', 'service', 'egress_node'] as const;

/** One of them. */
export type Miss = (typeof MISSES)[number];

const { slots } = FLOW_BLOCK;
const SERVICE_PORT_NAME = slots.destinationServicePortName.word;
const SERVICE_UID = slots.destinationServiceUID.word;
const EGRESS_NODE_NAME = slots.egressNodeName.word;
const EGRESS_NODE_UID = slots.egressNodeUID.word;

const COLON = 0x3a;

/** Texts of a row while they are compared; none is longer. */
const scratch = new Uint8Array(0x10000);

/** Adds to flows what Kubernetes knows of their two ends (flow-rules.md §7, §8). What is not found stays empty and is counted. */
export class Enrichment {
  readonly misses: Record<Miss, number> = { pod: 0, address: 0, labels: 0, service: 0, egress_node: 0 };
  readonly #objects: KubernetesObjects;
  readonly #contents: EnrichmentContents;
  /** Ends of the row at hand that were filled in: their labels came with the rest. */
  #filled = 0;

  constructor(objects: KubernetesObjects, contents: EnrichmentContents) {
    this.#objects = objects;
    this.#contents = contents;
  }

  /** Completes a flow of the table (§7): what it lacks where no second half brought it, labels and UIDs. */
  completeFlow(flow: AggregatedFlow): void {
    this.#filled = 0;
    if (flow.flowType === FlowType.Unknown) {
      this.#infer(flow);
    } else if (!flow.isCorrelated) {
      if (flow.flowType === FlowType.InterNode) this.#fillBoth(flow);
      else if (flow.isUncorrelated && flow.isKeyedByProxySnat) this.#fill(flow, DESTINATION, 'pod');
    }
    this.#addLabelsAndUids(flow);
  }

  /** Completes a record that is passed on by itself (§8), and says which way it went. */
  completeRecord(row: EnrichableRow): void {
    this.#filled = 0;
    if (row.flowType === FlowType.Unknown) this.#infer(row);
    row.flowDirection = directionOf(row);
    if (row.flowType === FlowType.InterNode) this.#fillBoth(row);
    this.#addLabelsAndUids(row);
  }

  /** What an exporter that knows no Pods did not say: which Pods are at the two ends, and so what kind of flow it is (§7). */
  #infer(row: EnrichableRow): void {
    const source = this.#nodeOfEnd(row, SOURCE);
    const destination = this.#nodeOfEnd(row, DESTINATION);
    if (source !== NO_POD && destination !== NO_POD) {
      // Of a Pod that the row names and nobody knows it can't be said where it runs.
      if (source === UNKNOWN_NODE || destination === UNKNOWN_NODE) return;
      row.flowType = source === destination ? FlowType.IntraNode : FlowType.InterNode;
    } else if (source !== NO_POD) {
      row.flowType = FlowType.ToExternal;
    } else if (destination !== NO_POD) {
      row.flowType = FlowType.FromExternal;
    }
  }

  /** The Node of the Pod at an end, which is filled in if the row does not name it; NO_POD if there is none. */
  #nodeOfEnd(row: EnrichableRow, side: SideWords): number {
    const pod = isNamed(row, side) ? this.#namedPod(row, side) : this.#fill(row, side, 'address');
    if (pod !== undefined) return pod.id('nodeName');
    return isNamed(row, side) ? UNKNOWN_NODE : NO_POD;
  }

  #fillBoth(row: EnrichableRow): void {
    if (!isNamed(row, SOURCE)) this.#fill(row, SOURCE, 'pod');
    if (!isNamed(row, DESTINATION)) this.#fill(row, DESTINATION, 'pod');
  }

  /** Fills in the Pod that had the end's address when the flow began. */
  #fill(row: EnrichableRow, side: SideWords, miss: Miss): Pod | undefined {
    const pod = this.#objects.pods.byAddress(row.words, row.base + side.address, row.flowStartSeconds);
    if (pod === undefined) {
      this.misses[miss]++;
      return undefined;
    }
    const { dictionary } = this.#objects.strings;
    const node = pod.id('nodeName');
    row.putText(side.podName, dictionary, pod.id('name'));
    row.putText(side.podNamespace, dictionary, pod.id('namespace'));
    row.putText(side.nodeName, dictionary, node);
    if (this.#contents.podLabels) row.putText(side.podLabels, dictionary, pod.id('labels'));
    this.#filled |= side.bit;
    if (this.#contents.uids) {
      row.putText(side.podUID, dictionary, pod.id('uid'));
      row.putText(side.nodeUID, dictionary, this.#objects.nodes.byNameId(node)?.uidId ?? 0);
    }
    return pod;
  }

  #addLabelsAndUids(row: EnrichableRow): void {
    const { podLabels, uids } = this.#contents;
    if (podLabels) {
      this.#addLabels(row, SOURCE);
      this.#addLabels(row, DESTINATION);
    }
    if (uids) {
      this.#addServiceUid(row);
      this.#addEgressNodeUid(row);
    }
  }

  #addLabels(row: EnrichableRow, side: SideWords): void {
    if (this.#filled & side.bit || !isNamed(row, side) || row.words[row.base + side.podNamespace] === 0) return;
    const pod = this.#namedPod(row, side);
    if (pod === undefined) this.misses.labels++;
    else row.putText(side.podLabels, this.#objects.strings.dictionary, pod.id('labels'));
  }

  /** The Pod that the row names at an end: the one that had its address if that has the name, else the one of that name. */
  #namedPod(row: EnrichableRow, side: SideWords): Pod | undefined {
    const { pods } = this.#objects;
    const seconds = row.flowStartSeconds;
    const namespace = this.#idOf(row, side.podNamespace);
    const name = this.#idOf(row, side.podName);
    const pod = pods.byAddress(row.words, row.base + side.address, seconds);
    if (pod?.id('name') === name && pod.id('namespace') === namespace) return pod;
    return pods.byNameIds(namespace, name, seconds);
  }

  #addServiceUid(row: EnrichableRow): void {
    if (row.words[row.base + SERVICE_PORT_NAME] === 0 || row.words[row.base + SERVICE_UID] !== 0) return;
    const length = row.copyText(SERVICE_PORT_NAME, scratch);
    const colon = scratch.subarray(0, length).indexOf(COLON);
    const { strings, services } = this.#objects;
    const service = services.byKeyId(strings.dictionary.lookup(scratch, 0, colon < 0 ? length : colon));
    if (service === undefined) this.misses.service++;
    else row.putText(SERVICE_UID, strings.dictionary, service.uidId);
  }

  #addEgressNodeUid(row: EnrichableRow): void {
    if (row.words[row.base + EGRESS_NODE_NAME] === 0 || row.words[row.base + EGRESS_NODE_UID] !== 0) return;
    const node = this.#objects.nodes.byNameId(this.#idOf(row, EGRESS_NODE_NAME));
    if (node === undefined) this.misses.egress_node++;
    else row.putText(EGRESS_NODE_UID, this.#objects.strings.dictionary, node.uidId);
  }

  /** The metadata's id of a text of the row; NONE if it is no object's. */
  #idOf(row: EnrichableRow, word: number): number {
    return this.#objects.strings.dictionary.lookup(scratch, 0, row.copyText(word, scratch));
  }
}

/** In place of a Node's name: there is no Pod, or one whose Node is not known. */
const NO_POD = NONE;
const UNKNOWN_NODE = 0;
