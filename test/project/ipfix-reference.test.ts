import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const PAGE = 'docs/reference/ipfix.md';

interface Mutation {
  readonly rfc: string;
  readonly source: string;
  readonly find: string;
  readonly replace: string;
  readonly test: string;
  readonly name: string;
}

const mutations = JSON.parse(readFileSync('test/mutations/ipfix.json', 'utf8')) as readonly Mutation[];
const page = readFileSync(PAGE, 'utf8');

/** Paths that the page's link definitions stand for, by their labels. */
const links = new Map(
  Array.from(page.matchAll(/^\[(.+)\]: (\S+)$/gm), ([, label, path]) => [
    label!,
    normalize(join(dirname(PAGE), path!)),
  ]),
);

/** "section, test file, name of the test" of each test in the tables; a row without a section goes on with the one before. */
function testsOfTable(): string[] {
  const tests: string[] = [];
  let section = '';
  for (const line of page.split('\n').filter((text) => text.startsWith('|'))) {
    section = /^\| (\d+(?:\.\d+)*(?:(?: to |, )\d+(?:\.\d+)*)*) /.exec(line)?.[1] ?? section;
    const [, label, name] = /\| \[(.+)\]: “(.+)” +\|$/.exec(line) ?? [];
    if (label !== undefined) tests.push(`${section}, ${links.get(label)}, ${name}`);
  }
  return tests;
}

describe('docs/reference/ipfix.md', () => {
  it('names exactly the tests that the list of mutations tries', () => {
    const tried = new Set(mutations.map(({ rfc, test, name }) => `${rfc}, ${test}, ${name}`));
    expect(testsOfTable().sort()).toEqual([...tried].sort());
    expect(tried.size).toBeGreaterThan(100);
  });

  it('links to files that exist', () => {
    const inline = Array.from(page.matchAll(/\]\(([^)#]+)\)/g), ([, path]) => normalize(join(dirname(PAGE), path!)));
    expect([...links.values(), ...inline].filter((path) => !existsSync(path))).toEqual([]);
  });
});

describe('test/mutations/ipfix.json', () => {
  it('changes text that is there once', () => {
    const lost = mutations.filter(({ source, find, replace }) => {
      const times = existsSync(source) ? readFileSync(source, 'utf8').split(find).length - 1 : 0;
      return times !== 1 || find === replace;
    });
    expect(lost).toEqual([]);
  });
});
