import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** What the headings of a page can be linked by, as GitHub has it. */
function anchorsOf(page: string): Set<string> {
  const headings = Array.from(readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm), ([, heading]) => heading!);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Links of a page that lead nowhere in the project. */
function brokenLinks(page: string): string[] {
  const links = Array.from(readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)|^\[.+\]: (\S+)$/gm), (match) =>
    String(match[1] ?? match[2]),
  );
  return links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split('#', 2);
    const target = path === '' ? page : normalize(join(dirname(page), path!));
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).has(anchor));
  });
}

describe('the documentation', () => {
  it.each(PAGES)('%s links to files and headings that there are', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });
});
