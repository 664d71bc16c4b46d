import { AggregatedFlow, Outcome } from '../../src/domain/flow/aggregated-flow.js';
import { TABLE_ROW } from '../../src/domain/table/row-slabs.js';
import { Dictionary } from '../../src/domain/table/dictionary.js';
import { KeyedHash } from '../../src/domain/table/keyed-hash.js';
import { aRecord, type RecordValues } from './a-record.js';

/** A dictionary of its own, of at most so many bytes. */
export function aDictionary(maxBytes = 2 ** 26): Dictionary {
  return new Dictionary(new KeyedHash([1, 2]), maxBytes);
}

/** A flow without a table, begun by a record. Its row stands among others' words, which must not change. */
export function aTrackedFlow(first: RecordValues, store = aDictionary()): AggregatedFlow {
  const words = new Uint32Array(3 * TABLE_ROW.words).fill(0xdead);
  const flow = new AggregatedFlow(store).moveTo(words, TABLE_ROW.words);
  if (flow.begin(aRecord(first)) !== Outcome.Taken) throw new Error('the flow did not begin');
  return flow;
}

/** A flow that took these records, the first of which began it. */
export function aFlowOf(first: RecordValues, ...later: RecordValues[]): AggregatedFlow {
  const flow = aTrackedFlow(first);
  for (const values of later) flow.aggregate(aRecord(values));
  return flow;
}
