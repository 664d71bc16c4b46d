import { beforeAll, describe, expect, it } from '@jest/globals';
import { ProjectCopy, type Outcome } from './project-copy.js';

/** A tree in which every rule has something to look at and nothing to refuse. */
const ALLOWED = {
  'src/domain/flow.ts': 'export const flow = 1;',
  'src/application/export.ts':
    "import { injectable } from 'inversify';\nimport { flow } from '../domain/flow.js';\nexport const use = [injectable, flow];",
  'src/adapters/formats/csv.ts': "import { flow } from '../../domain/flow.js';\nexport const csv = flow;",
  'src/adapters/transport/tcp.ts': "import * as net from 'node:net';\nexport const tcp = net;",
  'src/adapters/ipfix/sink.ts':
    "import { csv } from '../formats/csv.js';\nimport { tcp } from '../transport/tcp.js';\nimport { use } from '../../application/export.js';\nexport const sink = [csv, tcp, use];",
  'src/adapters/s3/sink.ts': "import * as fs from 'node:fs';\nexport const sink = fs;",
  'src/infrastructure/configuration/keys.ts':
    "import { IsInt } from 'class-validator';\nimport { sink } from '../../adapters/s3/sink.js';\nexport const keys = [IsInt, sink];",
  'src/adapters/s3/egg.ts': 'export const egg = 1;',
  'test/domain/flow.test.ts': "import { it } from '@jest/globals';\nit('is', () => undefined);",
};

/** A file that imports one thing it must not, and the rule which refuses it. */
const FORBIDDEN = [
  ['src/domain/node.ts', 'node:fs', 'domain-imports-only-itself'],
  ['src/domain/library.ts', 'yaml', 'domain-imports-only-itself'],
  ['src/domain/outwards.ts', '../application/export.js', 'domain-imports-only-itself'],
  ['src/application/outwards.ts', '../adapters/s3/sink.js', 'application-imports-only-domain'],
  ['src/application/node.ts', 'node:timers', 'application-imports-only-domain'],
  ['src/application/library.ts', 'prom-client', 'application-imports-only-domain'],
  [
    'src/adapters/ipfix/wiring.ts',
    '../../infrastructure/configuration/keys.js',
    'adapters-are-not-wired-by-themselves',
  ],
  ['src/adapters/ipfix/neighbour.ts', '../s3/sink.js', 'adapters-stand-apart'],
  ['src/adapters/formats/carrier.ts', '../s3/sink.js', 'formats-import-no-adapter'],
  ['src/adapters/transport/meaning.ts', '../formats/csv.js', 'transport-imports-no-adapter'],
  ['src/adapters/s3/validator.ts', 'class-validator', 'only-configuration-validates'],
  ['src/adapters/s3/tested.ts', '../../../test/domain/flow.test.js', 'sources-import-no-tests'],
  ['src/adapters/s3/developed.ts', 'fast-check', 'sources-import-no-development-package'],
  ['src/adapters/s3/chicken.ts', './egg.js', 'no-cycles'],
  ['src/adapters/s3/lost.ts', './nowhere.js', 'everything-resolves'],
] as const;

function layersOf(files: Readonly<Record<string, string>>): Outcome {
  const project = new ProjectCopy(files).linkPackages();
  try {
    return project.run('scripts/layers.mjs');
  } finally {
    project.remove();
  }
}

describe('npm run layers', () => {
  it('accepts the arrows of the architecture', () => {
    const { status, printed } = layersOf(ALLOWED);
    expect(printed).toContain(': 0 complaints');
    expect(status).toBe(0);
  });

  describe('with one file for each forbidden import', () => {
    let outcome: Outcome;
    beforeAll(() => {
      const wrong = FORBIDDEN.map(([path, imported]) => [path, `export * as wrong from '${imported}';`]);
      const egg = { 'src/adapters/s3/egg.ts': "export * as wrong from './chicken.js';" };
      outcome = layersOf({ ...ALLOWED, ...egg, ...(Object.fromEntries(wrong) as Record<string, string>) });
    });

    it('fails', () => {
      expect(outcome.status).toBe(1);
    });

    it.each(FORBIDDEN)('refuses that %s imports %s: %s', (path, _imported, rule) => {
      expect(outcome.printed).toContain(`${rule}: ${path} → `);
    });
  });

  it('sees an import of nothing but a type', () => {
    const { status, printed } = layersOf({
      ...ALLOWED,
      'src/application/export.ts': "import type { Logger } from 'winston';\nexport type Log = Logger;",
    });
    expect(printed).toContain('application-imports-only-domain: src/application/export.ts → ');
    expect(status).toBe(1);
  });

  it('fails when a layer that a rule speaks of is empty', () => {
    const others = Object.entries(ALLOWED).filter(([path]) => !path.startsWith('src/domain/'));
    const { status, printed } = layersOf(Object.fromEntries(others));
    expect(printed).toContain('no source is subject to the rule domain-imports-only-itself');
    expect(status).toBe(1);
  });
});
