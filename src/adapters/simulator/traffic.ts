import { FlowEndReason, FlowType, PolicyType, RuleAction } from '../../domain/flow/enumerations.js';
import { EXTERNAL_HOSTS, externalAddress, type DualAddress, type Family } from './address-plan.js';
import type { Cluster, Node, Pod, PolicyRule, Service, Workload } from './cluster.js';
import { emptyIdentity, type FlowIdentity, type IdentityDraft } from './flow-identity.js';
import type { Denial, FlowKind, FlowPlan, GrowthProfile } from './flow-plan.js';
import { halvesOf } from './halves.js';
import type { SimulationOptions, TrafficShares } from './options.js';
import { PortRange } from './port-range.js';
import { PROTOCOL } from './protocol.js';
import type { Random } from './random.js';

const MILLISECONDS_PER_MINUTE = 60_000;

/** Draws before a wish (an endpoint on another Node, say) is given up. */
const ATTEMPTS = 8;

const FLOW_TYPES: Readonly<Record<FlowKind, number>> = {
  intraNode: FlowType.IntraNode,
  interNode: FlowType.InterNode,
  toExternal: FlowType.ToExternal,
  fromExternal: FlowType.FromExternal,
  fromExternalByIngressNode: FlowType.FromExternal,
};

/** The ends of a flow, chosen but not yet named. */
interface Ends {
  readonly source: Pod | null;
  readonly destination: Pod | null;
  /** The Node that took the connection from outside for a Pod elsewhere. */
  readonly ingressNode: Node | null;
  readonly service: Service | null;
  readonly protocol: number;
  readonly port: number;
}

/** Decides which flows exist: who talks to whom, by which way, under which policy, and how much. */
export class Traffic {
  readonly #cluster: Cluster;
  readonly #options: SimulationOptions;
  readonly #random: Random;
  readonly #externalPorts = new PortRange();
  readonly #externalHosts: readonly DualAddress[];
  #externalHost = 0;
  #externalPort = this.#externalPorts.take();

  constructor(cluster: Cluster, options: SimulationOptions, random: Random) {
    this.#cluster = cluster;
    this.#options = options;
    this.#random = random;
    this.#externalHosts = Array.from({ length: EXTERNAL_HOSTS }, (_, index) => externalAddress(index));
  }

  /** Makes up the next flow. */
  next(): FlowPlan {
    const random = this.#random;
    const family: Family = random.chance(this.#options.ipv6Share) ? 6 : 4;
    const kind = this.#kind();
    const denial = this.#denial(kind);
    const ends = this.#ends(kind);
    const identity = this.#identity(kind, family, ends, denial);
    const halves = halvesOf(kind, denial, family, identity, {
      source: ends.source?.node ?? ends.ingressNode,
      destination: ends.destination?.node ?? null,
    });
    return {
      kind,
      denial,
      family,
      identity: halves.length === 2 ? identity : halves[0]!.identity,
      halves,
      pods: [ends.source, ends.destination].filter((pod) => pod !== null),
      growth: denial === 'none' ? this.#growth() : this.#attempts(),
      finalEndReason: this.#finalEndReason(denial, ends.protocol),
      reports: this.#reports(denial),
      seed: random.word(),
    };
  }

  #kind(): FlowKind {
    const shares: TrafficShares = this.#options.shares;
    const total = shares.intraNode + shares.interNode + shares.toExternal + shares.fromExternal;
    const place = this.#random.fraction() * total;
    const manyNodes = this.#cluster.nodes.length > 1;
    if (place < shares.intraNode) return 'intraNode';
    if (place < shares.intraNode + shares.interNode) return manyNodes ? 'interNode' : 'intraNode';
    if (place < total - shares.fromExternal) return 'toExternal';
    const byIngressNode = this.#random.chance(this.#options.ingressNodeShare) && manyNodes;
    return byIngressNode ? 'fromExternalByIngressNode' : 'fromExternal';
  }

  #denial(kind: FlowKind): Denial {
    // What passed an ingress Node's proxy is not denied here: which Nodes report that depends on the policy's place.
    if (kind === 'fromExternalByIngressNode' || !this.#random.chance(this.#options.deniedShare)) return 'none';
    const denials: Denial[] = [];
    if (kind !== 'fromExternal') denials.push('egressDrop', 'egressReject');
    if (kind !== 'toExternal') denials.push('ingressDrop', 'ingressReject');
    return this.#random.pick(denials);
  }

  #ends(kind: FlowKind): Ends {
    const random = this.#random;
    if (kind === 'toExternal') {
      const udp = random.chance(0.15);
      return {
        source: this.#cluster.anyPod(random),
        destination: null,
        ingressNode: null,
        service: null,
        protocol: udp ? PROTOCOL.udp : PROTOCOL.tcp,
        port: udp ? random.pick([53, 123, 443]) : random.pick([443, 443, 80, 22, 5671]),
      };
    }
    if (kind === 'intraNode' || kind === 'interNode') return this.#podEnds(kind);
    const workloads = this.#cluster.published;
    const destination = workloads.length > 0 ? random.pick(random.pick(workloads).pods) : this.#cluster.anyPod(random);
    const { spec, service } = destination.workload;
    return {
      source: null,
      destination,
      ingressNode: kind === 'fromExternalByIngressNode' ? this.#otherNode(destination.node) : null,
      service: spec.published ? service : null,
      protocol: spec.protocol,
      port: spec.port,
    };
  }

  #podEnds(kind: 'intraNode' | 'interNode'): Ends {
    const random = this.#random;
    const source = this.#cluster.anyPod(random);
    const wanted = (pod: Pod): boolean => pod !== source && (pod.node === source.node) === (kind === 'intraNode');
    const byService = random.chance(this.#options.serviceShare) ? this.#endpoint(wanted) : null;
    const destination = byService ?? this.#neighbour(source, kind);
    const { spec } = destination.workload;
    const service = byService?.workload.service ?? null;
    return { source, destination, ingressNode: null, service, protocol: spec.protocol, port: spec.port };
  }

  /** A Pod behind some Service, as wanted; null if luck does not find one. */
  #endpoint(wanted: (pod: Pod) => boolean): Pod | null {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const workload: Workload = this.#random.pick(this.#cluster.services);
      const pod = this.#random.pick(workload.pods);
      if (wanted(pod)) return pod;
    }
    return null;
  }

  /** Another Pod of the same Node, or one of any other Node. */
  #neighbour(source: Pod, kind: 'intraNode' | 'interNode'): Pod {
    if (kind === 'interNode') return this.#random.pick(this.#cluster.podsOf(this.#otherNode(source.node)));
    const pods = this.#cluster.podsOf(source.node);
    return pods[(pods.indexOf(source) + this.#random.between(1, pods.length - 1)) % pods.length]!;
  }

  /** Any Node but this one. */
  #otherNode(node: Node): Node {
    const { nodes } = this.#cluster;
    return nodes[(node.index + this.#random.between(1, nodes.length - 1)) % nodes.length]!;
  }

  #identity(kind: FlowKind, family: Family, ends: Ends, denial: Denial): FlowIdentity {
    const { source, destination, ingressNode, service } = ends;
    const identity = emptyIdentity(family);
    identity.flowType = FLOW_TYPES[kind];
    identity.protocolIdentifier = ends.protocol;
    identity.destinationTransportPort = ends.port;
    if (source) this.#nameSource(identity, family, source);
    else this.#nameClient(identity, family);
    if (destination) this.#nameDestination(identity, family, destination);
    else identity.destinationIP = this.#externalHosts[this.#random.below(EXTERNAL_HOSTS)]![family];
    if (service) this.#nameService(identity, family, service, source === null);
    if (ingressNode) {
      identity.proxySnatIP = ingressNode.address[family];
      identity.proxySnatPort = ingressNode.snatPorts.take();
    }
    if (kind === 'toExternal' && this.#random.chance(this.#options.egressShare)) this.#nameEgress(identity, family);
    this.#namePolicies(identity, ends, denial);
    return identity;
  }

  #nameSource(identity: IdentityDraft, family: Family, pod: Pod): void {
    identity.sourceIP = pod.address[family];
    identity.sourceTransportPort = pod.ports.take();
    identity.sourcePodName = pod.name;
    identity.sourcePodNamespace = pod.workload.spec.namespace;
    identity.sourceNodeName = pod.node.name;
  }

  #nameDestination(identity: IdentityDraft, family: Family, pod: Pod): void {
    identity.destinationIP = pod.address[family];
    identity.destinationPodName = pod.name;
    identity.destinationPodNamespace = pod.workload.spec.namespace;
    identity.destinationNodeName = pod.node.name;
  }

  /** A client outside, never the same address and port twice in a hundred million flows. */
  #nameClient(identity: IdentityDraft, family: Family): void {
    if (this.#externalHost === EXTERNAL_HOSTS) {
      this.#externalHost = 0;
      this.#externalPort = this.#externalPorts.take();
    }
    identity.sourceIP = this.#externalHosts[this.#externalHost++]![family];
    identity.sourceTransportPort = this.#externalPort;
  }

  /** Clients outside connect to the load balancer's address, Pods to the cluster's. */
  #nameService(identity: IdentityDraft, family: Family, service: Service, fromOutside: boolean): void {
    identity.destinationServicePort = service.port;
    identity.destinationServicePortName = service.portName;
    identity.destinationServiceIP = fromOutside ? service.externalIP[family] : service.clusterIP[family];
    if (!fromOutside) identity.destinationClusterIP = service.clusterIP[family];
  }

  #nameEgress(identity: IdentityDraft, family: Family): void {
    const egress = this.#random.pick(this.#cluster.egresses);
    identity.egressName = egress.name;
    identity.egressIP = egress.address[family].text;
    identity.egressNodeName = egress.node.name;
  }

  /** The policies that select the flow: allowing ones at random, and the one that denies it. */
  #namePolicies(identity: IdentityDraft, { source, destination }: Ends, denial: Denial): void {
    const deniedAtSource = denial === 'egressDrop' || denial === 'egressReject';
    const deniedAtDestination = denial === 'ingressDrop' || denial === 'ingressReject';
    const action = denial === 'egressDrop' || denial === 'ingressDrop' ? RuleAction.Drop : RuleAction.Reject;
    const egress = source && this.#rule(source, deniedAtSource);
    // What the source's policy denied never came to the destination's.
    const ingress = destination && !deniedAtSource ? this.#rule(destination, deniedAtDestination) : null;
    if (egress) {
      identity.egressNetworkPolicyName = egress.name;
      identity.egressNetworkPolicyNamespace = egress.namespace;
      identity.egressNetworkPolicyType = egress.type;
      identity.egressNetworkPolicyRuleName = egress.ruleName;
      identity.egressNetworkPolicyRuleAction = deniedAtSource ? action : RuleAction.Allow;
    }
    if (ingress) {
      identity.ingressNetworkPolicyName = ingress.name;
      identity.ingressNetworkPolicyNamespace = ingress.namespace;
      identity.ingressNetworkPolicyType = ingress.type;
      identity.ingressNetworkPolicyRuleName = ingress.ruleName;
      identity.ingressNetworkPolicyRuleAction = deniedAtDestination ? action : RuleAction.Allow;
    }
  }

  /** A rule that selects the Pod. Kubernetes' own policies only allow, so a denying one is Antrea's. */
  #rule(pod: Pod, denies: boolean): PolicyRule | null {
    const { namespace } = pod.workload.spec;
    if (denies)
      return {
        name: `${namespace}-lockdown`,
        namespace,
        type: PolicyType.AntreaNetworkPolicy,
        ruleName: 'default-deny',
      };
    return this.#random.chance(this.#options.policyShare) ? this.#cluster.ruleFor(namespace, this.#random) : null;
  }

  /** Most flows are small, a few carry gigabytes a minute. */
  #growth(): GrowthProfile {
    const random = this.#random;
    const packetsPerMinute = random.chance(0.01) ? random.between(1_000_000, 4_000_000) : 10 ** (random.fraction() * 4);
    const packets = Math.ceil((packetsPerMinute * this.#options.reportIntervalMs) / MILLISECONDS_PER_MINUTE);
    return {
      packets,
      octetsPerPacket: random.between(52, 1400),
      reversePackets: Math.ceil(packets * (0.5 + random.fraction())),
      reverseOctetsPerPacket: random.between(52, 1400),
    };
  }

  /** A denied connection: a few small packets, no answer. */
  #attempts(): GrowthProfile {
    return { packets: 2, octetsPerPacket: 60, reversePackets: 0, reverseOctetsPerPacket: 0 };
  }

  #finalEndReason(denial: Denial, protocol: number): number {
    if (denial !== 'none') return FlowEndReason.IdleTimeout;
    if (protocol === PROTOCOL.tcp) return FlowEndReason.EndOfFlow;
    return this.#random.chance(0.5) ? FlowEndReason.IdleTimeout : FlowEndReason.EndOfFlow;
  }

  /** Lifetimes are geometric, as if each report had the same chance to be the last. */
  #reports(denial: Denial): number {
    const { reportsPerFlow, flowLifetimeReports } = this.#options;
    if (reportsPerFlow !== undefined) return reportsPerFlow;
    const mean = denial === 'none' ? flowLifetimeReports : Math.min(2, flowLifetimeReports);
    if (mean <= 1) return 1;
    return 1 + Math.floor(Math.log(1 - this.#random.fraction()) / Math.log(1 - 1 / mean));
  }
}
