import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FlowType } from '../../../src/domain/flow/enumerations.js';
import { COUNTER_FIELDS, type CounterName } from '../../../src/domain/flow/fields.js';
import { Outcome } from '../../../src/domain/flow/aggregated-flow.js';
import type { RecordValues } from '../../support/a-record.js';
import { TestTable } from '../../support/a-table.js';
import type { Values } from '../../support/flow-values.js';

const COUNTERS = Object.keys(COUNTER_FIELDS) as CounterName[];

/** What the source Node says of every report; nothing of it is what the destination Node says. */
const SOURCE: RecordValues = {
  flowType: FlowType.InterNode,
  exporterIP: '192.0.2.1',
  observationDomainId: 1,
  sourcePodName: 'client',
  sourcePodNamespace: 'shop',
  sourcePodUID: 'uid-of-client',
  sourceNodeName: 'node-1',
  sourceNodeUID: 'uid-of-node-1',
  destinationClusterIP: '10.96.0.1',
  destinationServiceIP: '10.96.0.1',
  destinationServicePort: 443,
  destinationServicePortName: 'shop/server:https',
  egressNetworkPolicyName: 'let-out',
  egressNetworkPolicyNamespace: 'shop',
  egressNetworkPolicyUID: 'uid-of-let-out',
  egressNetworkPolicyRuleName: 'rule-1',
  egressNetworkPolicyRuleAction: 1,
  egressNetworkPolicyType: 2,
};
const DESTINATION: RecordValues = {
  flowType: FlowType.InterNode,
  exporterIP: '192.0.2.2',
  observationDomainId: 2,
  destinationPodName: 'server',
  destinationPodNamespace: 'shop',
  destinationPodUID: 'uid-of-server',
  destinationNodeName: 'node-2',
  destinationNodeUID: 'uid-of-node-2',
  ingressNetworkPolicyName: 'let-in',
  ingressNetworkPolicyNamespace: 'shop',
  ingressNetworkPolicyUID: 'uid-of-let-in',
  ingressNetworkPolicyRuleName: 'rule-2',
  ingressNetworkPolicyRuleAction: 1,
  ingressNetworkPolicyType: 3,
};
/** The ingress Node of a connection from outside; what it calls proxySnat is what the destination Node calls the source. */
const INGRESS: RecordValues = {
  ...SOURCE,
  flowType: FlowType.FromExternal,
  sourcePodName: '',
  sourceIP: '203.0.113.9',
  sourceTransportPort: 55_555,
  proxySnatIP: '10.0.0.1',
  proxySnatPort: 40_000,
};

/** What a flow has of its first or of its latest record, whichever Node that came from. */
const OF_ONE_RECORD = ['exporterIP', 'observationDomainId', 'flowEndReason', 'tcpState'];

const report: fc.Arbitrary<RecordValues> = fc
  .record({
    flowStartSeconds: fc.integer({ min: 90, max: 99 }),
    flowEndSeconds: fc.integer({ min: 95, max: 110 }),
    flowEndReason: fc.constantFrom(2, 3),
    counters: fc.array(fc.oneof(fc.bigInt({ min: 0n, max: 99n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })), {
      minLength: 8,
      maxLength: 8,
    }),
    carries: fc.oneof(fc.constant(0xff), fc.nat(0xff)),
  })
  .map(({ counters, carries, ...times }) => {
    const carried = COUNTERS.filter((_, i) => carries & (1 << i));
    const values = Object.fromEntries(carried.map((name) => [name, counters[COUNTERS.indexOf(name)]!]));
    return { ...times, ...values, carries: carried };
  });

const reports = fc.array(report, { minLength: 1, maxLength: 5 });

/**
 * The flow that leaves after two halves' reports came in an order (true stands for the source's next, false for the destination's); none if
 * nothing of them was news.
 */
function exportedAfter(
  isCorrelated: boolean,
  halves: readonly [readonly RecordValues[], readonly RecordValues[]],
  order: readonly boolean[],
): Values | undefined {
  const tested = new TestTable();
  if (isCorrelated) {
    for (const half of halves) tested.receive({ ...half[0], flowStartSeconds: 80, flowEndSeconds: 96 });
    tested.tick();
    tested.outlet.flows.length = 0;
  }
  const rest = halves.map((half) => [...half]) as [RecordValues[], RecordValues[]];
  const next = (half: RecordValues[]): void => {
    const record = half.shift();
    if (record) expect(tested.receive(record)).not.toBe(Outcome.StringsFull);
  };
  for (const isSource of order) next(rest[isSource ? 0 : 1]);
  for (const half of rest) while (half.length > 0) next(half);
  tested.drain();
  expect(tested.exported.length).toBeLessThan(2);
  return tested.exported[0];
}

const comparable = (flow: Values | undefined): unknown =>
  flow && Object.fromEntries(Object.entries(flow).filter(([name]) => !OF_ONE_RECORD.includes(name)));

describe('§5 [better] two halves between two exports', () => {
  it.each([
    ['source and destination Node', SOURCE],
    ['ingress and destination Node', INGRESS],
  ])('of %s give the same flow in whatever order they arrive', (_, source) => {
    fc.assert(
      fc.property(
        fc.boolean(),
        reports,
        reports,
        fc.array(fc.boolean(), { maxLength: 10 }),
        (isCorrelated, ofSource, ofDestination, order) => {
          const halves = [
            ofSource.map((times) => ({ ...source, ...times })),
            ofDestination.map((times) => ({ ...DESTINATION, ...times })),
          ] as const;
          const flow = exportedAfter(isCorrelated, halves, order);
          expect(comparable(flow)).toEqual(comparable(exportedAfter(isCorrelated, halves, [])));
          if (!isCorrelated) expect(flow).toMatchObject({ sourceNodeName: 'node-1', destinationPodName: 'server' });
        },
      ),
      { numRuns: 60 },
    );
  });
});
