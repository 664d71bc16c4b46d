import { describe, expect, it } from '@jest/globals';
import { AggregatedFlow, Outcome } from '../../../src/domain/flow/aggregated-flow.js';
import { FLOW_ROW } from '../../../src/domain/flow/layout.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';
import { hasFlag } from '../../support/a-table.js';
import { valuesOf } from '../../support/flow-values.js';
import { aDictionary, aTrackedFlow } from '../../support/tracked-flow.js';

const COUNTERS = { octetTotalCount: 1000n, octetDeltaCount: 100n, reversePacketTotalCount: 7n };
const SOURCE: RecordValues = { flowType: 2, sourcePodName: 'client', ...COUNTERS };
const DESTINATION: RecordValues = { flowType: 2, destinationPodName: 'server', ...COUNTERS };
const INGRESS: RecordValues = { flowType: 4, proxySnatIP: '10.9.9.9', proxySnatPort: 7, ...COUNTERS };
const COMPLETE: RecordValues = { flowType: 1, sourcePodName: 'client', destinationPodName: 'server', ...COUNTERS };

describe("§4 a flow's first record", () => {
  it('becomes the flow, every field of it', () => {
    const values = {
      ...COMPLETE,
      sourcePodNamespace: 'shop',
      destinationServiceIP: '10.96.0.1',
      destinationServicePort: 443,
      egressIP: '2001:db8::7',
      tcpState: 'ESTABLISHED',
      flowEndReason: 2,
      flowStartSeconds: 100,
      flowEndSeconds: 110,
      observationDomainId: 0xffffffff,
      exporterIP: '2001:db8::99',
      ingressNetworkPolicyRuleAction: 1,
      egressNetworkPolicyType: 4,
      proxySnatIP: '10.9.9.9',
      proxySnatPort: 7,
    };
    expect(valuesOf(aTrackedFlow(values))).toMatchObject({
      ...values,
      sourceIP: '10.0.0.1',
      destinationTransportPort: 80,
    });
  });

  it("§1 has the exporter's address from the transport, and the message's observation domain", () => {
    const flow = aTrackedFlow({ exporterIP: '192.0.2.77', observationDomainId: 5 });
    expect([flow.exporterIP, flow.observationDomainId]).toEqual(['192.0.2.77', 5]);
  });

  it.each([
    ['the source Node', SOURCE, ['FromSourceNode'], ['FromDestinationNode']],
    ['the ingress Node', INGRESS, ['FromSourceNode'], ['FromDestinationNode']],
    ['the destination Node', DESTINATION, ['FromDestinationNode'], ['FromSourceNode']],
    ['both, without correlation', COMPLETE, ['FromSourceNode', 'FromDestinationNode'], []],
    [
      'the source, denied',
      { ...SOURCE, egressNetworkPolicyRuleAction: 2 },
      ['FromSourceNode', 'FromDestinationNode'],
      [],
    ],
  ])('belongs to the sides of %s; another side is 0', (_, record: RecordValues, own, others) => {
    const values = valuesOf(aTrackedFlow({ ...record, flowStartSeconds: 100, flowEndSeconds: 110 })) as Record<
      string,
      unknown
    >;
    for (const side of own) {
      expect(values).toMatchObject({
        [`octetTotalCount${side}`]: 1000n,
        [`octetDeltaCount${side}`]: 100n,
        [`reversePacketTotalCount${side}`]: 7n,
        [`throughput${side}`]: 800n,
        [`flowEndSeconds${side}`]: 110,
      });
    }
    for (const side of others) {
      const sum = Object.entries(values).filter(([name, value]) => name.endsWith(side) && Number(value) !== 0);
      expect(sum).toEqual([]);
    }
  });

  it('waits for the other half if correlation is required, and else is ready at once', () => {
    expect([SOURCE, DESTINATION, INGRESS, COMPLETE].map((record) => aTrackedFlow(record).isWaiting)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(aTrackedFlow({ ...SOURCE, ingressNetworkPolicyRuleAction: 3 }).isWaiting).toBe(false);
  });

  it('is something new to export, and no correlation yet', () => {
    const flow = aTrackedFlow(SOURCE);
    expect([flow.isUpdated, flow.isCorrelated]).toEqual([true, false]);
  });

  it('tells from which Node the flow has heard', () => {
    const heard = (record: RecordValues): boolean[] => {
      const flow = aTrackedFlow(record);
      return [hasFlag(flow, 'HeardFromSource'), hasFlag(flow, 'HeardFromDestination')];
    };
    expect([SOURCE, INGRESS, DESTINATION, COMPLETE].map(heard)).toEqual([
      [true, false],
      [true, false],
      [false, true],
      [false, false],
    ]);
  });

  it('remembers whether it came without a flowType', () => {
    expect(hasFlag(aTrackedFlow({ flowType: 0 }), 'BegunWithoutType')).toBe(true);
    expect(hasFlag(aTrackedFlow(COMPLETE), 'BegunWithoutType')).toBe(false);
  });

  it('leaves nothing of the flow that had the row before', () => {
    const store = aDictionary();
    const flow = aTrackedFlow({ ...COMPLETE, egressName: 'old', octetTotalCount: 5n, proxySnatPort: 9 }, store);
    flow.forget();
    flow.begin(aRecord(SOURCE));
    expect(valuesOf(flow)).toEqual(valuesOf(aTrackedFlow(SOURCE)));
    expect(flow.words[flow.base + FLOW_ROW.flags]).toBe(aTrackedFlow(SOURCE).words[flow.base + FLOW_ROW.flags]);
  });

  it('whose strings do not fit becomes no flow and leaves no string held', () => {
    const store = aDictionary(aDictionary().byteLength);
    const flow = new AggregatedFlow(store).moveTo(new Uint32Array(FLOW_ROW.words), 0);
    expect(flow.begin(aRecord(COMPLETE))).toBe(Outcome.StringsFull);
    expect(flow.words.every((word) => word === 0)).toBe(true);
    expect(store.size).toBe(0);
  });
});
