import { describe, expect, it } from '@jest/globals';
import { FlowType } from '../../../src/domain/flow/enumerations.js';
import { ALL_COUNTERS, FlowRecord, Reporter } from '../../../src/domain/flow/flow-record.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';

const PODS: Record<string, RecordValues> = {
  none: {},
  source: { sourcePodName: 'client' },
  destination: { destinationPodName: 'server' },
  both: { sourcePodName: 'client', destinationPodName: 'server' },
};
const SNAT: RecordValues = { proxySnatIP: '10.0.0.9', proxySnatPort: 7 };

describe('§2 the ingress-Node half of a connection from outside', () => {
  it.each([
    ['FromExternal, no destination Pod, proxySnat', { flowType: 4, ...SNAT }, true],
    ['the same with a source Pod', { flowType: 4, ...SNAT, ...PODS['source'] }, true],
    ['without proxySnat', { flowType: 4 }, false],
    ['with a destination Pod', { flowType: 4, ...SNAT, ...PODS['destination'] }, false],
    ['InterNode', { flowType: 2, ...SNAT }, false],
    ['ToExternal', { flowType: 3, ...SNAT }, false],
    ['without a flowType', SNAT, false],
  ])('is what %s makes: %j is %s', (_, values: RecordValues, expected) => {
    expect(aRecord(values).isIngressNodeHalf).toBe(expected);
  });
});

describe('§3 denied by policy', () => {
  const denied = new Set(['egress 2', 'egress 3', 'ingress 3']);
  it.each(['egress', 'ingress'].flatMap((way) => [0, 1, 2, 3].map((action) => [way, action] as const)))(
    'is as the rules say for %s action %i',
    (way, action) => {
      expect(aRecord({ [`${way}NetworkPolicyRuleAction`]: action }).isDenied).toBe(denied.has(`${way} ${action}`));
    },
  );

  it('is a record that one side allows and the other rejects', () => {
    expect(aRecord({ egressNetworkPolicyRuleAction: 1, ingressNetworkPolicyRuleAction: 3 }).isDenied).toBe(true);
    expect(aRecord({ egressNetworkPolicyRuleAction: 2, ingressNetworkPolicyRuleAction: 1 }).isDenied).toBe(true);
  });
});

describe('§3 a record requires correlation', () => {
  const half = new Set(['2 source', '2 destination']);
  it.each(Object.values(FlowType).flatMap((flowType) => Object.keys(PODS).map((pods) => [flowType, pods] as const)))(
    'when flowType %i with Pods: %s is InterNode that names exactly one',
    (flowType, pods) => {
      expect(aRecord({ flowType, ...PODS[pods] }).requiresCorrelation).toBe(half.has(`${flowType} ${pods}`));
    },
  );

  it('when it is the ingress-Node half', () => {
    expect(aRecord({ flowType: 4, ...SNAT }).requiresCorrelation).toBe(true);
  });

  it.each([
    ['egress Drop', { egressNetworkPolicyRuleAction: 2 }, false],
    ['egress Reject', { egressNetworkPolicyRuleAction: 3 }, false],
    ['ingress Reject', { ingressNetworkPolicyRuleAction: 3 }, false],
    ['ingress Drop, which the source Node reports too', { ingressNetworkPolicyRuleAction: 2 }, true],
    ['egress Allow', { egressNetworkPolicyRuleAction: 1 }, true],
  ])('unless denied: %s', (_, policy, expected) => {
    expect(aRecord({ flowType: 2, ...PODS['source'], ...policy }).requiresCorrelation).toBe(expected);
    expect(aRecord({ flowType: 4, ...SNAT, ...policy }).requiresCorrelation).toBe(expected);
  });
});

describe('§3 a record is from', () => {
  it.each([
    ['none', Reporter.Neither],
    ['source', Reporter.Source],
    ['destination', Reporter.Destination],
    ['both', Reporter.Neither],
  ])('the Node of the one Pod it names: %s', (pods, expected) => {
    expect(aRecord({ flowType: 2, ...PODS[pods] }).reporter).toBe(expected);
  });

  it('the source when it is the ingress-Node half', () => {
    expect(aRecord({ flowType: 4, ...SNAT }).reporter).toBe(Reporter.Source);
    expect(aRecord({ flowType: 4, ...SNAT, ...PODS['destination'] }).reporter).toBe(Reporter.Destination);
  });
});

describe('FlowRecord', () => {
  it('§1 has what is missing at its default', () => {
    const record = new FlowRecord();
    expect([record.flowType, record.sourcePodName, record.egressIP, record.sourceIP]).toEqual([0, '', '', '::']);
    expect(record.counters.read('octetTotalCount')).toBe(0n);
    expect(record.carried).toBe(ALL_COUNTERS);
  });

  it('is at its defaults again after clear', () => {
    const record = aRecord({ sourcePodName: 'a', octetTotalCount: 5n, flowType: 2, carries: [], sequenceNumber: 9 });
    record.clear();
    expect(record.words).toEqual(new FlowRecord().words);
    expect(record.carried).toBe(ALL_COUNTERS);
    expect([record.exportTimeSeconds, record.sequenceNumber]).toEqual([0, 0]);
  });

  it('reads text and addresses where its references point, from the origin', () => {
    const record = aRecord({ sourcePodName: 'client', destinationPodName: 'sérver', egressIP: '2001:db8::1' });
    record.bytes = Uint8Array.of(1, 2, 3, ...record.bytes);
    record.origin = 3;
    expect([record.sourcePodName, record.destinationPodName, record.egressIP]).toEqual([
      'client',
      'sérver',
      '2001:db8::1',
    ]);
  });

  it('refers to up to 64 KiB from the origin, and by 0 to nothing', () => {
    const record = new FlowRecord();
    record.origin = 10;
    const reference = FlowRecord.reference(0xffff, 0xfffe);
    expect([record.start(reference), record.length(reference)]).toEqual([10 + 0xffff, 0xfffe]);
    expect(FlowRecord.reference(77, 0)).toBe(0);
    expect(FlowRecord.reference(0, 1)).not.toBe(0);
  });

  it('has export time and sequence number of 32 bits', () => {
    const record = aRecord({ exportTimeSeconds: 0xffffffff, sequenceNumber: 0xfffffffe, octetTotalCount: 1n });
    expect([record.exportTimeSeconds, record.sequenceNumber]).toEqual([0xffffffff, 0xfffffffe]);
    expect(record.counters.read('reverseOctetDeltaCount')).toBe(0n);
  });
});
