import { formatDuration } from './values/duration.js';
import { getMetadataStorage } from 'class-validator';
import type { CheckContext } from './checks.js';
import { definitionsOf, type KeyDefinition, type MapDefinition, type SectionClass } from './key.js';
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
  const keys = definitions.filter((definition) => definition.type === 'key' || definition.type === 'map');
  const nested = definitions.flatMap((definition) =>
    definition.type === 'key' || definition.type === 'map'
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
    ...table([['key', 'default', 'accepted', 'meaning'], ...keys.map((key) => keyRow(key, type))]),
    ...(nested.length > 0 ? ['', ...nested] : ['']),
  ];
}

function keyRow(key: KeyDefinition | MapDefinition, section: SectionClass): string[] {
  const name = `\`${key.name}\`${key.own ? ' ◆' : ''}`;
  if (key.type === 'map') return [name, literal({}), `a mapping of ${key.keys} to ${key.item.accepts}`, key.doc];
  return [name, key.defaultDoc ?? literal(key.kind.print(key.default)), accepted(key, section), key.doc];
}

/** What the kind accepts, and what the checks beside it leave of that. */
function accepted({ name, kind, raisedTo }: KeyDefinition, section: SectionClass): string {
  const checks = getMetadataStorage().getTargetValidationMetadatas(section, '', false, false);
  const narrowed = checks
    .filter(({ propertyName }) => propertyName === name)
    .map(({ context }) => (context as CheckContext | undefined)?.narrows)
    .filter((narrows) => narrows !== undefined);
  if (raisedTo !== undefined) narrowed.push(`less is taken as ${String(kind.print(raisedTo))}`);
  return [kind.accepts, ...narrowed.toReversed()].join(', ');
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
