import { definitionsOf, type SectionClass } from './key.js';

/** Paths of all keys and sections under a section: `flowLogger.filters[].egressNetworkPolicyRuleActions`. */
export function pathsOf(section: SectionClass, above = ''): string[] {
  return definitionsOf(section).flatMap((definition) => {
    const here = above === '' ? definition.name : `${above}.${definition.name}`;
    if (definition.type === 'section') return [here, ...pathsOf(definition.section, here)];
    return definition.type === 'list' ? [here, ...pathsOf(definition.section, `${here}[]`)] : [here];
  });
}

/** Paths by their last name, of names that only one has. */
export function onlyPaths(section: SectionClass): ReadonlyMap<string, string> {
  const paths = pathsOf(section).map((path) => [path.slice(path.lastIndexOf('.') + 1), path] as const);
  const names = paths.map(([name]) => name);
  return new Map(paths.filter(([name]) => names.indexOf(name) === names.lastIndexOf(name)));
}
