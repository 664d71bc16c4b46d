import { isMap, isNode, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { textOf, type Resolve } from './kinds.js';

/** One key of a mapping. */
export interface Entry {
  readonly name: string;
  readonly offset: number;
  /** null if there is nothing after the key. */
  readonly value: Node | null;
}

/** The keys of a mapping. */
export interface Entries {
  /** Each name once: the mapping's own, then those that it merges. */
  readonly entries: readonly Entry[];
  /** Keys that are there again, with the ones before. */
  readonly repeated: readonly { readonly again: Entry; readonly before: Entry }[];
  /** Offsets of merge keys (`<<`) whose value is no mapping. */
  readonly unmerged: readonly number[];
}

/** The keys of a mapping, those of `<<` included. `resolve` is asked for every value that is looked at. */
export function entriesOf(map: YAMLMap, resolve: Resolve): Entries {
  const unmerged: number[] = [];
  const { own, repeated, merged } = ownEntries(map);
  const entries = new Map(own);
  for (const { value, offset } of merged) addMerged(value, offset, [map]);
  return { entries: [...entries.values()], repeated, unmerged };

  /** Of names that several mappings have the first one counts. */
  function addMerged(value: Node | null, offset: number, within: readonly YAMLMap[]): void {
    const node = value === null ? undefined : resolve(value);
    const maps = isSeq(node) ? node.items.map((item) => (isNode(item) ? resolve(item) : undefined)) : [node];
    for (const each of maps) {
      // What merges itself would never come to an end.
      if (!isMap(each) || within.includes(each)) {
        unmerged.push(offset);
        continue;
      }
      const inner = ownEntries(each);
      for (const [name, entry] of inner.own) if (!entries.has(name)) entries.set(name, entry);
      for (const deeper of inner.merged) addMerged(deeper.value, deeper.offset, [...within, each]);
    }
  }
}

/** A mapping's own keys, and its merge keys. */
function ownEntries({ items }: YAMLMap): { own: Map<string, Entry>; merged: Entry[]; repeated: Entries['repeated'] } {
  const own = new Map<string, Entry>();
  const merged: Entry[] = [];
  const repeated: { again: Entry; before: Entry }[] = [];
  for (const { key, value } of items) {
    const name = isScalar(key) ? textOf(key) : String(key);
    const entry = { name, offset: isNode(key) ? (key.range?.[0] ?? 0) : 0, value: isNode(value) ? value : null };
    const before = own.get(name);
    if (name === '<<' && isScalar(key) && key.type === 'PLAIN') merged.push(entry);
    else if (before === undefined) own.set(name, entry);
    else repeated.push({ again: entry, before });
  }
  return { own, merged, repeated };
}
