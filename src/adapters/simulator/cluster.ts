import { PolicyType } from '../../domain/flow/enumerations.js';
import {
  NO_ADDRESS,
  clusterAddress,
  egressAddress,
  loadBalancerAddress,
  nodeAddress,
  podAddress,
  podRangeBits,
  type DualAddress,
} from './address-plan.js';
import type { SimulationOptions } from './options.js';
import { PortRange } from './port-range.js';
import type { Random } from './random.js';
import { WORKLOADS, type WorkloadSpec } from './workloads.js';

/** A Node; one exporter reports for it. */
export interface Node {
  readonly index: number;
  readonly name: string;
  readonly address: DualAddress;
  /** Seconds that its polls lag behind. */
  readonly pollLag: number;
  /** Ports for source NAT of what comes in from outside. */
  readonly snatPorts: PortRange;
  /** Number of the next Pod address of the Node's range. */
  nextPodAddress: number;
}

/** A Pod. Another one takes its place in the cluster when it is replaced; this object then stays as it was. */
export interface Pod {
  readonly name: string;
  readonly node: Node;
  readonly workload: Workload;
  readonly address: DualAddress;
  /** Ports of its connections to others. */
  readonly ports: PortRange;
  /** Those who are told when another Pod takes its place. */
  readonly dependants: Set<PodDependant>;
}

/** Something that ends with a Pod. */
export interface PodDependant {
  /** One of its Pods is replaced. */
  losePod(): void;
}

/** A Deployment with its Pods of the moment. */
export interface Workload {
  readonly spec: WorkloadSpec;
  readonly pods: Pod[];
  /** Name of its ReplicaSet, the Pods' names begin with it. */
  readonly replicaSet: string;
  readonly service: Service | null;
}

/** A Service as a flow's fields name it. */
export interface Service {
  readonly clusterIP: DualAddress;
  /** What clients outside connect to; {@link NO_ADDRESS} if they can't. */
  readonly externalIP: DualAddress;
  readonly port: number;
  /** "namespace/name:port name" */
  readonly portName: string;
}

/** One rule of a network policy as a flow's fields name it. */
export interface PolicyRule {
  readonly name: string;
  /** Empty for cluster policies. */
  readonly namespace: string;
  readonly type: number;
  /** Kubernetes' own policies have no rule names. */
  readonly ruleName: string;
}

/** An Egress: flows that it selects leave from its Node with its address. */
export interface Egress {
  readonly name: string;
  readonly address: DualAddress;
  readonly node: Node;
}

/** Characters that Kubernetes makes random names of. */
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Policies select by namespace; these apply to any namespace. */
const CLUSTER_RULES: readonly PolicyRule[] = [
  {
    name: 'baseline-isolation',
    namespace: '',
    type: PolicyType.AntreaClusterNetworkPolicy,
    ruleName: 'platform-traffic',
  },
  { name: 'tenant-boundary', namespace: '', type: PolicyType.K8sClusterNetworkPolicy, ruleName: 'between-tenants' },
];

/** The simulated cluster: Nodes, Pods, Services, Egresses, network policies. */
export class Cluster {
  readonly nodes: readonly Node[];
  readonly workloads: readonly Workload[];
  readonly services: readonly Workload[];
  readonly published: readonly Workload[];
  readonly egresses: readonly Egress[];
  readonly #podsByNode: readonly Pod[][];
  readonly #podRangeBits: number;
  readonly #random: Random;
  #pods = 0;

  /** @param random what the cluster's names and places are drawn from, here and as Pods are replaced */
  constructor(options: Pick<SimulationOptions, 'nodes' | 'podsPerNode' | 'pollLagSeconds'>, random: Random) {
    this.#random = random;
    this.#podRangeBits = podRangeBits(options.podsPerNode);
    this.nodes = Array.from({ length: options.nodes }, (_, index) => ({
      index,
      name: `pool-a-${random.text(8, NAME_ALPHABET)}-${index + 1}.eu-central-1.internal`,
      address: nodeAddress(index),
      pollLag: random.between(0, options.pollLagSeconds),
      snatPorts: new PortRange(),
      nextPodAddress: 2,
    }));
    this.workloads = WORKLOADS.map((spec, index) => ({
      spec,
      pods: [],
      replicaSet: `${spec.name}-${random.text(9, NAME_ALPHABET)}`,
      service: spec.service && {
        clusterIP: clusterAddress(index),
        externalIP: spec.published ? loadBalancerAddress(index) : NO_ADDRESS,
        port: spec.service.port,
        portName: `${spec.namespace}/${spec.name}:${spec.service.portName}`,
      },
    }));
    this.#podsByNode = this.nodes.map(() => []);
    this.#placePods(options.podsPerNode);
    this.services = this.workloads.filter((workload) => workload.service !== null && workload.pods.length > 0);
    this.published = this.services.filter((workload) => workload.spec.published);
    this.egresses = ['shop', 'payments', 'partners', 'backup'].map((name, index) => ({
      name: `egress-${name}`,
      address: egressAddress(index),
      node: random.pick(this.nodes),
    }));
  }

  /** The Pods of a Node. */
  podsOf(node: Node): readonly Pod[] {
    return this.#podsByNode[node.index]!;
  }

  /** How many Pods there are. */
  get podCount(): number {
    return this.#pods;
  }

  /** Any Pod. */
  anyPod(random: Random): Pod {
    return random.pick(this.#podsByNode[random.below(this.nodes.length)]!);
  }

  /** A policy rule that selects Pods of the namespace. */
  ruleFor(namespace: string, random: Random): PolicyRule {
    const choice = random.below(4);
    if (choice === 0) return random.pick(CLUSTER_RULES);
    if (choice === 1) return { name: `allow-${namespace}`, namespace, type: PolicyType.K8sNetworkPolicy, ruleName: '' };
    return {
      name: `${namespace}-access`,
      namespace,
      type: PolicyType.AntreaNetworkPolicy,
      ruleName: choice === 2 ? 'known-clients' : 'partners-only',
    };
  }

  /** Puts a new Pod, of another name and address, in the place of this one. */
  replacePod(pod: Pod): void {
    for (const dependant of pod.dependants) dependant.losePod();
    const successor = this.#newPod(pod.node, pod.workload);
    replace(this.#podsByNode[pod.node.index]!, pod, successor);
    replace(pod.workload.pods, pod, successor);
  }

  /** Each workload gets a Pod first, then they share the places by weight. */
  #placePods(podsPerNode: number): void {
    const total = podsPerNode * this.nodes.length;
    const byWeight = this.workloads.flatMap((workload) => Array<Workload>(workload.spec.weight).fill(workload));
    for (let place = 0; place < total; place++) {
      const workload = this.workloads[place] ?? this.#random.pick(byWeight);
      const node = this.nodes[place % this.nodes.length]!;
      const pod = this.#newPod(node, workload);
      this.#podsByNode[node.index]!.push(pod);
      workload.pods.push(pod);
      this.#pods++;
    }
  }

  #newPod(node: Node, workload: Workload): Pod {
    const number = node.nextPodAddress;
    // The first two addresses of a Node's range are the network's and the gateway's, the last is for broadcast.
    node.nextPodAddress = number + 2 === 2 ** this.#podRangeBits ? 2 : number + 1;
    return {
      name: `${workload.replicaSet}-${this.#random.text(5, NAME_ALPHABET)}`,
      node,
      workload,
      address: podAddress(node.index, this.#podRangeBits, number),
      ports: new PortRange(),
      dependants: new Set(),
    };
  }
}

function replace<T>(items: T[], old: T, successor: T): void {
  items[items.indexOf(old)] = successor;
}
