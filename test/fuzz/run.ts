/** Fuzzes the IPFIX decoder: `node dist/test/fuzz/run.js [--cases 200000] [--seed N]`. Exits with 1 at the first failure. */
import { parseArgs } from 'node:util';
import { fuzzDecoder } from './decoder-fuzz.js';

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
});
const { cases, errors, records } = fuzzDecoder(Number(values.cases), Number(values.seed));
console.log(`${cases} cases of seed ${values.seed}, ${records} records, errors by reason:`);
for (const [reason, count] of [...errors].sort(([, a], [, b]) => b - a)) console.log(`  ${reason} ${count}`);
