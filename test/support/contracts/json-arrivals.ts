import type { IpfixRecord } from '../ipfix-reader.js';
import { flowOfIpfix } from './ipfix-arrivals.js';
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

/** A text, or a number, which may have more digits than a JavaScript number. */
const TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+/g;

/** Flows of whole lines as a JSON collector reads them, each a number with all its digits. */
function flowsOfElements(lines: string): ArrivedFlow[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const exact = line.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') ? token : `"${token}"`));
      const { ipfix } = JSON.parse(exact) as { readonly ipfix: IpfixRecord };
      return flowOfIpfix(ipfix);
    });
}

/** Reads the lines of a connection; a line that was cut off counts for nothing. */
export function jsonStream(): (octets: Uint8Array) => ArrivedFlow[] {
  let rest: Uint8Array = new Uint8Array(0);
  return (octets) => {
    const all = Buffer.concat([rest, octets]);
    const end = all.lastIndexOf('\n') + 1;
    rest = all.subarray(end);
    return flowsOfElements(all.subarray(0, end).toString());
  };
}

/** Reads datagrams, each an object. */
export function jsonDatagrams(): (octets: Uint8Array) => ArrivedFlow[] {
  return (octets) => flowsOfElements(Buffer.from(octets).toString());
}
