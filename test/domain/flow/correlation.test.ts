import { describe, expect, it } from '@jest/globals';
import { Outcome } from '../../../src/domain/flow/aggregated-flow.js';
import type { FlowFieldName } from '../../../src/domain/flow/fields.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';
import { hasFlag } from '../../support/a-table.js';
import { valuesOf } from '../../support/flow-values.js';
import { aFlowOf, aTrackedFlow } from '../../support/tracked-flow.js';

const SOURCE: RecordValues = { flowType: 2, sourcePodName: 'client', octetTotalCount: 100n, exporterIP: '192.0.2.1' };
const DESTINATION: RecordValues = {
  flowType: 2,
  destinationPodName: 'server',
  octetTotalCount: 90n,
  exporterIP: '192.0.2.2',
};
const INGRESS: RecordValues = {
  flowType: 4,
  sourceIP: '203.0.113.9',
  sourceTransportPort: 55_555,
  proxySnatIP: '10.0.0.1',
  proxySnatPort: 40_000,
  octetTotalCount: 100n,
};
const DENIED: RecordValues = { ...DESTINATION, ingressNetworkPolicyRuleAction: 3 };

const IDENTITY: Partial<Record<FlowFieldName, string | number>> = {
  sourcePodNamespace: 'a',
  sourcePodUID: 'b',
  sourceNodeName: 'c',
  sourceNodeUID: 'd',
  destinationPodNamespace: 'e',
  destinationPodUID: 'f',
  destinationNodeName: 'g',
  destinationNodeUID: 'h',
  destinationClusterIP: '10.96.0.1',
  destinationServiceIP: '10.96.0.2',
  destinationServicePort: 443,
  destinationServicePortName: 'i',
  ingressNetworkPolicyName: 'j',
  ingressNetworkPolicyNamespace: 'k',
  ingressNetworkPolicyUID: 'l',
  ingressNetworkPolicyRuleName: 'm',
  ingressNetworkPolicyRuleAction: 1,
  ingressNetworkPolicyType: 2,
  egressNetworkPolicyName: 'n',
  egressNetworkPolicyNamespace: 'o',
  egressNetworkPolicyUID: 'p',
  egressNetworkPolicyRuleName: 'q',
  egressNetworkPolicyRuleAction: 1,
  egressNetworkPolicyType: 3,
  egressName: 'r',
  egressUID: 's',
  egressIP: '198.51.100.1',
  egressNodeName: 't',
  egressNodeUID: 'u',
};
const fields = Object.entries(IDENTITY) as [FlowFieldName, string | number][];
/** Another value of a field's kind. */
const other = (name: FlowFieldName, value: string | number): string | number =>
  typeof value === 'string' ? (name.endsWith('IP') ? '10.1.1.1' : 'other') : name.endsWith('Action') ? 2 : value + 1;

describe('§5 correlate', () => {
  it.each([
    ['source', 'destination', SOURCE, DESTINATION],
    ['destination', 'source', DESTINATION, SOURCE],
  ])('a waiting flow of the %s Node with a record of the %s Node', (_, __, first, second) => {
    const flow = aFlowOf(first, second);
    expect([flow.isWaiting, flow.isCorrelated, flow.isUpdated]).toEqual([false, true, true]);
    expect([flow.sourcePodName, flow.destinationPodName]).toEqual(['client', 'server']);
    expect(valuesOf(flow)).toMatchObject({
      octetTotalCountFromSourceNode: 100n,
      octetTotalCountFromDestinationNode: 90n,
    });
  });

  it.each([
    ['source', SOURCE],
    ['destination', DESTINATION],
    ['ingress', INGRESS],
  ])('not with a second record of the same Node: %s', (_, record) => {
    const flow = aFlowOf(record, { ...record, sourceNodeName: 'unseen', flowEndSeconds: 2_000_000 });
    expect([flow.isWaiting, flow.isCorrelated, flow.sourceNodeName]).toEqual([true, false, '']);
  });

  it.each(fields)('takes %s, if the record has it', (name, value) => {
    expect(aFlowOf(SOURCE, { ...DESTINATION, [name]: value })[name]).toBe(value);
  });

  it.each(fields)("overwrites the flow's %s", (name, value) => {
    expect(
      aFlowOf(
        { ...SOURCE, [name]: other(name, value) === 2 ? 1 : other(name, value) },
        { ...DESTINATION, [name]: value },
      )[name],
    ).toBe(value);
  });

  it.each(fields)("keeps the flow's %s if the record's is empty", (name, value) => {
    expect(aFlowOf({ ...SOURCE, [name]: value }, DESTINATION)[name]).toBe(value);
  });

  it("keeps the flow's exporter, its key and its type", () => {
    const flow = aFlowOf({ ...SOURCE, observationDomainId: 1 }, { ...DESTINATION, observationDomainId: 2 });
    expect([flow.exporterIP, flow.observationDomainId, flow.flowType]).toEqual(['192.0.2.1', 1, 2]);
    expect([flow.sourceIP, flow.destinationIP]).toEqual(['10.0.0.1', '10.0.0.2']);
  });

  it('takes source, proxySnat and type of the ingress-Node half', () => {
    const flow = aFlowOf(DESTINATION, INGRESS);
    expect(valuesOf(flow)).toMatchObject({
      sourceIP: '203.0.113.9',
      sourceTransportPort: 55_555,
      proxySnatIP: '10.0.0.1',
      proxySnatPort: 40_000,
      flowType: 4,
      destinationPodName: 'server',
    });
    expect([flow.isWaiting, hasFlag(flow, 'KeyedByProxySnat')]).toEqual([false, true]);
  });

  it('keeps what an ingress-Node half began when the destination Node follows', () => {
    const flow = aFlowOf(INGRESS, DESTINATION);
    expect(valuesOf(flow)).toMatchObject({
      sourceIP: '203.0.113.9',
      sourceTransportPort: 55_555,
      proxySnatIP: '10.0.0.1',
      flowType: 4,
      destinationPodName: 'server',
    });
    expect(flow.isWaiting).toBe(false);
  });

  it('does not take proxySnat of any other record', () => {
    const flow = aFlowOf(SOURCE, { ...DESTINATION, proxySnatIP: '10.7.7.7', proxySnatPort: 5 });
    expect([flow.proxySnatIP, flow.proxySnatPort, flow.flowType]).toEqual(['', 0, 2]);
  });

  it('happens once: a later record brings no identity', () => {
    const flow = aFlowOf(SOURCE, DESTINATION, { ...SOURCE, sourcePodName: 'another', flowEndSeconds: 2_000_000 });
    expect(flow.sourcePodName).toBe('client');
  });
});

describe('§5 [better] a waiting flow that gets a record which requires no correlation', () => {
  it('takes its identity and is ready', () => {
    const flow = aFlowOf(SOURCE, { ...DENIED, destinationNodeName: 'node-2' });
    expect([flow.isWaiting, flow.isUpdated, flow.isCorrelated]).toEqual([false, true, true]);
    expect([flow.destinationPodName, flow.destinationNodeName, flow.ingressNetworkPolicyRuleAction]).toEqual([
      'server',
      'node-2',
      3,
    ]);
  });

  it('does so when the same Node denies', () => {
    const flow = aFlowOf(SOURCE, { ...SOURCE, egressNetworkPolicyRuleAction: 2, egressNetworkPolicyName: 'stop' });
    expect([flow.isWaiting, flow.isCorrelated, flow.egressNetworkPolicyName]).toEqual([false, false, 'stop']);
  });

  it('does so for a record that names both Pods', () => {
    const flow = aFlowOf(SOURCE, { ...DESTINATION, sourcePodName: 'client' });
    expect([flow.isWaiting, flow.destinationPodName]).toEqual([false, 'server']);
  });

  it('takes all that a denied ingress-Node half brings', () => {
    const flow = aFlowOf(DESTINATION, { ...INGRESS, egressNetworkPolicyRuleAction: 3 });
    expect(valuesOf(flow)).toMatchObject({ sourceIP: '203.0.113.9', proxySnatIP: '10.0.0.1', flowType: 4 });
  });
});

describe('§5 [better] a ready flow that only now hears from its other Node', () => {
  it.each(fields.filter(([name]) => name !== 'ingressNetworkPolicyRuleAction'))(
    'takes %s if it has none',
    (name, value) => {
      const flow = aFlowOf(DENIED, { ...SOURCE, [name]: value });
      expect([flow[name], flow.sourcePodName]).toEqual([value, 'client']);
    },
  );

  it.each(fields.filter(([name]) => name !== 'ingressNetworkPolicyRuleAction'))(
    'keeps the %s it has',
    (name, value) => {
      const flow = aFlowOf({ ...DENIED, [name]: value }, { ...SOURCE, [name]: other(name, value) });
      expect(flow[name]).toBe(value);
    },
  );

  it('takes all that an ingress-Node half brings', () => {
    const flow = aFlowOf(DENIED, INGRESS);
    expect(valuesOf(flow)).toMatchObject({
      sourceIP: '203.0.113.9',
      sourceTransportPort: 55_555,
      proxySnatIP: '10.0.0.1',
      proxySnatPort: 40_000,
      flowType: 4,
    });
  });

  it('is updated and correlated, though the record is older', () => {
    const flow = aTrackedFlow(DENIED);
    flow.exported();
    expect(flow.aggregate(aRecord({ ...SOURCE, octetTotalCount: 1n }))).toBe(Outcome.Older);
    expect([flow.isUpdated, flow.isCorrelated, flow.sourcePodName]).toEqual([true, true, 'client']);
  });

  it('does so once', () => {
    const flow = aFlowOf(DENIED, SOURCE, { ...SOURCE, sourceNodeName: 'late', flowEndSeconds: 2_000_000 });
    expect(flow.sourceNodeName).toBe('');
  });

  it('is not one that hears from the same Node, from no Node in particular, or that heard from none', () => {
    const late = { sourceNodeName: 'late' };
    expect(aFlowOf(DENIED, { ...DESTINATION, ...late }).sourceNodeName).toBe('');
    expect(aFlowOf(DENIED, { ...DENIED, sourcePodName: 'client', ...late }).sourceNodeName).toBe('');
    expect(aFlowOf({ ...DENIED, sourcePodName: 'client' }, { ...SOURCE, ...late }).sourceNodeName).toBe('');
  });
});
