import { describe, expect, it } from '@jest/globals';
import { Outcome, type AggregatedFlow } from '../../../src/domain/flow/aggregated-flow.js';
import { TABLE_ROW } from '../../../src/domain/table/row-slabs.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';
import { valuesOf } from '../../support/flow-values.js';
import { aDictionary, aFlowOf, aTrackedFlow } from '../../support/tracked-flow.js';

const FIRST: RecordValues = {
  flowType: 1,
  flowStartSeconds: 100,
  flowEndSeconds: 110,
  flowEndReason: 2,
  tcpState: 'ESTABLISHED',
  octetTotalCount: 1000n,
  octetDeltaCount: 1000n,
  observationDomainId: 1,
};
const NEXT: RecordValues = { ...FIRST, flowEndSeconds: 120, octetTotalCount: 1500n, octetDeltaCount: 500n };
/** Ends before what is known, and says nothing larger. */
const OLDER: RecordValues = { ...FIRST, flowEndSeconds: 105, octetTotalCount: 500n };

const takes = (flow: AggregatedFlow, values: RecordValues): Outcome => flow.aggregate(aRecord(values));
const row = (flow: AggregatedFlow): number[] => [...flow.words.subarray(flow.base, flow.base + TABLE_ROW.words)];
const exportedFlow = (first: RecordValues): AggregatedFlow => {
  const flow = aTrackedFlow(first);
  flow.exported();
  return flow;
};

describe('§5 [better] a record without a flowType on a flow begun without one', () => {
  const UNTYPED: RecordValues = { ...FIRST, flowType: 0 };
  const LATER: RecordValues = { ...NEXT, flowType: 0, flowEndReason: 3 };

  it.each([
    ['address', { exporterIP: '192.0.2.2' }],
    ['observation domain', { observationDomainId: 2 }],
    ['address family', { exporterIP: '2001:db8::1' }],
  ])('from an exporter of another %s is a duplicate and changes nothing', (_, values) => {
    const flow = exportedFlow(UNTYPED);
    const before = row(flow);
    expect(takes(flow, { ...LATER, ...values })).toBe(Outcome.Duplicate);
    expect(row(flow)).toEqual(before);
  });

  it('from the same exporter is none', () => {
    expect(takes(aTrackedFlow(UNTYPED), LATER)).toBe(Outcome.Taken);
  });

  it('is none if the record has a type, or the flow began with one', () => {
    expect(takes(aTrackedFlow(UNTYPED), { ...LATER, flowType: 1, exporterIP: '192.0.2.2' })).toBe(Outcome.Taken);
    expect(takes(aTrackedFlow(FIRST), { ...LATER, exporterIP: '192.0.2.2' })).toBe(Outcome.Taken);
  });

  it('is one still when a type was inferred for the flow (§7)', () => {
    const flow = aTrackedFlow(UNTYPED);
    flow.flowType = 3;
    expect(takes(flow, { ...LATER, exporterIP: '192.0.2.2' })).toBe(Outcome.Duplicate);
  });
});

describe('§5 a later record', () => {
  it('that requires no correlation belongs to both sides', () => {
    expect(valuesOf(aFlowOf(FIRST, NEXT))).toMatchObject({
      octetTotalCountFromSourceNode: 1500n,
      octetTotalCountFromDestinationNode: 1500n,
      octetDeltaCountFromSourceNode: 1500n,
      octetDeltaCountFromDestinationNode: 1500n,
      throughputFromSourceNode: 400n,
      throughputFromDestinationNode: 400n,
    });
  });

  it.each([
    ['a denied half', { flowType: 2, sourcePodName: 'client', egressNetworkPolicyRuleAction: 2 }],
    ['one of a Node to outside', { flowType: 3, sourcePodName: 'client' }],
    ['one from outside to a Node', { flowType: 4, destinationPodName: 'server' }],
  ])('that names one Pod and requires no correlation belongs to both sides: %s', (_, values) => {
    const flow = aFlowOf(FIRST, { ...NEXT, ...values });
    expect([flow.octetTotalCountFromSourceNode, flow.octetTotalCountFromDestinationNode]).toEqual([1500n, 1500n]);
  });

  it.each([
    ['source', { sourcePodName: 'client' }, [1500n, 1000n]],
    ['destination', { destinationPodName: 'server' }, [1000n, 1500n]],
  ])('of a half belongs to its own side only: %s', (_, pod, totals) => {
    const flow = aFlowOf(FIRST, { ...NEXT, flowType: 2, ...pod });
    const { octetTotalCountFromSourceNode: source, octetTotalCountFromDestinationNode: destination } = flow;
    expect([source, destination]).toEqual(totals);
  });

  it('[better] is news to a side without a report, even of a connection within one second', () => {
    const flow = aTrackedFlow({ ...FIRST, flowType: 2, sourcePodName: 'client' });
    expect(takes(flow, { ...OLDER, flowType: 2, destinationPodName: 'server', flowEndSeconds: 100 })).toBe(
      Outcome.Taken,
    );
    expect(flow.octetTotalCountFromDestinationNode).toBe(500n);
    expect(flow.throughputFromDestinationNode).toBe(0n);
  });

  it('that a side took is counted as taken and makes the flow updated', () => {
    const flow = exportedFlow(FIRST);
    expect(flow.isUpdated).toBe(false);
    expect(takes(flow, NEXT)).toBe(Outcome.Taken);
    expect(flow.isUpdated).toBe(true);
  });

  it('that no side took is counted as older and changes nothing', () => {
    const flow = exportedFlow(FIRST);
    const before = row(flow);
    expect(takes(flow, { ...OLDER, flowStartSeconds: 50, tcpState: 'CLOSED', flowEndReason: 1 })).toBe(Outcome.Older);
    expect(row(flow)).toEqual(before);
  });

  it('[better] with a larger total is taken whatever its times', () => {
    const flow = exportedFlow(FIRST);
    expect(takes(flow, { ...OLDER, octetTotalCount: 1001n })).toBe(Outcome.Taken);
    expect([flow.octetTotalCount, flow.flowEndSeconds, flow.isUpdated]).toEqual([1001n, 110, true]);
  });

  it('that one of two sides took is taken', () => {
    const flow = aFlowOf(FIRST, { ...NEXT, flowType: 2, sourcePodName: 'client' });
    expect(takes(flow, { ...FIRST, flowEndSeconds: 115 })).toBe(Outcome.Taken);
    expect([flow.flowEndSecondsFromSourceNode, flow.flowEndSecondsFromDestinationNode]).toEqual([120, 115]);
    expect(
      takes(aFlowOf(FIRST, { ...NEXT, flowType: 2, destinationPodName: 'server' }), { ...FIRST, flowEndSeconds: 115 }),
    ).toBe(Outcome.Taken);
  });

  it('brings a lone delta to an old flow whatever its times (§1)', () => {
    const flow = exportedFlow(FIRST);
    expect(takes(flow, { ...OLDER, octetTotalCount: 0, octetDeltaCount: 5n, carries: ['octetDeltaCount'] })).toBe(
      Outcome.Taken,
    );
    expect([flow.octetTotalCount, flow.octetDeltaCount, flow.isUpdated]).toEqual([1005n, 5n, true]);
  });

  it('of a new connection with the same key begins its totals anew', () => {
    const flow = aFlowOf(FIRST, { ...NEXT, flowStartSeconds: 115, octetTotalCount: 40n, octetDeltaCount: 40n });
    expect(valuesOf(flow)).toMatchObject({
      octetTotalCount: 40n,
      octetDeltaCount: 1040n,
      throughput: 0n,
      flowStartSeconds: 100,
    });
  });
});

describe('§5 endReason', () => {
  it("becomes the record's", () => {
    expect(aFlowOf(FIRST, { ...NEXT, flowEndReason: 4 }).flowEndReason).toBe(4);
  });

  it('stays EndOfFlow once it is that', () => {
    expect(aFlowOf({ ...FIRST, flowEndReason: 3 }, { ...NEXT, flowEndReason: 2 }).flowEndReason).toBe(3);
  });

  it('becomes EndOfFlow of a record that no side took, which updates the flow if that is new', () => {
    const flow = exportedFlow(FIRST);
    expect(takes(flow, { ...OLDER, flowEndReason: 3 })).toBe(Outcome.Older);
    expect([flow.flowEndReason, flow.isUpdated]).toEqual([3, true]);
    flow.exported();
    expect(takes(flow, { ...OLDER, flowEndReason: 3 })).toBe(Outcome.Older);
    expect(flow.isUpdated).toBe(false);
  });

  it('does not become any other of a record that no side took', () => {
    expect(aFlowOf(FIRST, { ...OLDER, flowEndReason: 5 }).flowEndReason).toBe(2);
  });
});

describe('§5 tcpState', () => {
  it.each([
    [120, 'CLOSED'],
    [110, 'CLOSED'],
    [109, 'ESTABLISHED'],
  ])("becomes the record's if it ends at %i, the flow's end so far being 110: %s", (flowEndSeconds, expected) => {
    const flow = aFlowOf(FIRST, { ...NEXT, flowEndSeconds, tcpState: 'CLOSED' });
    expect(flow.tcpState).toBe(expected);
  });

  it('becomes empty if the record has none', () => {
    expect(aFlowOf(FIRST, { ...NEXT, tcpState: '' }).tcpState).toBe('');
  });

  it('is held as often as a flow has it', () => {
    const store = aDictionary();
    const flow = aTrackedFlow(FIRST, store);
    const idOf = (text: string): number => store.intern(new TextEncoder().encode(text), 0, text.length);
    for (const tcpState of ['CLOSED', 'CLOSED', 'TIME-WAIT']) takes(flow, { ...NEXT, octetTotalCount: 9n, tcpState });
    takes(flow, { ...OLDER, tcpState: 'LISTEN' });
    expect(flow.tcpState).toBe('CLOSED');
    expect(['ESTABLISHED', 'CLOSED', 'TIME-WAIT', 'LISTEN'].map((text) => store.holders(idOf(text)))).toEqual([
      0, 1, 0, 0,
    ]);
  });
});

describe("§5 a flow's times", () => {
  it('are the smallest start [better] and the largest end', () => {
    const flow = aFlowOf(FIRST, { ...NEXT, flowStartSeconds: 90 });
    expect([flow.flowStartSeconds, flow.flowEndSeconds]).toEqual([90, 120]);
    takes(flow, { ...NEXT, flowStartSeconds: 95, flowEndSeconds: 100, octetTotalCount: 9000n });
    expect([flow.flowStartSeconds, flow.flowEndSeconds]).toEqual([90, 120]);
  });

  it('hold seconds beyond 2³¹', () => {
    const flow = aFlowOf({ ...FIRST, flowEndSeconds: 0x80000000 }, { ...NEXT, flowEndSeconds: 0xffffffff });
    expect([flow.flowStartSeconds, flow.flowEndSeconds]).toEqual([100, 0xffffffff]);
  });
});

describe('a record whose strings do not fit', () => {
  it.each([
    ['a new tcpState', FIRST, { ...NEXT, tcpState: 'x'.repeat(500) }],
    [
      'the identity of the other half',
      { ...FIRST, flowType: 2, sourcePodName: 'client' },
      { ...NEXT, flowType: 2, destinationPodName: 'y'.repeat(500), tcpState: 'CLOSED' },
    ],
  ])('changes nothing: %s', (_, first, second) => {
    const full = aDictionary();
    aTrackedFlow(first, full);
    const store = aDictionary(full.byteLength);
    const flow = aTrackedFlow(first, store);
    const before = row(flow);
    expect(takes(flow, second)).toBe(Outcome.StringsFull);
    expect(row(flow)).toEqual(before);
    flow.forget();
    store.advance(60);
    store.sweep(store.capacity);
    expect(store.size).toBe(0);
  });
});
