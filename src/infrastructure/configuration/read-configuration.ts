import { validateSync, type ValidationError } from 'class-validator';
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { nearest } from '../nearest.js';
import type { CheckContext } from './checks.js';
import { definitionsOf, type Definition, type KeyDefinition, type SectionClass } from './key.js';
import { textOf } from './kinds.js';
import { inFileOrder, type Problem } from './problem.js';
import { WeirConfiguration } from './weir-configuration.js';

/** What a configuration file says: complete with defaults, or as far as it could be read if there are errors. */
export interface ReadConfiguration {
  readonly configuration: WeirConfiguration;
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** Whether no problem is an error. */
  readonly usable: boolean;
}

/** Where something stands in the file; offset 0 for what stands nowhere. */
interface Place {
  readonly path: string;
  readonly offset: number;
}

/** Reads the text of a configuration file. Never throws: what is wrong is in the result. */
export function readConfiguration(text: string): ReadConfiguration {
  return new ConfigurationReader(text).read();
}

class ConfigurationReader {
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed;
  readonly #problems: (Problem & { readonly key: string })[] = [];
  /** Where each key that is in the file stands. */
  readonly #places = new Map<string, number>();
  /** Keys whose value could not be read; checking the default in its place would only repeat that. */
  readonly #unread = new Set<string>();

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, stringKeys: true });
  }

  read(): ReadConfiguration {
    for (const error of this.#document.errors) {
      this.#report('error', { path: '', offset: error.pos[0] }, `${error.message}; accepted is YAML`);
    }
    const root =
      this.#document.errors.length > 0 ? undefined : this.#mapping(this.#document.contents, { path: '', offset: 0 });
    const configuration = this.#section(WeirConfiguration, root, '') as WeirConfiguration;
    if (this.#document.errors.length === 0)
      this.#check(validateSync(configuration, { forbidUnknownValues: false }), '', 0);
    this.#lowerDisabled(configuration, WeirConfiguration, '');
    const problems = inFileOrder(this.#problems.map(({ key: _, ...problem }) => problem));
    return { configuration, problems, usable: problems.every(({ severity }) => severity === 'warning') };
  }

  #section(section: SectionClass, map: YAMLMap | undefined, path: string): object {
    const definitions = definitionsOf(section);
    const nodes = this.#nodesByKey(
      map,
      path,
      definitions.map(({ name }) => name),
    );
    const values = definitions.map((definition) => {
      const place = { path: join(path, definition.name), offset: this.#places.get(join(path, definition.name)) ?? 0 };
      const node = this.#resolve(nodes.get(definition.name), place);
      return [definition.name, this.#valueOf(definition, node, place)];
    });
    return Object.assign(new section(), Object.fromEntries(values)) as object;
  }

  #valueOf(definition: Definition, node: Node | null | undefined, place: Place): unknown {
    switch (definition.type) {
      case 'section':
        return this.#section(definition.section, this.#mapping(node, place), place.path);
      case 'list':
        return this.#list(definition.section, node, place);
      case 'key':
        return this.#value(definition, node, place);
    }
  }

  #list(section: SectionClass, node: Node | null | undefined, { path, offset }: Place): object[] {
    if (node == null || isEmpty(node)) return [];
    if (!isSeq(node)) {
      this.#unread.add(path);
      this.#report('error', { path, offset }, `${describe(node)} is no list; accepted is a list of mappings`);
      return [];
    }
    return node.items.map((item, index) => {
      const written = isNode(item) ? item : null;
      const place = { path: `${path}[${index}]`, offset: written?.range?.[0] ?? offset };
      this.#places.set(place.path, place.offset);
      return this.#section(section, this.#mapping(this.#resolve(written, place), place), place.path);
    });
  }

  #nodesByKey(map: YAMLMap | undefined, path: string, known: readonly string[]): Map<string, Node | null> {
    const nodes = new Map<string, Node | null>();
    for (const { key, value } of map?.items ?? []) {
      const name = isScalar(key) ? textOf(key) : String(key);
      const place = { path: join(path, name), offset: isNode(key) ? (key.range?.[0] ?? 0) : 0 };
      if (known.includes(name)) {
        nodes.set(name, isNode(value) ? value : null);
        this.#places.set(place.path, place.offset);
      } else {
        const close = nearest(name, known);
        const hint =
          close === undefined ? 'see docs/examples/weir.yaml for the keys there are' : `did you mean ${close}?`;
        this.#report('warning', place, `unknown key, ignored; ${hint}`);
      }
    }
    return nodes;
  }

  /** A mapping, or undefined for nothing at all and for what is no mapping, which is reported. */
  #mapping(node: Node | null | undefined, place: Place): YAMLMap | undefined {
    if (isMap(node)) return node;
    if (node != null && !isEmpty(node)) {
      this.#unread.add(place.path);
      this.#report('error', place, `${describe(node)} is no section; accepted is a mapping of keys to values`);
    }
    return undefined;
  }

  #value(definition: KeyDefinition, node: Node | null | undefined, place: Place): unknown {
    if (node == null || isNull(node)) return definition.default;
    if (!definition.keepsZero && isScalar(node) && ['', '0'].includes(textOf(node))) return definition.default;
    const value = definition.kind.parse(node);
    if (value === undefined) {
      this.#unread.add(place.path);
      this.#report('error', place, `${describe(node)} is not valid; accepted is ${definition.kind.accepts}`);
      return definition.default;
    }
    const { raisedTo } = definition;
    if (raisedTo !== undefined && (value as number) < raisedTo) {
      const least = String(definition.kind.print(raisedTo));
      this.#report(
        'warning',
        place,
        `${describe(node)} is too little and taken as ${least}; accepted is ${least} or more`,
      );
      return raisedTo;
    }
    return !definition.keepsZero && value === 0 ? definition.default : value;
  }

  #check(errors: readonly ValidationError[], path: string, sectionOffset: number): void {
    for (const { property, constraints, contexts, children } of errors) {
      // The items of a list come as properties "0", "1" … of it.
      const key = /^\d+$/.test(property) ? `${path}[${property}]` : join(path, property);
      const offset = this.#places.get(key) ?? sectionOffset;
      for (const [name, message] of Object.entries(constraints ?? {})) {
        const context = contexts?.[name] as CheckContext | undefined;
        if (!this.#unread.has(key)) this.#report(context?.severity ?? 'error', { path: key, offset }, message);
      }
      this.#check(children ?? [], key, offset);
    }
  }

  /** What a section that is not enabled says has no effect, so it can't refuse the file; its `enable` can. */
  #lowerDisabled(section: object, type: SectionClass, path: string): void {
    const values = section as Readonly<Record<string, unknown>>;
    const enable = join(path, 'enable');
    for (const definition of definitionsOf(type)) {
      if (definition.type === 'section') {
        this.#lowerDisabled(values[definition.name] as object, definition.section, join(path, definition.name));
      }
    }
    if (values['enable'] !== false) return;
    for (const [index, problem] of this.#problems.entries()) {
      if (problem.severity === 'error' && problem.key.startsWith(`${path}.`) && problem.key !== enable) {
        const message = `${problem.message} (ignored: ${path} is not enabled)`;
        this.#problems[index] = { ...problem, severity: 'warning', message };
      }
    }
  }

  /** What an alias stands for. */
  #resolve(node: Node | null | undefined, place: Place): Node | null | undefined {
    if (!isAlias(node)) return node;
    const resolved = node.resolve(this.#document);
    if (resolved === undefined) {
      this.#report('error', place, `the alias *${node.source} stands for nothing; accepted is an anchor before it`);
    }
    return resolved;
  }

  #report(severity: Problem['severity'], { path, offset }: Place, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.#problems.push({ severity, line: Math.max(line, 1), column: Math.max(col, 1), path, key: path, message });
  }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function isNull(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

/** Nothing or "": a section that the file names and does not fill. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && (node.value === null || node.value === '');
}

/** The value as the file has it, for a message: short, quoted, in one line. */
function describe(node: Node): string {
  if (!isScalar(node)) return isMap(node) ? 'a mapping' : 'a list';
  const text = textOf(node);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
