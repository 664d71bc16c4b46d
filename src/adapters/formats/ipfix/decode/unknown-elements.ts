import { findInformationElement } from '../information-elements.js';
import type { FieldSpecifier } from './template-record.js';

/** Elements that are named; a template can have thousands. */
const NAMED = 64;

/**
 * The elements among a template's fields that Weir doesn't know (RFC 7011 §9 wants their identifiers noted): "enterprise number/identifier",
 * separated by commas, the first of them if they are many; "" if there are none.
 */
export function unknownElements(specifiers: readonly FieldSpecifier[]): string {
  const names = new Set<string>();
  for (const { enterpriseNumber, id } of specifiers) {
    if (findInformationElement(enterpriseNumber, id) === undefined) names.add(`${enterpriseNumber}/${id}`);
  }
  const named = [...names].slice(0, NAMED).join(', ');
  return names.size > NAMED ? `${named} and ${names.size - NAMED} more` : named;
}
