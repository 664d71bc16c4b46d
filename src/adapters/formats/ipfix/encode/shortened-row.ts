import type { FlowBatch } from '../../../../domain/batch/flow-batch.js';
import { FLOW_ROW } from '../../../../domain/flow/layout.js';
import type { RecordPlan } from './record-plan.js';

/** Bytes before a text that say how long it is, at most (RFC 7011 §7). */
const LONGEST_PREFIX = 3;

/** Longest text of an address, which is none of the plan's texts. */
const ADDRESS_TEXT = 39;

/** A copy of a row that makes a record of at most `longest` bytes: without its longest texts, as many as it takes. */
export function shortened(plan: RecordPlan, batch: FlowBatch, base: number, longest: number): Uint32Array {
  const lengthOf = (id: number): number => batch.bytes(id).length + LONGEST_PREFIX;
  const texts = plan.textWords.reduce((sum, word) => sum + lengthOf(batch.rows[base + word]!), 0);
  return withoutLongest(batch, base, plan.textWords, plan.leastBytes + ADDRESS_TEXT + texts - longest, lengthOf);
}

/**
 * A copy of a row without its longest texts, as many as it takes. A text is left out whole, since half a name or half a JSON object says
 * something else than the flow does.
 *
 * @param textWords words of the row that refer to texts
 * @param excess bytes that have to go
 * @param lengthOf bytes that go with a text, by its id
 */
export function withoutLongest(
  batch: FlowBatch,
  base: number,
  textWords: readonly number[],
  excess: number,
  lengthOf: (id: number) => number,
): Uint32Array {
  const row = batch.rows.slice(base, base + FLOW_ROW.words);
  const texts = textWords.map((word) => ({ word, length: lengthOf(row[word]!) })).sort((a, b) => b.length - a.length);
  let left = excess;
  for (const text of texts) {
    if (left <= 0) break;
    row[text.word] = 0;
    left -= text.length;
  }
  return row;
}
