import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FLOW_LOG_COLUMNS } from '../../src/adapters/flow-log/columns.js';
import { BackupNames } from '../../src/adapters/flow-log/backup-names.js';
import { namesOfField } from '../../src/adapters/formats/csv/names.js';

const page = readFileSync('docs/reference/flow-log.md', 'utf8');

/** Rows of tables by the texts in backquotes of their first cells. */
const rows = Array.from(page.matchAll(/^\| (`[^|]+`) +\| ([^|]+?) +\|/gm), ([, first, second]) => ({
  codes: Array.from(first!.matchAll(/`([^`]+)`/g), ([, code]) => code!),
  text: second!,
}));

describe('docs/reference/flow-log.md', () => {
  it('has the columns of the code, in their order', () => {
    const told = Array.from(page.matchAll(/^\| (\d+) +\| `(\w+)` /gm), ([, number, name]) => `${number} ${name}`);
    expect(told).toEqual(FLOW_LOG_COLUMNS.map((name, i) => `${i + 1} ${name}`));
  });

  it('has the names of the code for the numbers of each field that has any', () => {
    const withNames = FLOW_LOG_COLUMNS.filter((field) => namesOfField(field) !== undefined);
    expect(rows.flatMap(({ codes }) => codes.filter((code) => withNames.some((name) => name === code)))).toHaveLength(
      withNames.length,
    );
    for (const field of withNames) {
      const { text } = rows.find(({ codes }) => codes.includes(field))!;
      const told = new Map(
        Array.from(text.matchAll(/(\d+) `([^`]+)`/g), ([, number, name]) => [Number(number), name!]),
      );
      if (text.includes('0 is empty')) told.set(0, '');
      const [, other] = /all others `([^`]+)`/.exec(text)!;
      expect(Array.from({ length: 256 }, (_, number) => told.get(number) ?? other)).toEqual(namesOfField(field));
    }
  });

  it('has names of backups that are some', () => {
    const names = new BackupNames('/var/log/flows.csv');
    const told = rows.flatMap(({ codes }) => codes.filter((code) => code.startsWith('flows-')));
    expect(told.map((name) => names.parse(name)?.kind)).toEqual(['plain', 'compressed', 'unfinished']);
  });
});
