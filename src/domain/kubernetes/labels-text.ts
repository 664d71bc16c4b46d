/** Labels as flows carry them: a JSON object, keys sorted, no spaces; `{}` without any (flow-rules.md §7). */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(labels[key])}`);
  return `{${pairs.join(',')}}`;
}
