/** What stands for something else in a template for the keys of objects. */
export const PLACEHOLDERS = ['prefix', 'date', 'hour', 'random', 'ext'] as const;

/** What a template has in braces that is no placeholder, or a brace that has no other; undefined if all is well. */
export function unknownPlaceholder(template: string): string | undefined {
  const parts = template.match(/\{[^{}]*\}|[{}]/g) ?? [];
  return parts.find((part) => !PLACEHOLDERS.some((name) => part === `{${name}}`));
}
