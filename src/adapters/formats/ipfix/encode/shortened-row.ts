import type { FlowBatch } from '../../../../domain/batch/flow-batch.js';
import { FLOW_ROW } from '../../../../domain/flow/layout.js';
import type { RecordPlan } from './record-plan.js';

/** Bytes before a text that say how long it is, at most (RFC 7011 §7). */
const LONGEST_PREFIX = 3;

/** Longest text of an address, which is none of the plan's texts. */
const ADDRESS_TEXT = 39;

/**
 * A copy of a row that makes a record of at most `longest` bytes: without its longest texts, as many as it takes. A text is left out whole,
 * since half a name or half a JSON object says something else than the flow does.
 */
export function shortened(plan: RecordPlan, batch: FlowBatch, base: number, longest: number): Uint32Array {
  const row = batch.rows.slice(base, base + FLOW_ROW.words);
  const texts = plan.textWords
    .map((word) => ({ word, length: batch.bytes(row[word]!).length + LONGEST_PREFIX }))
    .sort((a, b) => b.length - a.length);
  let length = plan.leastBytes + ADDRESS_TEXT + texts.reduce((sum, text) => sum + text.length, 0);
  for (const text of texts) {
    if (length <= longest) break;
    row[text.word] = 0;
    length -= text.length;
  }
  return row;
}
