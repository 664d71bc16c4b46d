import { isAlias, isNode, LineCounter, parseDocument, Parser, visit, type Alias, type CST, type Node } from 'yaml';
import { oneLine } from './values/quoted.js';

/** Something about the YAML itself, before any key is looked at. */
export interface YamlProblem {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
}

/** A YAML file, taken apart. */
export interface YamlFile {
  /** What the file holds; null if that is nothing, or there are errors. */
  readonly root: Node | null;
  readonly problems: readonly YamlProblem[];
  readonly lines: LineCounter;
  /** What an alias stands for, undefined if for nothing; any other node is itself. */
  resolve(node: Node): Node | undefined;
}

/** No section is that deep; far deeper ones would not fit on the stack of what reads them. */
const MAX_DEPTH = 100;

/** The first mistake makes others; more of them than these help nobody. */
const MAX_PROBLEMS = 20;

/** In place of the library's words, which speak of its own functions. */
const OWN_WORDS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins here; accepted is a file of one',
  TAB_AS_INDENT: 'a tab indents this line; accepted are spaces',
  NON_STRING_KEY: 'a list or mapping is no key; accepted is text',
};

/** Reads the text of a YAML file. Never throws. */
export function readYaml(written: string): YamlFile {
  // Editors don't count a byte order mark as a column.
  const text = written.replace(/^\uFEFF/, '');
  const lines = new LineCounter();
  const deep = tooDeep(text, lines);
  if (deep !== undefined) {
    const message = `sections and lists are nested too deeply; accepted are ${MAX_DEPTH} levels`;
    return { root: null, problems: [{ severity: 'error', offset: deep, message }], lines, resolve: (node) => node };
  }
  // Whether a key is there twice is seen while reading: here it would take quadratic time.
  const options = { prettyErrors: false, stringKeys: true, uniqueKeys: false } as const;
  const document = parseDocument(text, options);
  const problems = [
    ...document.errors.slice(0, MAX_PROBLEMS).map(({ code, message, pos }): YamlProblem => ({
      severity: 'error',
      offset: pos[0],
      message: OWN_WORDS[code] ?? `${oneLine(message)}; accepted is YAML`,
    })),
    ...document.warnings.slice(0, MAX_PROBLEMS).map(({ message, pos }): YamlProblem => ({
      severity: 'warning',
      offset: pos[0],
      message: `${oneLine(message)}, ignored; accepted is YAML`,
    })),
  ];
  const { contents, errors } = document;
  const targets = aliasTargets(contents);
  return {
    root: errors.length > 0 ? null : contents,
    problems,
    lines,
    resolve: (node) => (isAlias(node) ? targets.get(node) : node),
  };
}

/** What each alias stands for: the last node before it with its anchor. The library looks that up in time that grows with the file. */
function aliasTargets(root: Node | null): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(root, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Offset of the first token that is nested too deeply, undefined if there is none. Counts the lines on the way. */
function tooDeep(text: string, lines: LineCounter): number | undefined {
  const pending: { token: CST.Token; depth: number }[] = [];
  for (const document of new Parser(lines.addNewLine).parse(text)) pending.push({ token: document, depth: 0 });
  let first: number | undefined;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { token, depth } = next;
    if (depth > MAX_DEPTH) {
      first = Math.min(first ?? token.offset, token.offset);
      continue;
    }
    if (token.type === 'document' && token.value !== undefined) pending.push({ token: token.value, depth });
    if (!('items' in token)) continue;
    for (const { key, value } of token.items) {
      for (const inner of [key, value]) if (inner != null) pending.push({ token: inner, depth: depth + 1 });
    }
  }
  return first;
}
