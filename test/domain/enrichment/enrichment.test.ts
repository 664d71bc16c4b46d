import { describe, expect, it } from '@jest/globals';
import { RecordBatchBuilder } from '../../../src/domain/batch/record-batch-builder.js';
import { Enrichment, type EnrichmentContents } from '../../../src/domain/enrichment/enrichment.js';
import type { AggregatedFlow } from '../../../src/domain/flow/aggregated-flow.js';
import { Flow } from '../../../src/domain/flow/flow.js';
import { FlowFlag } from '../../../src/domain/flow/flow-flags.js';
import { FLOW_ROW } from '../../../src/domain/flow/layout.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';
import { valuesOf, type Values } from '../../support/flow-values.js';
import { aNodeObject, aPodObject, aServiceObject, kubernetesObjects } from '../../support/kubernetes-objects.js';
import { aFlowOf, aTrackedFlow } from '../../support/tracked-flow.js';

const CLIENT = '10.0.1.1';
const SERVER = '10.0.2.1';
const NEIGHBOUR = '10.0.1.2';
const OUTSIDE = '198.51.100.7';

const objects = () =>
  kubernetesObjects({
    pods: [
      aPodObject({
        name: 'client',
        namespace: 'shop',
        ips: [CLIENT, 'fd00:1::1'],
        nodeName: 'n1',
        labels: { app: 'c' },
      }),
      aPodObject({ name: 'neighbour', ips: [NEIGHBOUR], nodeName: 'n1' }),
      aPodObject({
        name: 'server',
        namespace: 'data',
        ips: [SERVER, 'fd00:2::1'],
        nodeName: 'n2',
        labels: { b: '2', a: '1' },
      }),
      aPodObject({ name: 'agent', ips: [OUTSIDE], nodeName: 'n2', hostNetwork: true, labels: { app: 'agent' } }),
    ],
    nodes: [aNodeObject({ name: 'n1' }), aNodeObject({ name: 'n2' })],
    services: [aServiceObject({ name: 'db', namespace: 'data' })],
  });

const NOTHING: EnrichmentContents = { podLabels: false, uids: false };
const ALL: EnrichmentContents = { podLabels: true, uids: true };

function pick<N extends keyof Values>(values: Values, ...names: N[]): Values[N][] {
  return names.map((name) => values[name]);
}

const ENDS = [
  ...(['sourcePodName', 'sourcePodNamespace', 'sourceNodeName'] as const),
  ...(['destinationPodName', 'destinationPodNamespace', 'destinationNodeName'] as const),
] as const;
const UIDS = ['sourcePodUID', 'sourceNodeUID', 'destinationPodUID', 'destinationNodeUID'] as const;
const LABELS = ['sourcePodLabels', 'destinationPodLabels'] as const;

/** What the two ways of completing have in common: a flow of the table that nobody else reports, and a record. */
const WAYS = [
  {
    way: 'a flow of the table',
    complete: (values: RecordValues, contents: EnrichmentContents) => {
      const enrichment = new Enrichment(objects(), contents);
      const flow = aTrackedFlow({ sourceIP: CLIENT, destinationIP: SERVER, ...values });
      enrichment.completeFlow(flow);
      return { values: valuesOf(flow), misses: enrichment.misses };
    },
  },
  {
    way: 'a record that is passed on',
    complete: (values: RecordValues, contents: EnrichmentContents) => {
      const known = objects();
      const enrichment = new Enrichment(known, contents);
      const builder = new RecordBatchBuilder(known.strings.dictionary);
      // Others before and after, whose strings must stay apart.
      builder.add(aRecord({ sourcePodName: 'x', sourcePodLabels: '{"x":"y"}' }));
      enrichment.completeRecord(builder.add(aRecord({ sourceIP: CLIENT, destinationIP: SERVER, ...values })));
      enrichment.completeRecord(builder.add(aRecord({ sourceIP: SERVER, destinationIP: CLIENT })));
      return { values: valuesOf(builder.take()!.at(1)), misses: enrichment.misses };
    },
  },
];

describe.each(WAYS)('Enrichment of $way', ({ complete }) => {
  it.each([
    ['IPv4', {}],
    ['IPv6', { sourceIP: 'fd00:1::1', destinationIP: 'fd00:2::1' }],
  ])('fills in both ends of an InterNode flow by their %s addresses', (_family, addresses) => {
    const { values } = complete({ flowType: 2, ...addresses }, NOTHING);
    expect(pick(values, ...ENDS)).toEqual(['client', 'shop', 'n1', 'server', 'data', 'n2']);
    expect(pick(values, ...UIDS, ...LABELS)).toEqual(Array(6).fill(''));
  });

  it('fills in the end that is missing, and leaves the one that is named', () => {
    const named = {
      sourcePodName: 'other',
      sourcePodNamespace: 'ns',
      sourceNodeName: 'node',
      egressNetworkPolicyRuleAction: 2,
    };
    const { values } = complete({ flowType: 2, ...named }, { podLabels: false, uids: true });
    expect(pick(values, ...ENDS)).toEqual(['other', 'ns', 'node', 'server', 'data', 'n2']);
    expect(pick(values, ...UIDS)).toEqual(['', '', 'uid-of-server', 'uid-of-n2']);
  });

  it.each([
    ['IntraNode', 1],
    ['ToExternal', 3],
    ['FromExternal', 4],
  ])('looks up no Pod for %s', (_type, flowType) => {
    const { values, misses } = complete({ flowType }, ALL);
    expect(pick(values, ...ENDS, ...UIDS, ...LABELS)).toEqual(Array(12).fill(''));
    expect(misses).toEqual({ pod: 0, address: 0, labels: 0, service: 0, egress_node: 0 });
  });

  it('counts what is not found, and leaves it empty', () => {
    const named = { destinationServicePortName: 'data/no-such:tcp', egressNodeName: 'n9' };
    const { values, misses } = complete({ flowType: 2, sourceIP: '10.9.9.9', destinationIP: OUTSIDE, ...named }, ALL);
    expect(pick(values, ...ENDS, 'destinationServiceUID', 'egressNodeUID')).toEqual(Array(8).fill(''));
    expect(misses).toMatchObject({ pod: 2, labels: 0, service: 1, egress_node: 1 });
  });

  it.each([
    ['by its address', { sourcePodName: 'client', sourcePodNamespace: 'shop' }, '{"app":"c"}'],
    [
      'by its name where the address is of another',
      { sourcePodName: 'server', sourcePodNamespace: 'data' },
      '{"a":"1","b":"2"}',
    ],
    [
      'in the network of its host, by its name',
      { sourcePodName: 'agent', sourcePodNamespace: 'default', sourceIP: OUTSIDE },
      '{"app":"agent"}',
    ],
    ['that has none', { sourcePodName: 'neighbour', sourcePodNamespace: 'default', sourceIP: NEIGHBOUR }, '{}'],
  ])('adds the labels of a Pod %s', (_how, named, labels) => {
    const { values } = complete({ flowType: 3, destinationIP: OUTSIDE, ...named }, ALL);
    expect(pick(values, ...LABELS)).toEqual([labels, '']);
  });

  it('puts them in place of those that the exporter sent, which stay where the Pod is not known', () => {
    const sent = { sourcePodLabels: '{"old":"1"}', destinationPodLabels: '{"old":"2"}' };
    const named = {
      sourcePodName: 'client',
      sourcePodNamespace: 'shop',
      destinationPodName: 'unknown',
      destinationPodNamespace: 'x',
    };
    const { values, misses } = complete({ flowType: 1, ...named, ...sent }, ALL);
    expect(pick(values, ...LABELS)).toEqual(['{"app":"c"}', '{"old":"2"}']);
    expect(misses.labels).toBe(1);
  });

  it('adds no labels to an end without a name or namespace', () => {
    const { values, misses } = complete({ flowType: 1, sourcePodName: 'client' }, ALL);
    expect(pick(values, ...LABELS)).toEqual(['', '']);
    expect(misses.labels).toBe(0);
  });

  it.each(['data/db:tcp', 'data/db:', 'data/db'])('adds the UID of the Service of %s', (destinationServicePortName) => {
    const { values } = complete({ flowType: 1, destinationServicePortName, egressNodeName: 'n2' }, ALL);
    expect(pick(values, 'destinationServiceUID', 'egressNodeUID')).toEqual(['uid-of-db', 'uid-of-n2']);
  });

  it('keeps the UIDs that the exporter sent', () => {
    const sent = { destinationServiceUID: 'mine', egressNodeUID: 'too' };
    const { values } = complete(
      { flowType: 1, destinationServicePortName: 'data/db:', egressNodeName: 'n2', ...sent },
      ALL,
    );
    expect(pick(values, 'destinationServiceUID', 'egressNodeUID')).toEqual(['mine', 'too']);
  });

  describe('without a flowType', () => {
    it.each([
      ['on one Node', { destinationIP: NEIGHBOUR }, 1, ['client', 'shop', 'n1', 'neighbour', 'default', 'n1']],
      ['on two Nodes', {}, 2, ['client', 'shop', 'n1', 'server', 'data', 'n2']],
      ['at the source alone', { destinationIP: OUTSIDE }, 3, ['client', 'shop', 'n1', '', '', '']],
      ['at the destination alone', { sourceIP: OUTSIDE }, 4, ['', '', '', 'server', 'data', 'n2']],
      ['nowhere', { sourceIP: OUTSIDE, destinationIP: '192.0.2.9' }, 0, ['', '', '', '', '', '']],
    ])('infers it from Pods %s', (_where, addresses, flowType, ends) => {
      const { values } = complete(addresses, NOTHING);
      expect(values.flowType).toBe(flowType);
      expect(pick(values, ...ENDS)).toEqual(ends);
    });

    it('counts a named Pod, and leaves the type open where its Node is not known', () => {
      const known = complete({ sourcePodName: 'client', sourcePodNamespace: 'shop' }, NOTHING).values;
      expect(pick(known, 'flowType', ...ENDS)).toEqual([2, 'client', 'shop', '', 'server', 'data', 'n2']);
      const unknown = complete({ sourcePodName: 'who', sourcePodNamespace: 'shop' }, NOTHING).values;
      expect(pick(unknown, 'flowType', 'destinationPodName')).toEqual([0, 'server']);
    });

    it('counts addresses of no Pod apart', () => {
      expect(complete({ destinationIP: OUTSIDE }, NOTHING).misses).toMatchObject({ address: 1, pod: 0 });
    });
  });

  it('adds UIDs to what it looks up, and labels', () => {
    const { values } = complete({}, ALL);
    expect(pick(values, ...UIDS)).toEqual(['uid-of-client', 'uid-of-n1', 'uid-of-server', 'uid-of-n2']);
    expect(pick(values, ...LABELS)).toEqual(['{"app":"c"}', '{"a":"1","b":"2"}']);
  });
});

describe('Enrichment of a flow of two halves', () => {
  const HALVES = {
    source: {
      flowType: 2,
      sourceIP: CLIENT,
      destinationIP: SERVER,
      sourcePodName: 'client',
      sourcePodNamespace: 'shop',
    },
    destination: {
      flowType: 2,
      sourceIP: CLIENT,
      destinationIP: SERVER,
      destinationPodName: 'mine',
      destinationPodNamespace: 'x',
    },
  };
  const complete = (flow: AggregatedFlow): Values => {
    new Enrichment(objects(), NOTHING).completeFlow(flow);
    return valuesOf(flow);
  };

  it('has the names of the halves alone once they are joined', () => {
    const flow = aFlowOf(HALVES.source, HALVES.destination);
    expect(pick(complete(flow), 'sourcePodName', 'destinationPodName', 'destinationNodeName')).toEqual([
      'client',
      'mine',
      '',
    ]);
  });

  it('fills in the half that never came', () => {
    const flow = aTrackedFlow(HALVES.destination);
    flow.giveUp();
    expect(pick(complete(flow), ...ENDS)).toEqual(['client', 'shop', 'n1', 'mine', 'x', '']);
  });

  it('fills in the destination of an ingress-Node half that was given up, and its source never', () => {
    const half = { flowType: 4, sourceIP: CLIENT, destinationIP: SERVER, proxySnatIP: '10.0.9.9', proxySnatPort: 1 };
    const flow = aTrackedFlow(half);
    flow.giveUp();
    expect(pick(complete(flow), ...ENDS)).toEqual(['', '', '', 'server', 'data', 'n2']);
  });

  it('fills in what a denial lacks, and what a half that comes later lacks, again', () => {
    const flow = aTrackedFlow({ ...HALVES.source, egressNetworkPolicyRuleAction: 2 });
    complete(flow);
    flow.enriched();
    expect(flow.isEnriched).toBe(true);
    flow.aggregate(aRecord({ ...HALVES.destination, flowEndSeconds: 1_000_020 }));
    expect(flow.isEnriched).toBe(false);
    expect(pick(valuesOf(flow), 'destinationPodName')).toEqual(['server']);
  });

  it('lets go of every string', () => {
    const flow = aTrackedFlow({
      sourceIP: CLIENT,
      destinationIP: SERVER,
      sourcePodLabels: '{}',
      sourcePodName: 'client',
      sourcePodNamespace: 'shop',
    });
    const { store } = flow as unknown as {
      store: { size: number; advance(now: number): void; sweep(n: number): void; capacity: number };
    };
    new Enrichment(objects(), ALL).completeFlow(flow);
    flow.forget();
    store.advance(1000);
    store.sweep(store.capacity);
    expect(store.size).toBe(0);
  });
});

describe('the direction of a record', () => {
  const source = { sourcePodName: 'a' };
  const destination = { destinationPodName: 'b' };
  it.each([
    ['InterNode from the source', { flowType: 2, ...source }, 1],
    ['InterNode from the destination', { flowType: 2, ...destination }, 0],
    ['InterNode with both', { flowType: 2, ...source, ...destination }, 255],
    ['InterNode with none', { flowType: 2 }, 255],
    ['ToExternal with a source', { flowType: 3, ...source }, 1],
    ['ToExternal without', { flowType: 3, ...destination }, 255],
    ['FromExternal with a destination', { flowType: 4, ...destination }, 0],
    ['FromExternal without', { flowType: 4, ...source }, 255],
    ['IntraNode', { flowType: 1, ...source, ...destination }, 255],
    ['no type and outside addresses', { sourceIP: OUTSIDE, destinationIP: OUTSIDE }, 255],
    ['no type, to the outside', { sourceIP: CLIENT, destinationIP: OUTSIDE }, 1],
    ['no type, from the outside', { sourceIP: OUTSIDE, destinationIP: SERVER }, 0],
    ['no type, between Nodes', { sourceIP: CLIENT, destinationIP: SERVER }, 255],
  ])('of %s', (_name, values, direction) => {
    const known = objects();
    const builder = new RecordBatchBuilder(known.strings.dictionary);
    new Enrichment(known, NOTHING).completeRecord(builder.add(aRecord(values)));
    const batch = builder.take()!;
    expect(batch.at(0).flowDirection).toBe(direction);
    expect(new Flow(batch, batch.rows, 0).words[FLOW_ROW.flags]).toBe(FlowFlag.Live | FlowFlag.SourceReported);
  });
});
