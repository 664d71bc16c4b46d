/** Fuzzes a decoder: `node dist/test/fuzz/run.js [--input ipfix|grpc] [--cases 200000] [--seed N]`. Exits with 1 at the first failure. */
import { parseArgs } from 'node:util';
import { fuzzDecoder } from './decoder-fuzz.js';
import { fuzzGrpc } from './grpc-fuzz.js';

const { values } = parseArgs({
  options: {
    input: { type: 'string', default: 'ipfix' },
    cases: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
  },
});
const fuzz = values.input === 'grpc' ? fuzzGrpc : fuzzDecoder;
const { cases, errors, records } = fuzz(Number(values.cases), Number(values.seed));
console.log(`${cases} cases of seed ${values.seed}, ${records} records, errors by reason:`);
for (const [reason, count] of [...errors].sort(([, a], [, b]) => b - a)) console.log(`  ${reason} ${count}`);
