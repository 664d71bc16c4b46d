import { IpfixReader, type IpfixRecord } from '../ipfix-reader.js';
import { COMMON_NAMES, COUNTER_NAMES, ID_NAME } from './numbered-flows.js';
import type { ArrivedFlow } from './sink-harness.js';

const NAMES = [...COMMON_NAMES, ...COUNTER_NAMES];

/** Elements that a family's template has under a name of its own. */
const OF_FAMILY: Readonly<Record<string, readonly string[]>> = {
  sourceIP: ['sourceIPv4Address', 'sourceIPv6Address'],
  destinationIP: ['destinationIPv4Address', 'destinationIPv6Address'],
};

/** A flow as an IPFIX collector reads it. */
export function flowOfIpfix(record: IpfixRecord): ArrivedFlow {
  return {
    id: Number(record[ID_NAME]),
    get texts() {
      return Object.fromEntries(
        NAMES.map((name) => {
          const elements = OF_FAMILY[name] ?? [name];
          return [name, String(elements.map((element) => record[element]).find((value) => value !== undefined))];
        }),
      );
    },
  };
}

/** Reads the messages of a connection. */
export function ipfixStream(): (octets: Uint8Array) => ArrivedFlow[] {
  const reader = new IpfixReader();
  let rest: Uint8Array = new Uint8Array(0);
  return (octets) => {
    const read = reader.stream(rest.length > 0 ? Buffer.concat([rest, octets]) : octets);
    rest = read.rest;
    return read.messages.flatMap(({ records }) => records.map(flowOfIpfix));
  };
}

/** Reads the messages of a sender of datagrams. */
export function ipfixDatagrams(): (octets: Uint8Array) => ArrivedFlow[] {
  const reader = new IpfixReader();
  return (octets) => reader.message(octets).records.map(flowOfIpfix);
}
