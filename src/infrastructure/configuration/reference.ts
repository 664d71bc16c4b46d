import { formatDuration } from './values/duration.js';
import { definitionsOf, type KeyDefinition, type SectionClass } from './key.js';
import { WeirConfiguration } from './weir-configuration.js';

const HEAD = `# Configuration keys

Every key of the file that \`weir --config FILE\` reads. \`weir config reference\` prints this page, \`weir config example\` a file with all keys.
Keys of Antrea's \`flow-aggregator.conf\` have Antrea's names, defaults and meaning: for these, nothing, \`""\` and 0 stand for the default.
Keys marked ◆ are Weir's own: \`""\` and 0 mean what they say.

Durations are written as in Go (\`${formatDuration(90_000)}\`, \`1.5h\`, \`500ms\`), sizes in bytes or with Ki, Mi or Gi (\`512Mi\`). \`weir config check FILE\` reports every
problem of a file, each with its place; an unknown key is a warning.
`;

/** The reference documentation of all keys, as Markdown. */
export function configurationReference(): string {
  return [HEAD, ...sectionReference(WeirConfiguration, '', undefined)].join('\n').replace(/\n{2,}/g, '\n\n');
}

function sectionReference(type: SectionClass, path: string, doc: string | undefined): string[] {
  const definitions = definitionsOf(type);
  const keys = definitions.filter((definition) => definition.type === 'key');
  const nested = definitions.flatMap((definition) =>
    definition.type === 'key'
      ? []
      : sectionReference(
          definition.section,
          `${path === '' ? '' : `${path}.`}${definition.name}${definition.type === 'list' ? '[]' : ''}`,
          definition.doc,
        ),
  );
  return [
    path === '' ? '## Top level' : `## ${path}`,
    '',
    ...(doc === undefined ? [] : [doc, '']),
    ...table([['key', 'default', 'accepted', 'meaning'], ...keys.map(keyRow)]),
    ...(nested.length > 0 ? ['', ...nested] : ['']),
  ];
}

function keyRow({ name, kind, default: value, defaultDoc, doc, own }: KeyDefinition): string[] {
  return [`\`${name}\`${own ? ' ◆' : ''}`, defaultDoc ?? literal(kind.print(value)), kind.accepts, doc];
}

/** A default as one writes it into the file. */
function literal(value: unknown): string {
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

/** A Markdown table whose columns are as wide as what is in them. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head!, line(widths.map((width) => '-'.repeat(width))), ...body];
}
