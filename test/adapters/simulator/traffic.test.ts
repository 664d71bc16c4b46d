import { describe, expect, it } from '@jest/globals';
import { Cluster } from '../../../src/adapters/simulator/cluster.js';
import type { FlowPlan } from '../../../src/adapters/simulator/flow-plan.js';
import { simulationOptions, type SimulationOptions } from '../../../src/adapters/simulator/options.js';
import { Random } from '../../../src/adapters/simulator/random.js';
import { Traffic } from '../../../src/adapters/simulator/traffic.js';

function plansOf(given: Partial<SimulationOptions>, count = 3000): FlowPlan[] {
  const options = simulationOptions({ nodes: 10, podsPerNode: 12, deniedShare: 0.2, ...given });
  const random = new Random(options.seed);
  const traffic = new Traffic(new Cluster(options, random), options, random);
  return Array.from({ length: count }, () => traffic.next());
}

const plans = plansOf({});
const of = (choose: (plan: FlowPlan) => boolean): FlowPlan[] => {
  const chosen = plans.filter(choose);
  expect(chosen.length).toBeGreaterThan(10);
  return chosen;
};

describe('the traffic of a simulated cluster', () => {
  it('is the same for the same seed and another for another', () => {
    expect(plansOf({ seed: 7 }, 200)).toEqual(plansOf({ seed: 7 }, 200));
    expect(plansOf({ seed: 8 }, 200)).not.toEqual(plansOf({ seed: 7 }, 200));
  });

  it('has no two flows of one key', () => {
    const keys = plans.flatMap(({ halves }) => {
      const { sourceIP, destinationIP, sourceTransportPort, destinationTransportPort, protocolIdentifier } =
        halves.at(-1)!.identity;
      return [
        [sourceIP.text, sourceTransportPort, destinationIP.text, destinationTransportPort, protocolIdentifier].join(),
      ];
    });
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('has all kinds of flow, policy, protocol and family', () => {
    expect(new Set(plans.map(({ kind }) => kind)).size).toBe(5);
    expect(new Set(plans.map(({ denial }) => denial)).size).toBe(5);
    expect(new Set(plans.map(({ family }) => family))).toEqual(new Set([4, 6]));
    expect(new Set(plans.map(({ identity }) => identity.protocolIdentifier))).toEqual(new Set([6, 17, 132]));
    expect(new Set(plans.map(({ identity }) => identity.ingressNetworkPolicyType))).toEqual(new Set([0, 1, 2, 3, 4]));
    of(({ identity }) => identity.egressName !== '');
    of(({ identity }) => identity.destinationServicePortName !== '');
  });

  it('names the families of all addresses alike', () => {
    for (const { family, halves } of plans) {
      for (const { identity } of halves) {
        const { sourceIP, destinationIP, destinationClusterIP, destinationServiceIP, proxySnatIP } = identity;
        const lengths = [sourceIP, destinationIP, destinationClusterIP, destinationServiceIP, proxySnatIP].map(
          (a) => a.bytes.length,
        );
        expect(new Set(lengths)).toEqual(new Set([family === 4 ? 4 : 16]));
      }
    }
  });
});

describe('an inter-Node flow', () => {
  it('is reported in halves that know their own Pod and policy', () => {
    for (const { identity, halves } of of(({ kind, denial }) => kind === 'interNode' && denial === 'none')) {
      const [source, destination] = halves;
      expect(source!.node).not.toBe(destination!.node);
      expect(source!.identity).toMatchObject({
        sourcePodName: identity.sourcePodName,
        destinationPodName: '',
        ingressNetworkPolicyName: '',
      });
      expect(destination!.identity).toMatchObject({
        sourcePodName: '',
        destinationPodName: identity.destinationPodName,
        destinationServicePortName: '',
        egressNetworkPolicyName: '',
      });
    }
  });

  it('has an identity in which each part is that of the half that knows it', () => {
    for (const { identity, halves } of of(({ halves }) => halves.length === 2)) {
      for (const [name, value] of Object.entries(identity)) {
        const known = halves.map((half) => half.identity[name as keyof typeof identity]);
        expect(known).toContainEqual(value);
      }
    }
  });

  it('that is denied is reported where that was noticed', () => {
    const sides = (denial: string): string[][] =>
      of((plan) => plan.kind === 'interNode' && plan.denial === denial).map(({ halves }) =>
        halves.map(({ side }) => side),
      );
    expect(new Set(sides('egressDrop').flat())).toEqual(new Set(['both']));
    for (const reporters of sides('ingressDrop')) expect(reporters).toEqual(['source', 'destination']);
    for (const { halves } of of((plan) => plan.kind === 'interNode' && plan.denial === 'ingressReject')) {
      expect(halves).toHaveLength(1);
      expect(halves[0]!.identity).toMatchObject({ sourcePodName: '', ingressNetworkPolicyRuleAction: 3 });
    }
  });

  it('does not exist in a cluster of one Node', () => {
    expect(plansOf({ nodes: 1 }, 500).every(({ halves }) => halves.length === 1)).toBe(true);
  });
});

describe('a flow from outside through an ingress Node', () => {
  it('is reported by both Nodes, before and after source NAT', () => {
    for (const { halves } of of(({ kind }) => kind === 'fromExternalByIngressNode')) {
      const [ingress, destination] = halves;
      const { proxySnatIP, proxySnatPort } = ingress!.identity;
      expect(ingress!.identity).toMatchObject({ flowType: 4, destinationPodName: '' });
      expect(proxySnatIP).toBe(ingress!.node.address[proxySnatIP.bytes.length === 4 ? 4 : 6]);
      expect(destination!.identity).toMatchObject({
        flowType: 2,
        sourceIP: proxySnatIP,
        sourceTransportPort: proxySnatPort,
      });
      expect(destination!.identity.proxySnatIP.text).toBe('');
      expect(destination!.identity.destinationPodName).not.toBe('');
    }
  });
});
