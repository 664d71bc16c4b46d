import { RecordBatchBuilder } from '../src/domain/batch/record-batch-builder.js';
import { Enrichment } from '../src/domain/enrichment/enrichment.js';
import { AggregatedFlow } from '../src/domain/flow/aggregated-flow.js';
import { addressToWords } from '../src/domain/flow/address.js';
import { FlowRecord } from '../src/domain/flow/flow-record.js';
import { FLOW_BLOCK } from '../src/domain/flow/layout.js';
import { KubernetesObjects } from '../src/domain/kubernetes/kubernetes-objects.js';
import { Dictionary } from '../src/domain/table/dictionary.js';
import { KeyedHash } from '../src/domain/table/keyed-hash.js';
import { TABLE_ROW } from '../src/domain/table/row-slabs.js';

/** What completing flows costs by itself, on one core: nanoseconds, with so many Pods and flows between them. */
export interface EnrichmentResult {
  readonly pods: number;
  readonly flows: number;
  /** Bytes of the objects and their texts, a Pod. */
  readonly bytesPerPod: number;
  /** Learning of a Pod. */
  readonly putNanoseconds: number;
  /** Finding a Pod by its address at a time, addresses in random order. */
  readonly lookupNanoseconds: number;
  /** Filling in both Pods of a flow of the table, with Nodes, labels and UIDs, once in its life. */
  readonly flowNanoseconds: number;
  /** The same of a record that is passed on, copying it into a batch included; and the copying alone. */
  readonly recordNanoseconds: number;
  readonly copyNanoseconds: number;
}

const SEED = [0x243f6a88, 0x85a308d3] as const;
const NOW = 1_700_000_000;
const NODE_COUNT = 1000;
const LOOKUPS = 4_000_000;
const RECORDS = 1_000_000;
const REPLICAS = 10;

/** Times are of the second of two rounds. */
export function runEnrichment(pods: number, flows: number): EnrichmentResult {
  const objects = new KubernetesObjects(SEED, NOW);
  const putNanoseconds = nanosecondsOf(pods, (i) => {
    objects.pods.put(podObject(i));
  });
  for (let i = 0; i < NODE_COUNT; i++) {
    objects.nodes.put({
      uid: uid(2, i),
      name: `node-${i}`,
      zone: `zone-${i % 3}`,
      internalIPs: [`192.168.${i >> 8}.${i & 255}`],
    });
  }
  const contents = { podLabels: true, uids: true };
  const enrichment = new Enrichment(objects, contents);

  const words = new Uint32Array(4);
  const order = shuffled(pods);
  let found = 0;
  const look = (i: number): void => {
    writeAddress(order[i % pods]!, words, 0);
    if (objects.pods.byAddress(words, 0, NOW) !== undefined) found++;
  };
  nanosecondsOf(LOOKUPS / 4, look);
  const lookupNanoseconds = nanosecondsOf(LOOKUPS, look);

  const store = new Dictionary(new KeyedHash(SEED), 2 ** 30);
  const flow = new AggregatedFlow(store).moveTo(new Uint32Array(flows * TABLE_ROW.words), 0);
  const record = interNodeRecord();
  const begin = (i: number): void => {
    flow.base = i * TABLE_ROW.words;
    flow.moveTo(flow.words, flow.base);
    aimRecord(record, order, i);
    flow.begin(record);
  };
  const complete = (i: number): void => {
    flow.moveTo(flow.words, i * TABLE_ROW.words);
    enrichment.completeFlow(flow);
  };
  let flowNanoseconds = 0;
  for (let round = 0; round < 2; round++) {
    nanosecondsOf(flows, begin);
    flowNanoseconds = nanosecondsOf(flows, complete);
  }

  const builder = new RecordBatchBuilder(objects.strings.dictionary);
  const pass = (isCompleted: boolean) => (i: number) => {
    aimRecord(record, order, i);
    const row = builder.add(record);
    if (isCompleted) enrichment.completeRecord(row);
    if (builder.isFull) builder.take();
  };
  for (const isCompleted of [true, false]) nanosecondsOf(RECORDS / 4, pass(isCompleted));
  const recordNanoseconds = nanosecondsOf(RECORDS, pass(true));
  const copyNanoseconds = nanosecondsOf(RECORDS, pass(false));
  if (found === 0) throw new Error('no Pod was found');
  return {
    ...{ pods, flows, bytesPerPod: objects.byteLength / pods, putNanoseconds, lookupNanoseconds, flowNanoseconds },
    ...{ recordNanoseconds, copyNanoseconds },
  };
}

/** Nanoseconds of CPU that an action takes. */
function nanosecondsOf(times: number, action: (i: number) => void): number {
  const started = process.cpuUsage();
  for (let i = 0; i < times; i++) action(i);
  const { user, system } = process.cpuUsage(started);
  return ((user + system) * 1000) / times;
}

/** Pods of Deployments with ten replicas, with the labels that such have. */
function podObject(i: number): Parameters<KubernetesObjects['pods']['put']>[0] {
  const deployment = Math.floor(i / REPLICAS);
  const hash = (deployment * 2_654_435_761).toString(36).slice(0, 9);
  return {
    uid: uid(1, i),
    name: `deployment-${deployment}-${hash}-${(i * 7919).toString(36).padStart(5, '0')}`,
    namespace: `namespace-${deployment % 200}`,
    ips: [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`],
    labels: {
      app: `deployment-${deployment}`,
      'app.kubernetes.io/name': `deployment-${deployment}`,
      'app.kubernetes.io/version': `1.${deployment % 50}.0`,
      'pod-template-hash': hash,
      tier: deployment % 2 ? 'backend' : 'frontend',
    },
    nodeName: `node-${i % NODE_COUNT}`,
    phase: 'Running',
    hostNetwork: false,
    createdSeconds: NOW - 1000 - i,
    finishedSeconds: undefined,
    workloadKind: 'Deployment',
    workloadName: `deployment-${deployment}`,
  };
}

function uid(kind: number, i: number): string {
  return `${i.toString(16).padStart(8, '0')}-0000-4000-8000-${kind.toString(16).padStart(12, '0')}`;
}

const address = new Uint8Array(4);

function writeAddress(pod: number, words: Uint32Array, at: number): void {
  address[0] = 10;
  address[1] = pod >> 16;
  address[2] = (pod >> 8) & 255;
  address[3] = pod & 255;
  addressToWords(address, 0, 4, words, at);
}

/** A record that names neither Pod, so that both are looked up, and what an agent says of policies and the Service. */
function interNodeRecord(): FlowRecord {
  const record = new FlowRecord();
  const texts = {
    egressNetworkPolicyName: 'allow-all',
    egressNetworkPolicyNamespace: 'namespace-1',
    tcpState: 'ESTABLISHED',
  };
  const bytes = Object.values(texts).join('');
  record.bytes = new TextEncoder().encode(bytes);
  let offset = 0;
  for (const [name, text] of Object.entries(texts)) {
    record.words[FLOW_BLOCK.slots[name as keyof typeof texts].word] = FlowRecord.reference(offset, text.length);
    offset += text.length;
  }
  record.exporter = Uint8Array.of(192, 168, 0, 1);
  record.flowType = 2;
  record.flowStartSeconds = NOW;
  record.flowEndSeconds = NOW + 5;
  return record;
}

function aimRecord(record: FlowRecord, order: Uint32Array, i: number): void {
  writeAddress(order[i % order.length]!, record.words, FLOW_BLOCK.slots.sourceIP.word);
  writeAddress(order[(i * 7) % order.length]!, record.words, FLOW_BLOCK.slots.destinationIP.word);
}

/** Numbers below `count` in an order that no cache foresees, the same each time. */
function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 1;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
