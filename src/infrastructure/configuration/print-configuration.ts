import { Document, isScalar, Scalar, stringify, visit } from 'yaml';
import { definitionsOf, type Definition, type KeyDefinition, type ListDefinition, type SectionClass } from './key.js';
import { WeirConfiguration } from './weir-configuration.js';

/** The configuration as YAML with every key, whether the file had it or not. */
export function printConfiguration(configuration: WeirConfiguration): string {
  const document = new Document(plain(configuration, WeirConfiguration));
  visit(document, {
    Pair: (_, { key }) => {
      // Without quotes it would merge.
      if (isScalar(key) && key.value === '<<') key.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function plain(section: object, type: SectionClass): Record<string, unknown> {
  const values = section as Readonly<Record<string, unknown>>;
  const entries = definitionsOf(type).map((definition) => {
    const value = values[definition.name];
    return [definition.name, plainValue(value, definition)] as const;
  });
  return Object.fromEntries(entries);
}

/** A value of the configuration as it is written in YAML, without what must stay secret. */
export function plainValue(value: unknown, definition: Definition): unknown {
  switch (definition.type) {
    case 'section':
      return plain(value as object, definition.section);
    case 'list':
      return (value as readonly object[]).map((item) => plain(item, definition.section));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as object).map(([name, item]) => [name, definition.item.print(item)]),
      );
    case 'key':
      return definition.kind.print(value);
  }
}

/** A file with every key at its default and what it means: a start for one's own. */
export function exampleConfiguration(): string {
  const head = '# Every key of Weir with its default. Leave out what you do not change.\n';
  return `${head}\n${exampleSection(WeirConfiguration, '')}`;
}

function exampleSection(type: SectionClass, indent: string): string {
  const parts = definitionsOf(type).map((definition) => {
    const comment = commented(definition.doc, indent);
    if (definition.type === 'section') {
      return `${comment}${indent}${definition.name}:\n${exampleSection(definition.section, `${indent}  `)}`;
    }
    if (definition.type === 'list')
      return `${comment}${indent}${definition.name}: []\n${exampleItem(definition, indent)}`;
    if (definition.type === 'map') return `${comment}${indent}${definition.name}: {}\n`;
    return `${comment}${exampleKey(definition, indent)}`;
  });
  return parts.join(indent === '' ? '\n' : '');
}

/** What an item of a list looks like, commented out. */
function exampleItem({ section }: ListDefinition, indent: string): string {
  const keys = definitionsOf(section).filter((definition) => definition.type === 'key');
  return keys
    .map((key, index) => {
      const lines = `${commented(key.doc, '    ')}${exampleKey(key, '    ')}`.trimEnd().split('\n');
      if (index === 0) lines[0] = lines[0]!.replace('    ', '  - ');
      return lines.map((line) => `${indent}#${line.slice(1)}\n`).join('');
    })
    .join('');
}

function exampleKey(definition: KeyDefinition, indent: string): string {
  const { name, defaultDoc, kind } = definition;
  if (defaultDoc === undefined)
    return `${indent}${stringify({ [name]: kind.print(definition.default) }, { singleQuote: true })}`;
  return `${indent}# Default: ${defaultDoc}.\n${indent}# ${name}:\n`;
}

/** A comment of lines of at most 110 columns. */
function commented(doc: string, indent: string): string {
  const lines = [''];
  for (const word of doc.split(' ')) {
    if (lines.at(-1)!.length + word.length + indent.length > 107) lines.push('');
    lines.push(`${lines.pop()!} ${word}`);
  }
  return lines.map((line) => `${indent}#${line}\n`).join('');
}
