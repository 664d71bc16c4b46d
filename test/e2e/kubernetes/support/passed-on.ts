import type { Values } from '../../../support/ipfix-messages.js';
import type { IpfixRecord } from '../../../support/ipfix-reader.js';
import type { Collector } from '../../support/collector.js';
import { eventually } from '../../support/eventually.js';
import type { WeirProcess } from '../../support/weir-process.js';
import { sendRecords } from './senders.js';

/** What Weir passes on of a record of a TCP connection between two addresses, about which its exporter says nothing else but what is given. */
export async function passedOn(weir: WeirProcess, collector: Collector, values: Values): Promise<IpfixRecord> {
  const seconds = Math.floor(Date.now() / 1000);
  const from = collector.records.length;
  const about = { flowStartSeconds: seconds - 5, flowEndSeconds: seconds, protocolIdentifier: 6 };
  await sendRecords(weir, 'tcp', [{ family: 4, values: { ...about, ...values } }], { address: '127.0.0.1', domain: 7 });
  return eventually('the record is delivered', () => collector.records[from]);
}

/** Who talks to whom, over IPv4. */
export const between = (source: string, destination: string): Values => ({
  sourceIPv4Address: source,
  destinationIPv4Address: destination,
});
