import { stringify } from 'yaml';
import { definitionsOf, type KeyDefinition, type SectionClass } from './key.js';
import { WeirConfiguration } from './weir-configuration.js';

/** The configuration as YAML with every key, whether the file had it or not. */
export function printConfiguration(configuration: WeirConfiguration): string {
  return stringify(plain(configuration, WeirConfiguration), { lineWidth: 0 });
}

function plain(section: object, type: SectionClass): Record<string, unknown> {
  const values = section as Readonly<Record<string, unknown>>;
  const entries = definitionsOf(type).map((definition) => {
    const value = values[definition.name];
    const printed =
      definition.type === 'section' ? plain(value as object, definition.section) : definition.kind.print(value);
    return [definition.name, printed] as const;
  });
  return Object.fromEntries(entries);
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
    return `${comment}${exampleKey(definition, indent)}`;
  });
  return parts.join(indent === '' ? '\n' : '');
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
