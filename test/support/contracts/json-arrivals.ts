import { ID_NAME } from './numbered-flows.js';
import type { ArrivedFlow } from './sink-harness.js';

/** Flows of whole lines, each an object that has a flow's fields by their own names. */
export function flowsOfLines(lines: string): ArrivedFlow[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const values = JSON.parse(line) as Record<string, string | number>;
      const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
      return { id: Number(values[ID_NAME]), texts };
    });
}
