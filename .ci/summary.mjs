/**
 * Adds up the results of several runs of jest (`--json --outputFile`): `node .ci/summary.mjs FILE…`. Exits with 1 if a
 * test failed or was skipped, or a run left no result: here everything that tests need is installed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const suites = { failed: 0, passed: 0, total: 0 };
let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of process.argv.slice(2)) {
  const name = basename(file, '.json');
  if (!existsSync(file)) {
    console.log(`${name}: left no result, counted as one failure`);
    failed++;
    continue;
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  // A file that could not even be loaded has no tests that could fail.
  const broken = result.numFailedTests + result.numRuntimeErrorTestSuites;
  const left = result.numPendingTests + result.numTodoTests;
  console.log(
    `${name}: ${broken} failed, ${left} skipped, ${result.numPassedTests} passed, ${result.numTotalTests} total`,
  );
  suites.failed += result.numFailedTestSuites;
  suites.passed += result.numPassedTestSuites;
  suites.total += result.numTotalTestSuites;
  passed += result.numPassedTests;
  failed += broken;
  skipped += left;
}
if (skipped > 0) console.log(`FAILED: ${skipped} tests were skipped.`);
console.log(`Test Suites: ${suites.failed} failed, ${suites.passed} passed, ${suites.total} total`);
console.log(`Tests:       ${failed} failed, ${skipped} skipped, ${passed} passed, ${failed + skipped + passed} total`);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0 || skipped > 0 || passed === 0) process.exitCode = 1;
