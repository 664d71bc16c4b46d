import type { Entry } from './entry.js';
import { badRequest, StatusError } from './status.js';

/** Whether a list or a watch is to have an object. */
export type Selector = (entry: Entry) => boolean;

/** What a request selects by; `undefined` if it wants all objects. */
export function selectorOf(query: URLSearchParams, namespace: string | undefined): Selector | undefined {
  const all = [
    ...(namespace === undefined ? [] : [(entry: Entry) => entry.namespace === namespace]),
    ...termsOf(query.get('fieldSelector')).map(fieldTerm),
    ...termsOf(query.get('labelSelector')).map(labelTerm),
  ];
  return all.length === 0 ? undefined : (entry) => all.every((matches) => matches(entry));
}

/** The name that a request is about if its field selector is metadata.name=…, which RBAC takes for the object's name. */
export function selectedName(query: URLSearchParams): string | undefined {
  for (const term of termsOf(query.get('fieldSelector'))) {
    const name = /^metadata\.name==?(.+)$/.exec(term)?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Splits at commas that are not in parentheses. */
function termsOf(selector: string | null): string[] {
  return (selector ?? '')
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

const FIELDS: Readonly<Record<string, (entry: Entry) => unknown>> = {
  'metadata.name': ({ name }) => name,
  'metadata.namespace': ({ namespace }) => namespace,
  'spec.nodeName': ({ object }) => object.spec?.['nodeName'],
  'spec.hostNetwork': ({ object }) => object.spec?.['hostNetwork'] ?? false,
  'status.phase': ({ object }) => object.status?.['phase'],
  type: ({ object }) => object.type,
};

function fieldTerm(term: string): Selector {
  const [, field = '', operator, wanted = ''] = /^([^=!]+)(!=|==?)(.*)$/.exec(term) ?? [];
  const read = FIELDS[field];
  if (read === undefined) throw new StatusError(badRequest(`field label not supported: ${field || term}`));
  return (entry) => (textOf(read(entry)) === wanted) === (operator !== '!=');
}

function labelTerm(term: string): Selector {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set) {
    const [, key, operator, list] = set as unknown as [string, string, string, string];
    const values = list.split(',').map((value) => value.trim());
    return (entry) => values.includes(labelsOf(entry)[key] ?? '\0') === (operator === 'in');
  }
  const [, not, key, operator, wanted] = /^(!?)([^=!\s]+)\s*(?:(!=|==?)\s*(.*))?$/.exec(term) ?? [];
  if (key === undefined) throw new StatusError(badRequest(`unable to parse requirement: ${term}`));
  if (operator === undefined) return (entry) => Object.hasOwn(labelsOf(entry), key) === (not === '');
  return (entry) => (labelsOf(entry)[key] === wanted) === (operator !== '!=');
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : '';

const labelsOf = (entry: Entry): Record<string, string> => entry.object.metadata.labels ?? {};
