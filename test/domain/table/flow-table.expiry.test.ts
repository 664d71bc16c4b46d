import { describe, expect, it } from '@jest/globals';
import { FlowFlag } from '../../../src/domain/flow/flow-flags.js';
import type { RecordValues } from '../../support/a-record.js';
import { BEGINNING, deadlinesOf, TestTable } from '../../support/a-table.js';

const COUNTERS: RecordValues = {
  flowStartSeconds: 100,
  flowEndSeconds: 110,
  octetTotalCount: 1000n,
  octetDeltaCount: 1000n,
};
const READY: RecordValues = { ...COUNTERS, flowType: 1, sourcePodName: 'client', destinationPodName: 'server' };
const SOURCE: RecordValues = { ...COUNTERS, flowType: 2, sourcePodName: 'client' };
const DESTINATION: RecordValues = { ...COUNTERS, flowType: 2, destinationPodName: 'server' };

/** A table whose flows fall due after 10 s and end after 30 s without a record. */
const aTable = (uncorrelated: 'export' | 'drop' = 'export'): TestTable => new TestTable({ uncorrelated });

describe('§4 deadlines of a new flow', () => {
  it('are now for a ready one, which leaves at the next tick', () => {
    const tested = aTable();
    tested.receive(READY);
    expect(deadlinesOf(tested.find(READY)!)).toEqual({ active: BEGINNING, inactive: BEGINNING + 30 });
    tested.tick();
    expect(tested.exported).toHaveLength(1);
  });

  it('are now + activeFlowRecordTimeout for a waiting one', () => {
    const tested = aTable();
    tested.receive(SOURCE);
    expect(deadlinesOf(tested.find(SOURCE)!)).toEqual({ active: BEGINNING + 10, inactive: BEGINNING + 30 });
  });
});

describe('§5 deadlines after a later record', () => {
  it('move to now + inactiveFlowRecordTimeout after any record, an older one too', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.tick(5);
    tested.receive(READY);
    expect(deadlinesOf(tested.find(READY)!)).toEqual({ active: BEGINNING + 11, inactive: BEGINNING + 35 });
  });

  it('[better] stay after a duplicate', () => {
    const tested = aTable();
    tested.receive({ ...COUNTERS, exporterIP: '192.0.2.1' });
    tested.tick(5);
    tested.receive({ ...COUNTERS, exporterIP: '192.0.2.2', octetTotalCount: 2000n });
    expect(deadlinesOf(tested.find()!)).toEqual({ active: BEGINNING + 11, inactive: BEGINNING + 30 });
  });

  it('[better] let a flow end by inactivity when its first exporter goes silent; the other begins it anew', () => {
    const tested = aTable();
    tested.receive({ ...COUNTERS, exporterIP: '192.0.2.1' });
    for (let i = 0; i < 3; i++) {
      tested.tick(10);
      tested.receive({ ...COUNTERS, exporterIP: '192.0.2.2' });
    }
    expect([tested.table.ended.inactive, tested.table.begun]).toEqual([1, 2]);
    expect(tested.flow().exporterIP).toBe('192.0.2.2');
  });

  it('make a correlated flow due now', () => {
    const tested = aTable();
    tested.receive(SOURCE);
    tested.tick(5);
    expect(tested.table.waiting).toBe(1);
    tested.receive(DESTINATION);
    expect(tested.table.waiting).toBe(0);
    expect(deadlinesOf(tested.find(SOURCE)!)).toEqual({ active: BEGINNING + 5, inactive: BEGINNING + 35 });
    tested.tick();
    expect(tested.exported).toMatchObject([{ sourcePodName: 'client', destinationPodName: 'server' }]);
    tested.tick(9);
    expect(tested.exported).toHaveLength(1);
  });

  it('[better] make a waiting flow due now that gets a denial', () => {
    const tested = aTable();
    tested.receive(SOURCE);
    tested.tick(5);
    tested.receive({ ...DESTINATION, ingressNetworkPolicyRuleAction: 3 });
    tested.tick();
    expect(tested.exported).toMatchObject([{ ingressNetworkPolicyRuleAction: 3, destinationPodName: 'server' }]);
  });

  it('leave the active deadline of a ready flow alone', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.tick(3);
    tested.receive({ ...READY, flowEndSeconds: 120 });
    expect(deadlinesOf(tested.find(READY)!).active).toBe(BEGINNING + 11);
  });
});

describe('§6 a waiting flow', () => {
  it('falls due twice more without leaving, and is given up at the third time', () => {
    const tested = aTable();
    tested.receive(SOURCE);
    tested.tick(10);
    expect(deadlinesOf(tested.find(SOURCE)!)).toEqual({ active: BEGINNING + 20, inactive: BEGINNING + 40 });
    tested.tick(19);
    expect([tested.exported.length, tested.table.size, tested.table.waiting]).toEqual([0, 1, 1]);
    tested.tick();
    expect([tested.exported.length, tested.table.size, tested.table.waiting]).toEqual([1, 0, 0]);
    expect(tested.table.ended).toEqual({ inactive: 0, uncorrelated: 1, evicted: 0, shutdown: 0 });
  });

  it('[better] is exported as it is, marked as uncorrelated', () => {
    const tested = aTable();
    tested.receive(SOURCE);
    tested.tick(30);
    expect(tested.exported).toMatchObject([
      {
        sourcePodName: 'client',
        destinationPodName: '',
        octetDeltaCountFromSourceNode: 1000n,
        octetDeltaCountFromDestinationNode: 0n,
      },
    ]);
    expect(tested.outlet.flags[0]! & FlowFlag.Uncorrelated).not.toBe(0);
    expect(tested.outlet.flags[0]! & (FlowFlag.Correlated | FlowFlag.Waiting)).toBe(0);
  });

  it('is dropped and counted with correlation.uncorrelated: drop', () => {
    const tested = aTable('drop');
    tested.receive(SOURCE);
    tested.tick(30);
    expect([tested.exported.length, tested.table.size, tested.table.ended.uncorrelated]).toEqual([0, 0, 1]);
  });

  it('counts a round at its inactive deadline too, if that is the earlier', () => {
    const tested = new TestTable({ activeSeconds: 50, inactiveSeconds: 4 });
    tested.receive(SOURCE);
    tested.tick(11);
    expect(tested.table.size).toBe(1);
    tested.tick();
    expect([tested.table.size, tested.exported.length]).toEqual([0, 1]);
  });

  it('is ready whichever round its other half comes in', () => {
    const tested = aTable();
    tested.receive(SOURCE);
    tested.tick(29);
    tested.receive(DESTINATION);
    tested.tick();
    expect(tested.exported).toHaveLength(1);
    expect([tested.table.size, tested.table.ended.uncorrelated]).toEqual([1, 0]);
  });

  it('begins anew, alone, when its half comes after it was given up', () => {
    const tested = aTable();
    tested.receive(SOURCE);
    tested.tick(30);
    tested.receive(DESTINATION);
    expect(tested.flow(SOURCE)).toMatchObject({ sourcePodName: '', destinationPodName: 'server' });
    expect([tested.table.begun, tested.table.waiting]).toEqual([2, 1]);
  });
});

describe('§6 a ready flow', () => {
  it('is exported once each activeFlowRecordTimeout while it is updated', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.tick();
    for (let i = 1; i <= 2; i++) {
      tested.receive({ ...READY, flowEndSeconds: 110 + i });
      tested.tick(9);
      expect(tested.exported).toHaveLength(i);
      tested.tick();
      expect(tested.exported).toHaveLength(i + 1);
    }
  });

  it('is not exported if it was not updated', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.tick(25);
    expect([tested.exported.length, tested.table.size]).toEqual([1, 1]);
  });

  it('exports deltas and throughputs, common and of both Nodes, which begin again at 0', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.tick();
    expect(tested.exported).toMatchObject([
      {
        octetDeltaCount: 1000n,
        octetDeltaCountFromSourceNode: 1000n,
        octetDeltaCountFromDestinationNode: 1000n,
        throughput: 800n,
        throughputFromSourceNode: 800n,
        throughputFromDestinationNode: 800n,
      },
    ]);
    expect(tested.flow(READY)).toMatchObject({
      octetDeltaCount: 0n,
      octetDeltaCountFromSourceNode: 0n,
      octetDeltaCountFromDestinationNode: 0n,
      throughput: 0n,
      throughputFromSourceNode: 0n,
      throughputFromDestinationNode: 0n,
      octetTotalCount: 1000n,
    });
    tested.receive({ ...READY, flowEndSeconds: 120, octetTotalCount: 1300n, octetDeltaCount: 300n });
    tested.tick(10);
    expect(tested.exported[1]).toMatchObject({ octetDeltaCount: 300n, octetTotalCount: 1300n, throughput: 240n });
  });

  it('is exported as it was then: later records do not change what left', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.tick();
    tested.receive({ ...READY, octetTotalCount: 5000n });
    expect(tested.exported[0]).toMatchObject({ octetTotalCount: 1000n });
  });

  it('is forgotten at its inactive deadline, not before', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.tick(29);
    expect(tested.table.size).toBe(1);
    tested.tick();
    expect([tested.table.size, tested.table.ended.inactive, tested.exported.length]).toEqual([0, 1, 1]);
    expect(tested.find(READY)).toBeUndefined();
  });

  it('is exported before it is forgotten if it was updated', () => {
    const tested = new TestTable({ activeSeconds: 50, inactiveSeconds: 5 });
    tested.receive(READY);
    tested.tick();
    tested.receive({ ...READY, octetTotalCount: 2000n });
    tested.tick(5);
    expect(tested.exported).toMatchObject([{ octetTotalCount: 1000n }, { octetTotalCount: 2000n }]);
    expect(tested.table.size).toBe(0);
  });

  it('lives on as long as records come', () => {
    const tested = aTable();
    for (let i = 0; i < 10; i++) {
      tested.receive(READY);
      tested.tick(29);
    }
    expect([tested.table.begun, tested.table.size]).toEqual([1, 1]);
  });

  it('falls due late when ticks came late, once', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.wait(10_000);
    tested.tick();
    expect([tested.exported.length, tested.table.ended.inactive]).toEqual([1, 1]);
  });
});

describe('§6 shutdown', () => {
  it('[better] exports every updated flow, waiting ones as when given up, and ends all', () => {
    const tested = aTable();
    tested.receive({ ...READY, sourceTransportPort: 1 });
    tested.tick();
    tested.receive({ ...READY, sourceTransportPort: 2 });
    tested.receive({ ...SOURCE, sourceTransportPort: 3 });
    tested.drain();
    expect(tested.exported.map((flow) => flow.sourceTransportPort)).toEqual([1, 2, 3]);
    expect(tested.table.ended).toEqual({ inactive: 0, uncorrelated: 1, evicted: 0, shutdown: 2 });
    expect([tested.table.size, tested.table.waiting, tested.table.hasDue]).toEqual([0, 0, false]);
    expect(tested.outlet.flags[2]! & FlowFlag.Uncorrelated).not.toBe(0);
  });

  it('drops waiting flows, counted, with correlation.uncorrelated: drop', () => {
    const tested = aTable('drop');
    tested.receive(SOURCE);
    tested.drain();
    expect([tested.exported.length, tested.table.ended.uncorrelated]).toEqual([0, 1]);
  });

  it('leaves a table that takes records again', () => {
    const tested = aTable();
    tested.receive(READY);
    tested.drain();
    tested.receive(READY);
    tested.tick();
    expect([tested.table.begun, tested.table.size, tested.exported.length]).toEqual([2, 1, 2]);
    tested.drain();
    expect(tested.table.size).toBe(0);
  });
});

describe('FlowTable', () => {
  it('§2 keeps flows of one hash, and of both IP versions, apart', () => {
    const tested = aTable();
    const keys = Array.from({ length: 300 }, (_, i) => ({
      ...READY,
      sourceIP: i % 2 ? `10.0.0.${i % 250}` : `fd00::${i.toString(16)}`,
      destinationIP: i % 2 ? '10.0.0.2' : 'fd00::2',
      sourceTransportPort: i,
      octetTotalCount: BigInt(i),
    }));
    for (const key of keys) tested.receive(key);
    expect(tested.table.size).toBe(300);
    for (const key of keys) expect(tested.flow(key).octetTotalCount).toBe(key.octetTotalCount);
    expect(tested.find({ sourceIP: '10.9.9.9' })).toBeUndefined();
  });

  it('§2 finds the flow of an ingress-Node half by what the destination Node reports', () => {
    const half: RecordValues = {
      ...COUNTERS,
      flowType: 4,
      sourceIP: '203.0.113.5',
      sourceTransportPort: 5,
      proxySnatIP: '10.0.0.1',
      proxySnatPort: 40_000,
    };
    for (const order of [
      [half, DESTINATION],
      [DESTINATION, half],
    ]) {
      const tested = aTable();
      for (const record of [...order, ...order]) tested.receive(record);
      expect([tested.table.size, tested.table.waiting]).toEqual([1, 0]);
      tested.tick();
      expect(tested.exported).toMatchObject([
        { sourceIP: '203.0.113.5', proxySnatIP: '10.0.0.1', flowType: 4, destinationPodName: 'server' },
      ]);
    }
  });
});
