import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writableDataDirectory } from '../../../src/adapters/identity/data-directory.js';
import { keptUuid } from '../../../src/adapters/identity/kept-uuid.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const ONE = '11111111-1111-4111-8111-111111111111';
const TWO = '22222222-2222-4222-8222-222222222222';

let directory: string;
let logger: RecordingLogger;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-identity-'));
  logger = new RecordingLogger();
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('keptUuid', () => {
  it('makes a UUID once and keeps it, readable by the owner alone', () => {
    expect(keptUuid(directory, logger, () => ONE)).toBe(ONE);
    expect(readFileSync(join(directory, 'cluster-uuid'), 'utf8')).toBe(`${ONE}\n`);
    expect(statSync(join(directory, 'cluster-uuid')).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['cluster-uuid']);
    expect(keptUuid(directory, logger, () => TWO)).toBe(ONE);
    expect(logger.lines.map(({ level }) => level)).toEqual(['info', 'info']);
  });

  it('takes a UUID that somebody else put there', () => {
    writeFileSync(join(directory, 'cluster-uuid'), ` ${TWO.toUpperCase()}\r\n`);
    expect(keptUuid(directory, logger, () => ONE)).toBe(TWO);
  });

  it.each(['', 'no UUID', ONE.slice(1)])('replaces a file that holds %j', (text) => {
    writeFileSync(join(directory, 'cluster-uuid'), text);
    expect(keptUuid(directory, logger, () => ONE)).toBe(ONE);
    expect(readFileSync(join(directory, 'cluster-uuid'), 'utf8')).toBe(`${ONE}\n`);
    expect(logger.of('warn')).toHaveLength(1);
  });

  it('makes one for the moment, with one warning, where nothing can be kept', () => {
    expect(keptUuid(undefined, logger, () => ONE)).toBe(ONE);
    mkdirSync(join(directory, 'cluster-uuid'));
    expect(keptUuid(directory, logger, () => TWO)).toBe(TWO);
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'warn']);
  });
});

describe('writableDataDirectory', () => {
  it('makes the configured directory', () => {
    const wanted = join(directory, 'a/b');
    expect(writableDataDirectory(wanted)).toBe(wanted);
    expect(statSync(wanted).isDirectory()).toBe(true);
  });

  it('takes the first of the default ones that can be written to', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const second = join(directory, 'second');
    expect(writableDataDirectory('', [join(file, 'first'), second])).toBe(second);
  });

  it('takes no other than the configured one', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(writableDataDirectory(join(file, 'x'), [directory])).toBeUndefined();
  });
});
