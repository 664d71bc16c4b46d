import { describe, expect, it } from '@jest/globals';
import { Cluster } from '../../../src/adapters/simulator/cluster.js';
import { FlowCounters, namedCounters } from '../../../src/adapters/simulator/flow-counters.js';
import { FLOW_ROOM, FlowMessage, countersOfFlow } from '../../../src/adapters/simulator/flow-message.js';
import type { HalfPlan } from '../../../src/adapters/simulator/flow-plan.js';
import { emptyIdentity } from '../../../src/adapters/simulator/flow-identity.js';
import { simulationOptions } from '../../../src/adapters/simulator/options.js';
import { Random } from '../../../src/adapters/simulator/random.js';
import { Traffic } from '../../../src/adapters/simulator/traffic.js';
import { formatAddress } from '../../../src/domain/flow/address.js';
import { decodeRequest, reportOfFlow, type DecodedFlow } from './flow-service.js';

const REPORT = {
  exportSeconds: 1_700_000_062,
  observationDomain: 300,
  sequence: 5,
  flowEndSeconds: 1_700_000_061,
  endReason: 2,
};
const START = 1_700_000_000;

const options = simulationOptions({ nodes: 10, podsPerNode: 12, deniedShare: 0.2, seed: 3 });
const random = new Random(options.seed);
const traffic = new Traffic(new Cluster(options, random), options, random);
const plans = Array.from({ length: 600 }, () => traffic.next());
const halves = plans.flatMap((plan) => plan.halves.map((half) => ({ plan, half })));

const countersOf = (growth: ConstructorParameters<typeof FlowCounters>[0]): FlowCounters => {
  const counters = new FlowCounters(growth, 1);
  counters.grow();
  counters.grow();
  return counters;
};

function write(
  family: 4 | 6,
  { identity, tcpState }: Pick<HalfPlan, 'identity' | 'tcpState'>,
  counters: Float64Array,
  at = 0,
): { message: FlowMessage; bytes: Buffer; view: DataView; end: number } {
  const message = new FlowMessage(Buffer.alloc(FLOW_ROOM));
  message.encode(family, identity, START, tcpState);
  const bytes = Buffer.alloc(2 * FLOW_ROOM, 0xee);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { message, bytes, view, end: message.write(bytes, view, at, REPORT, counters) };
}

const text = (value: unknown): string => (value instanceof Uint8Array && value.length > 0 ? formatAddress(value) : '');

/** Field of Kubernetes for each part of an identity that is there. */
const IN_KUBERNETES = [
  'sourcePodName',
  'sourcePodNamespace',
  'sourceNodeName',
  'destinationPodName',
  'destinationPodNamespace',
  'destinationNodeName',
  'destinationServicePort',
  'destinationServicePortName',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyType',
  'ingressNetworkPolicyRuleName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyName',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyType',
  'egressNetworkPolicyRuleName',
  'egressNetworkPolicyRuleAction',
  'flowType',
  'egressName',
  'egressNodeName',
] as const;

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('a Flow', () => {
  it('says by the .proto what its half knows, for flows of all kinds', () => {
    for (const { plan, half } of halves) {
      const { identity } = half;
      const counters = countersOf(plan.growth);
      const { bytes, end } = write(plan.family, half, counters.values);
      const { flows } = decodeRequest(bytes.subarray(0, end));
      expect(flows).toHaveLength(1);
      const flow = flows[0]!;
      expect(reportOfFlow(flow, end)).toEqual({
        observationDomain: 300,
        key: {
          sourceIP: identity.sourceIP.text,
          destinationIP: identity.destinationIP.text,
          protocolIdentifier: identity.protocolIdentifier,
          sourceTransportPort: identity.sourceTransportPort,
          destinationTransportPort: identity.destinationTransportPort,
        },
        messageBytes: end,
        ...namedCounters(counters.values),
        flowStartSeconds: START,
        flowEndSeconds: REPORT.flowEndSeconds,
        flowEndReason: 2,
        tcpState: half.tcpState,
      });
      expect(flow.ipfix!.export_time).toEqual({ seconds: REPORT.exportSeconds, nanos: 0 });
      expect(flow.ip!.version).toBe(plan.family);
      expect(flow.app).not.toBeNull();
      const k8s = flow.k8s!;
      expect(IN_KUBERNETES.map((name) => k8s[snakeCase(name)])).toEqual(IN_KUBERNETES.map((name) => identity[name]));
      expect(text(k8s['destination_cluster_ip'])).toBe(identity.destinationClusterIP.text);
      expect(text(k8s['destination_service_ip'])).toBe(identity.destinationServiceIP.text);
      expect(text(k8s['egress_ip'])).toBe(identity.egressIP);
      expect(text(flow.proxy_snat_ip)).toBe(identity.proxySnatIP.text);
      expect(flow.proxy_snat_port).toBe(identity.proxySnatPort);
    }
  });

  it('has a UID for each Pod, Node, policy and Egress that it names, the same for the same name', () => {
    const uids = new Map<string, Set<string>>();
    for (const { plan, half } of halves) {
      const { bytes, end } = write(plan.family, half, new Float64Array(8));
      const k8s = decodeRequest(bytes.subarray(0, end)).flows[0]!.k8s as Record<string, string>;
      for (const [name, namespace, uid] of [
        ['source_pod_name', '', 'source_pod_uid'],
        ['destination_pod_name', '', 'destination_pod_uid'],
        ['source_node_name', '', 'source_node_uid'],
        ['egress_network_policy_name', 'egress_network_policy_namespace', 'egress_network_policy_uid'],
        ['egress_name', '', 'egress_uid'],
      ] as const) {
        if (k8s[name] === '') {
          expect(k8s[uid]).toBe('');
          continue;
        }
        expect(k8s[uid]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        const named = `${namespace === '' ? '' : k8s[namespace]!}/${k8s[name]!}`;
        uids.set(named, (uids.get(named) ?? new Set()).add(k8s[uid]!));
      }
    }
    const all = [...uids.values()].flatMap((of) => [...of]);
    expect(all).toHaveLength(uids.size);
    expect(new Set(all).size).toBe(uids.size);
  });

  it('keeps room for the greatest counters, exactly', () => {
    const greatest = new Float64Array(8).map((_, i) => Number.MAX_SAFE_INTEGER - i);
    for (const { plan, half } of halves.slice(0, 300)) {
      const { bytes, view, end } = write(plan.family, half, greatest, 7);
      expect(end - 7).toBeLessThanOrEqual(FLOW_ROOM);
      expect(countersOfFlow(view, 7)).toEqual(greatest);
      const report = reportOfFlow(decodeRequest(bytes.subarray(7, end)).flows[0]!, 0);
      expect({ totals: report.totals, deltas: report.deltas }).toEqual(namedCounters(greatest));
      expect(bytes[6]).toBe(0xee);
    }
  });

  it('gives back counters of which some are 0', () => {
    const values = Float64Array.of(1, 0, 300, 2 ** 31, 0, 2 ** 32, 0, 127);
    const { view } = write(4, halves.find(({ plan }) => plan.family === 4)!.half, values, 3);
    expect(countersOfFlow(view, 3)).toEqual(values);
  });

  it('several of them in a row are a request of several', () => {
    const parts = halves.slice(0, 3).map(({ plan, half }) => write(plan.family, half, new Float64Array(8)));
    const { flows } = decodeRequest(Buffer.concat(parts.map(({ bytes, end }) => bytes.subarray(0, end))));
    const ports = flows.map((flow: DecodedFlow) => flow.transport!.source_port);
    expect(ports).toEqual(halves.slice(0, 3).map(({ half }) => half.identity.sourceTransportPort));
  });

  it('lets its source be replaced', () => {
    for (const family of [4, 6] as const) {
      const { half } = halves.find(
        ({ plan, half: { identity } }) => plan.family === family && identity.sourceTransportPort > 16_383,
      )!;
      const { message, bytes, view, end } = write(family, half, new Float64Array(8), 9);
      message.replaceSource(view, 9, 0x0a81_0203, 61_000);
      const { ip, transport } = decodeRequest(bytes.subarray(9, end)).flows[0]!;
      expect(Buffer.from(ip!.source).toString('hex')).toMatch(/0a810203$/);
      expect(ip!.source).toHaveLength(family === 4 ? 4 : 16);
      expect(transport!.source_port).toBe(61_000);
    }
  });

  it('refuses names that are too long for it', () => {
    const identity = { ...emptyIdentity(4), sourcePodName: 'x'.repeat(500), destinationPodName: 'y'.repeat(400) };
    expect(() => write(4, { identity, tcpState: '' }, new Float64Array(8))).toThrow(RangeError);
    const longer = { ...identity, egressName: 'z'.repeat(500) };
    expect(() => write(4, { identity: longer, tcpState: '' }, new Float64Array(8))).toThrow(RangeError);
  });
});
