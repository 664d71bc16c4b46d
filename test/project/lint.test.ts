import { beforeAll, describe, expect, it } from '@jest/globals';
import { ProjectCopy, type Outcome } from './project-copy.js';

/** A statement that a layer must not contain: file, code, and words of the complaint. */
const FORBIDDEN = [
  ['src/domain/clock.ts', 'export const a = Date.now();', "Unexpected use of 'Date'"],
  ['src/domain/environment.ts', 'export const a = process.env;', "Unexpected use of 'process'"],
  ['src/domain/console.ts', "console.log('a');\nexport {};", "Unexpected use of 'console'"],
  ['src/domain/performance.ts', 'export const a = performance.now();', "Unexpected use of 'performance'"],
  ['src/domain/chance.ts', 'export const a = Math.random();', "'Math.random' is restricted"],
  ['src/domain/global.ts', "export const a = globalThis['Date'];", "Unexpected use of 'globalThis'"],
  ['src/application/timeout.ts', 'setTimeout(() => undefined, 1);\nexport {};', "Unexpected use of 'setTimeout'"],
  ['src/application/immediate.ts', 'setImmediate(() => undefined);\nexport {};', "Unexpected use of 'setImmediate'"],
  [
    'src/application/microtask.ts',
    'queueMicrotask(() => undefined);\nexport {};',
    "Unexpected use of 'queueMicrotask'",
  ],
  ['src/application/fetch.ts', "void fetch('http://a');\nexport {};", "Unexpected use of 'fetch'"],
  ['src/application/node.ts', "export { readFileSync } from 'node:fs';", "'node:fs' import is restricted"],
  ['src/application/container.ts', "export { Container } from 'inversify';", "'Container' import from 'inversify'"],
  ['src/adapters/s3/clock.ts', 'export const a = Date.now();', "'Date.now' is restricted"],
  ['src/adapters/s3/now.ts', 'export const a = new Date();', 'Use the Clock port'],
  ['src/adapters/s3/environment.ts', 'export const a = process.env;', "Unexpected use of 'process'"],
  ['src/infrastructure/any.ts', 'export const a = JSON.parse as any;', 'Unexpected any'],
  ['src/infrastructure/silent.ts', 'export interface Silent {\n  a: 1;\n}', 'Say in a docstring what Silent means'],
  ['test/escape.test.ts', '// eslint-disable-next-line\nexport const a = 1;', 'noInlineConfig'],
] as const;

/** Code that the rules must leave alone. */
const ALLOWED = {
  'src/domain/row.ts':
    '/** Doc. */\nexport function word(row: Uint32Array, at: number): number {\n  return (row[at]! & 0xffff) >>> 8;\n}\n',
  'src/application/named.ts':
    "import { injectable } from 'inversify';\n\n/** Doc. */\n@injectable()\nexport class Named {}\n",
  'src/adapters/s3/date.ts':
    '/** Doc. */\nexport const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();\n',
  'src/infrastructure/clock.ts': '/** Doc. */\nexport const now = (): number => Date.now();\n',
};

function lint(files: Readonly<Record<string, string>>): Outcome {
  const project = new ProjectCopy(files).linkPackages();
  try {
    return project.run('scripts/lint.mjs');
  } finally {
    project.remove();
  }
}

describe('npm run lint', () => {
  it('accepts code that keeps to its layer', () => {
    const { status, printed } = lint(ALLOWED);
    expect(printed).toContain(' 0 problems.');
    expect(status).toBe(0);
  });

  describe('with one file for each forbidden statement', () => {
    let outcome: Outcome;
    beforeAll(() => {
      const wrong = FORBIDDEN.map(([path, code]) => [path, `${code}\n`]);
      outcome = lint(Object.fromEntries(wrong) as Record<string, string>);
    });

    it('fails', () => {
      expect(outcome.status).toBe(1);
    });

    it.each(FORBIDDEN)('complains about %s: %s', (path, _code, words) => {
      const [, section] = outcome.printed.split(`${path}\n`);
      expect(section?.split('\n\n')[0]).toContain(words);
    });
  });

  it('fails when there is nothing to lint', () => {
    const { status, printed } = lint({});
    expect(printed).toContain('There are no sources to lint.');
    expect(status).toBe(1);
  });
});
