/**
 * What is to become of a record, worked out from a list of Pods by looking at each of them: shares nothing with the program.
 */
import type { Value, Values } from '../../../support/ipfix-messages.js';
import type { ClusterPod, TestCluster } from './cluster.js';

/** Where records come from. */
export interface Origin {
  /** The exporter's address. */
  readonly address: string;
  readonly domain: number;
}

/** What flows are completed with. */
export interface Completion {
  readonly podLabels: boolean;
  readonly uids: boolean;
}

type Draft = Record<string, Value>;
type End = 'source' | 'destination';

/** Terminated Pods are found for so long. */
const FINDABLE_SECONDS = 300;

const INTRA_NODE = 1;
const INTER_NODE = 2;
const TO_EXTERNAL = 3;
const FROM_EXTERNAL = 4;

/** The octets of a UUID. */
export const uuidBytes = (uuid: string): Uint8Array => Uint8Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'));

/** Keys in the order of their code points, no spaces. */
export const labelsJson = (labels: Readonly<Record<string, string>>): string =>
  `{${Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join(',')}}`;

/** The rules of a cluster at a time: what §7 and §8 of the rules make of records. */
export class Oracle {
  readonly #cluster: TestCluster;
  readonly #nowSeconds: number;
  readonly #completion: Completion;

  constructor(cluster: TestCluster, nowSeconds: number, completion: Completion) {
    this.#cluster = cluster;
    this.#nowSeconds = nowSeconds;
    this.#completion = completion;
  }

  /** A record as Proxy mode passes it on, by element. */
  forwarded(record: Values, { address, domain }: Origin): Values {
    const draft: Draft = { ...record };
    if (!draft['flowType']) this.#infer(draft);
    draft['flowDirection'] = direction(draft);
    if (draft['flowType'] === INTER_NODE) this.#fillBoth(draft);
    this.#label(draft);
    return {
      ...draft,
      originalObservationDomainId: domain,
      originalExporterIPv4Address: address.includes(':') ? '0.0.0.0' : address,
      originalExporterIPv6Address: address.includes(':') ? address : '::',
      clusterId: this.#cluster.uuid ?? '',
    };
  }

  /**
   * A flow's identity as Aggregate mode completes it, by element.
   *
   * @param isCorrelated whether two halves met
   */
  completed(flow: Values, isCorrelated: boolean): Values {
    const draft: Draft = { ...flow };
    if (!draft['flowType']) this.#infer(draft);
    else if (!isCorrelated && draft['flowType'] === INTER_NODE) this.#fillBoth(draft);
    else if (!isCorrelated && isIngressHalf(draft)) this.#fill(draft, 'destination');
    this.#label(draft);
    return { ...draft, clusterId: this.#cluster.uuid ?? '' };
  }

  /** The Pods that a record does not name. */
  #fillBoth(draft: Draft): void {
    for (const end of ['source', 'destination'] as const) if (!draft[`${end}PodName`]) this.#fill(draft, end);
  }

  /** Labels and UIDs. */
  #label(draft: Draft): void {
    if (this.#completion.podLabels) {
      for (const end of ['source', 'destination'] as const) {
        const pod = this.#named(draft, end);
        if (pod) draft[`${end}PodLabels`] = labelsJson(pod.labels);
      }
    }
    if (!this.#completion.uids) return;
    const [service] = String(draft['destinationServicePortName'] ?? '').split(':');
    const { services, nodes } = this.#cluster;
    const serviceUid = services.find(({ namespace, name }) => `${namespace}/${name}` === service)?.uid;
    if (serviceUid !== undefined) draft['destinationServiceUUID'] ??= uuidBytes(serviceUid);
    const nodeUid = nodes.find(({ name }) => name === draft['egressNodeName'])?.uid;
    if (nodeUid !== undefined) draft['egressNodeUUID'] ??= uuidBytes(nodeUid);
  }

  /** The Pod that had an address when a flow began. */
  #podAt(address: Value | undefined, startSeconds: Value | undefined): ClusterPod | undefined {
    const candidates = this.#cluster.pods.filter(
      ({ ips, hostNetwork, finishedSeconds = Infinity }) =>
        !hostNetwork && ips.some((ip) => ip === address) && finishedSeconds + FINDABLE_SECONDS > this.#nowSeconds,
    );
    if (candidates.length <= 1) return candidates[0];
    const start = Number(startSeconds);
    return candidates
      .filter(({ createdSeconds, finishedSeconds = Infinity }) => createdSeconds < start && start < finishedSeconds)
      .toSorted((a, b) => b.createdSeconds - a.createdSeconds)[0];
  }

  #infer(draft: Draft): void {
    // The Node of the Pod at each end; undefined if there is no Pod, empty if a Pod is named that nobody knows.
    const [source, destination] = (['source', 'destination'] as const).map((end) =>
      draft[`${end}PodName`] ? (this.#named(draft, end)?.node ?? '') : this.#fill(draft, end)?.node,
    );
    if (source !== undefined && destination !== undefined) {
      if (source !== '' && destination !== '') draft['flowType'] = source === destination ? INTRA_NODE : INTER_NODE;
    } else if (source !== undefined) draft['flowType'] = TO_EXTERNAL;
    else if (destination !== undefined) draft['flowType'] = FROM_EXTERNAL;
  }

  #fill(draft: Draft, end: End): ClusterPod | undefined {
    const pod = this.#podAt(addressOf(draft, end), draft['flowStartSeconds']);
    if (pod === undefined) return undefined;
    draft[`${end}PodName`] = pod.name;
    draft[`${end}PodNamespace`] = pod.namespace;
    draft[`${end}NodeName`] = pod.node;
    if (this.#completion.uids) {
      draft[`${end}PodUUID`] = uuidBytes(pod.uid);
      const node = this.#cluster.nodes.find(({ name }) => name === pod.node);
      if (node) draft[`${end}NodeUUID`] = uuidBytes(node.uid);
    }
    return pod;
  }

  /** The Pod that a record names at an end. */
  #named(draft: Draft, end: End): ClusterPod | undefined {
    const isIt = ({ name, namespace }: ClusterPod): boolean =>
      name === draft[`${end}PodName`] && namespace === draft[`${end}PodNamespace`];
    const atAddress = this.#podAt(addressOf(draft, end), draft['flowStartSeconds']);
    return atAddress && isIt(atAddress) ? atAddress : this.#cluster.pods.find(isIt);
  }
}

const addressOf = (draft: Draft, end: End): Value | undefined =>
  draft[`${end}IPv4Address`] ?? draft[`${end}IPv6Address`];

/** Whether a record is what the Node says that took a connection from outside in and passed it on to another one. */
export function isIngressHalf({ flowType, destinationPodName, proxySnatIPv4, proxySnatIPv6 }: Values): boolean {
  return flowType === FROM_EXTERNAL && !destinationPodName && Boolean(proxySnatIPv4 ?? proxySnatIPv6);
}

/** Whether a record is only one half of a connection, which waits for the other. */
export function needsOtherHalf(record: Values): boolean {
  if (isIngressHalf(record)) return true;
  const { flowType, sourcePodName, destinationPodName } = record;
  const isDenied =
    [2, 3].includes(Number(record['egressNetworkPolicyRuleAction'])) || record['ingressNetworkPolicyRuleAction'] === 3;
  return flowType === INTER_NODE && Boolean(sourcePodName) !== Boolean(destinationPodName) && !isDenied;
}

function direction({ flowType, sourcePodName, destinationPodName }: Draft): number {
  if (flowType === INTER_NODE && sourcePodName && !destinationPodName) return 1;
  if (flowType === INTER_NODE && destinationPodName && !sourcePodName) return 0;
  if (flowType === TO_EXTERNAL && sourcePodName) return 1;
  if (flowType === FROM_EXTERNAL && destinationPodName) return 0;
  return 255;
}
