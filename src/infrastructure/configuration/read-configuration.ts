import { validateSync, type ValidationError } from 'class-validator';
import { isMap, isNode, isScalar, isSeq, type Alias, type Node, type YAMLMap } from 'yaml';
import { nearest } from '../nearest.js';
import type { CheckContext } from './checks.js';
import { definitionsOf, type Definition, type KeyDefinition, type MapDefinition, type SectionClass } from './key.js';
import { onlyPaths } from './key-paths.js';
import { textOf } from './kinds.js';
import { inFileOrder, type Problem } from './problem.js';
import { keyName, quoted } from './values/quoted.js';
import { withoutPassword } from './values/url.js';
import { WeirConfiguration } from './weir-configuration.js';
import { entriesOf, type Entry } from './yaml-entries.js';
import { readYaml, type YamlFile } from './yaml-file.js';

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

/** Where a key is that its section does not have, if there is just one of that name. */
const ONLY_PATHS = onlyPaths(WeirConfiguration);

/** Values that are looked at. With aliases a short file can stand for more than any memory holds. */
const MAX_VALUES = 100_000;

/** The file stands for more than {@link MAX_VALUES} values. */
class TooManyValues extends Error {
  override readonly name = 'TooManyValues';
}

/** Reads the text of a configuration file. Never throws: what is wrong is in the result. */
export function readConfiguration(text: string): ReadConfiguration {
  return new ConfigurationReader(text).read();
}

class ConfigurationReader {
  readonly #yaml: YamlFile;
  readonly #problems: (Problem & { readonly key: string })[] = [];
  /** Where each key that is in the file stands. */
  readonly #places = new Map<string, number>();
  /** Keys whose value could not be read; checking the default in its place would only repeat that. */
  readonly #unread = new Set<string>();
  #values = 0;
  /** The key that is being read. */
  #current: Place = { path: '', offset: 0 };

  constructor(text: string) {
    this.#yaml = readYaml(text);
  }

  read(): ReadConfiguration {
    const { root, problems: mistakes } = this.#yaml;
    for (const { severity, offset, message } of mistakes) this.#report(severity, { path: '', offset }, message);
    const readable = mistakes.every(({ severity }) => severity === 'warning');
    const configuration =
      (readable ? this.#readAll(root) : undefined) ?? this.#section(WeirConfiguration, undefined, '');
    const problems = inFileOrder(this.#problems.map(({ key: _, ...problem }) => problem));
    return {
      configuration: configuration as WeirConfiguration,
      problems,
      usable: problems.every(({ severity }) => severity === 'warning'),
    };
  }

  /** undefined, which is reported, if it is too much to read. */
  #readAll(root: Node | null): WeirConfiguration | undefined {
    try {
      const map = this.#mapping(root, { path: '', offset: root?.range?.[0] ?? 0 });
      const configuration = this.#section(WeirConfiguration, map, '') as WeirConfiguration;
      this.#check(validateSync(configuration, { forbidUnknownValues: false }), '', 0);
      this.#lowerDisabled(configuration, WeirConfiguration, '');
      return configuration;
    } catch (error) {
      if (!(error instanceof TooManyValues)) throw error;
      const message = `stands for too many values, aliases resolved; accepted are ${MAX_VALUES} in the whole file`;
      this.#report('error', this.#current, message);
      return undefined;
    }
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
      if (nodes.has(definition.name)) this.#current = place;
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
      case 'map':
        return this.#map(definition, node, place);
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
      this.#spend(1);
      const written = isNode(item) ? item : null;
      const place = { path: `${path}[${index}]`, offset: written?.range?.[0] ?? offset };
      this.#places.set(place.path, place.offset);
      return this.#section(section, this.#mapping(this.#resolve(written, place), place), place.path);
    });
  }

  #map({ keys, item }: MapDefinition, node: Node | null | undefined, { path, offset }: Place): object {
    if (node == null || isEmpty(node)) return {};
    const accepts = `accepted is a mapping of ${keys} to ${item.accepts}`;
    if (!isMap(node)) {
      this.#unread.add(path);
      this.#report('error', { path, offset }, `${describe(node)} is no mapping; ${accepts}`);
      return {};
    }
    const values: [string, unknown][] = [];
    for (const entry of this.#entries(node, path, offset)) {
      const place = { path: join(path, keyName(entry.name)), offset: entry.offset };
      const written = this.#resolve(entry.value, place);
      if (written === undefined) continue;
      const value = written === null ? undefined : item.parse(written, this.#resolveNode);
      if (value !== undefined) values.push([entry.name, value]);
      else {
        const what = written === null ? 'nothing' : describe(written);
        this.#report('error', place, `${what} is not valid; accepted is ${item.accepts}`);
      }
    }
    return Object.fromEntries(values);
  }

  #nodesByKey(map: YAMLMap | undefined, path: string, known: readonly string[]): Map<string, Node | null> {
    const nodes = new Map<string, Node | null>();
    if (map === undefined) return nodes;
    for (const { name, offset, value } of this.#entries(map, path, this.#places.get(path) ?? 0)) {
      if (known.includes(name)) {
        nodes.set(name, value);
        this.#places.set(join(path, name), offset);
      } else {
        const close = nearest(name, known) ?? ONLY_PATHS.get(name);
        const hint =
          close === undefined ? 'see docs/examples/weir.yaml for the keys there are' : `did you mean ${close}?`;
        this.#report('warning', { path: join(path, keyName(name)), offset }, `unknown key, ignored; ${hint}`);
      }
    }
    return nodes;
  }

  /** The keys of a mapping; what is wrong with them is reported. */
  #entries(map: YAMLMap, path: string, mapOffset: number): readonly Entry[] {
    this.#spend(map.items.length);
    const { entries, repeated, unmerged } = entriesOf(map, (node) => {
      if (isMap(node)) this.#spend(node.items.length);
      return this.#resolveNode(node);
    });
    for (const { again, before } of repeated) {
      const { line } = this.#yaml.lines.linePos(before.offset);
      const place = { path: join(path, keyName(again.name)), offset: again.offset };
      this.#report('error', place, `is in line ${Math.max(line, 1)} already; accepted is each key once`);
    }
    for (const offset of unmerged) {
      const place = { path: join(path, '<<'), offset: offset || mapOffset };
      this.#report('error', place, 'merges what is no mapping, or itself; accepted is a mapping or a list of them');
    }
    return entries;
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
    const value = definition.kind.parse(node, this.#resolveNode);
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
        const { severity = 'error', at } = (contexts?.[name] ?? {}) as Partial<CheckContext>;
        const path = at === undefined ? key : join(key, at);
        const place = { path, offset: this.#places.get(path) ?? offset };
        if (!this.#unread.has(path)) this.#report(severity, place, message);
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

  /** What an alias stands for; null for nothing, undefined, which is reported, if there is no such anchor. */
  #resolve(node: Node | null | undefined, place: Place): Node | null | undefined {
    if (node == null) return node;
    const resolved = this.#yaml.resolve(node);
    if (resolved === undefined) {
      this.#unread.add(place.path);
      const { source } = node as Alias;
      this.#report(
        'error',
        place,
        `the alias ${quoted(`*${source}`)} stands for nothing; accepted is an anchor before it`,
      );
    }
    return resolved;
  }

  readonly #resolveNode = (node: Node): Node | undefined => {
    this.#spend(1);
    return this.#yaml.resolve(node);
  };

  #spend(values: number): void {
    this.#values += values;
    if (this.#values > MAX_VALUES) throw new TooManyValues();
  }

  #report(severity: Problem['severity'], { path, offset }: Place, message: string): void {
    const { line, col } = this.#yaml.lines.linePos(offset);
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
  return quoted(withoutPassword(textOf(node)));
}
