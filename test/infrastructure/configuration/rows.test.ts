import { describe, expect, it } from '@jest/globals';
import { definitionsOf, type SectionClass } from '../../../src/infrastructure/configuration/key.js';
import { formatProblem } from '../../../src/infrastructure/configuration/problem.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { configurationReference } from '../../../src/infrastructure/configuration/reference.js';
import { WeirConfiguration } from '../../../src/infrastructure/configuration/weir-configuration.js';
import { ROWS } from './rows.js';
import type { Row } from './rows/row.js';

const rows = Object.entries(ROWS);

/** Every key and mapping that the classes declare, by path. */
function declared(section: SectionClass, path: string): string[] {
  return definitionsOf(section).flatMap((definition) => {
    const name = `${path}${definition.name}`;
    if (definition.type === 'section') return declared(definition.section, `${name}.`);
    if (definition.type === 'list') return declared(definition.section, `${name}[].`);
    return [name];
  });
}

/** The default column of the reference, by path. */
function documentedDefaults(): Map<string, string> {
  const defaults = new Map<string, string>();
  let section = '';
  for (const line of configurationReference().split('\n')) {
    const heading = /^## (.*)/.exec(line)?.[1];
    if (heading !== undefined) section = heading === 'Top level' ? '' : `${heading}.`;
    const [, name, value] = /^\| `(\w+)`(?: ◆)? +\| (.*?) +\| /.exec(line) ?? [];
    if (name !== undefined) defaults.set(`${section}${name}`, value!.replaceAll('`', ''));
  }
  return defaults;
}

type Tree = Map<string, Tree | string>;

function put(tree: Tree, path: readonly string[], written: string): void {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    // The last one is the last line of its section.
    tree.delete(name);
    tree.set(name, written);
    return;
  }
  const inner = tree.get(name);
  const section: Tree = inner === undefined || typeof inner === 'string' ? new Map<string, Tree | string>() : inner;
  tree.set(name, section);
  put(section, rest, written);
}

/** A file with the key and what it needs around it, and the place of the key. */
function fileWith(path: string, written: string, { given }: Row): { text: string; line: number; column: number } {
  const tree: Tree = new Map();
  const parts = path.replaceAll('[]', '.[]').split('.');
  parts.forEach((_, depth) => {
    const section = parts.slice(0, depth);
    if (ROWS[[...section, 'enable'].join('.')] !== undefined) put(tree, [...section, 'enable'], 'true');
  });
  for (const [name, value] of Object.entries(given ?? {})) put(tree, name.split('.'), value);
  put(tree, parts, written);
  const lines: string[] = [];
  let place = { line: 0, column: 0 };
  const render = (section: Tree, above: string, indent: string): void => {
    for (const [name, value] of section) {
      const here = above === '' ? name : `${above}.${name}`;
      lines.push(name === '[]' ? `${indent}-` : `${indent}${name}:${value instanceof Map ? '' : ` ${value}`}`);
      if (here === parts.join('.')) place = { line: lines.length, column: indent.length + 1 };
      if (value instanceof Map) render(value, here, `${indent}  `);
    }
  };
  render(tree, '', '');
  return { text: lines.join('\n'), ...place };
}

/** The lines of the report that are about a key, and its value. */
function outcome(path: string, text: string): { errors: string[]; warnings: string[]; value: unknown } {
  const { configuration, problems } = readConfiguration(text);
  const key = path.replaceAll('[]', '[0]');
  const lines = (severity: string): string[] =>
    problems
      .filter((problem) => problem.path === key && problem.severity === severity)
      .map((problem) => formatProblem('f', problem));
  let value: unknown = configuration;
  for (const name of key.split(/[.[\]]+/)) value = (value as Record<string, unknown>)[name];
  return { errors: lines('error'), warnings: lines('warning'), value };
}

const described = (path: string, written: string): string => `${path}: ${written.slice(0, 60)}`;

describe('the rows', () => {
  it('are the keys of the classes, each once', () => {
    expect(Object.keys(ROWS).toSorted()).toEqual(declared(WeirConfiguration, '').toSorted());
  });

  it('are the rows of the reference, with its defaults', () => {
    const shown = ({ default: value, shown: text }: Row): string =>
      text ?? (typeof value === 'string' && value !== '' ? value : JSON.stringify(value));
    expect(Object.fromEntries(documentedDefaults())).toEqual(
      Object.fromEntries(rows.map(([path, row]) => [path, shown(row)])),
    );
  });

  it.each(rows)('%s has its default in an empty file, and in one whose sections are empty', (path, row) => {
    if (path.includes('[]')) return;
    const sections = [...new Set(rows.map(([name]) => name.split('.')).filter(({ length }) => length > 1))];
    const empty = [...new Set(sections.map(([name]) => `${name!}:\n  # nothing`))].join('\n');
    expect(outcome(path, '')).toEqual({ errors: [], warnings: [], value: row.default });
    expect(outcome(path, empty)).toEqual({ errors: [], warnings: [], value: row.default });
  });
});

describe('a key takes', () => {
  const cases = rows.flatMap(([path, row]) =>
    row.accepted.map(([written, value]) => ({ name: described(path, written), path, row, written, value })),
  );
  it.each(cases)('$name', ({ path, row, written, value }) => {
    const { text } = fileWith(path, written, row);
    expect({ text, ...outcome(path, text) }).toEqual({ text, errors: [], warnings: [], value });
  });
});

describe('a key refuses', () => {
  const cases = rows.flatMap(([path, row]) =>
    row.refused.map(([written, message]) => ({ name: described(path, written), path, row, written, message })),
  );
  it.each(cases)('$name', ({ path, row, written, message }) => {
    const { text, line, column } = fileWith(path, written, row);
    const report = `f:${line}:${column}: ${path.replaceAll('[]', '[0]')}: ${message}`;
    expect({ text, ...outcome(path, text) }).toMatchObject({ text, errors: [report], warnings: [] });
    expect(readConfiguration(text).usable).toBe(false);
  });

  it('in a section that is not enabled with a warning', () => {
    for (const [path, row] of rows) {
      const [section] = path.split('.', 1) as [string];
      if (path === `${section}.enable` || ROWS[`${section}.enable`] === undefined) continue;
      for (const [written, message] of row.refused) {
        const file = fileWith(path, written, row).text;
        const text = file.replace(new RegExp(`^${section}:\n  enable: true`, 'm'), `${section}:\n  enable: false`);
        const { errors, warnings } = outcome(path, text);
        expect({ text, errors }).toEqual({ text, errors: [] });
        // What is required is so only when enabled.
        if (warnings.length > 0 || !/is missing|can be reached/.test(message)) {
          expect(warnings).toEqual([expect.stringContaining(`${message} (ignored: ${section}`)]);
        }
      }
    }
  });
});

describe('a key takes with a warning', () => {
  const cases = rows.flatMap(([path, row]) =>
    (row.warned ?? []).map(([written, message]) => ({ name: described(path, written), path, row, written, message })),
  );
  it.each(cases)('$name', ({ path, row, written, message }) => {
    const { text, line, column } = fileWith(path, written, row);
    const report = `f:${line}:${column}: ${path}: ${message}`;
    expect({ text, ...outcome(path, text) }).toMatchObject({ text, errors: [], warnings: [report] });
  });
});
