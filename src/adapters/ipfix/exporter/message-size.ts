import { LONGEST_MESSAGE } from '../../formats/ipfix/encode/message.js';
import { longestDatagram } from '../../transport/sessions/udp-session.js';

/** RFC 7011 §10.3.3: what every path carries, where nothing is known of its MTU. */
const UDP_DEFAULT = 512;

/** IPv4 or IPv6 header and UDP header. */
const HEADERS = { 4: 28, 6: 48 } as const;

/** What decides about the size of messages. */
export interface MessageSizeRule {
  readonly protocol: 'tcp' | 'udp';
  /** What the operator set; 0 if nothing. */
  readonly maxMessageSize: number;
  /** MTU of the interface, where it is known because Weir runs in a Pod. */
  readonly podMtu: number | undefined;
  /** Version of the internet protocol by which the collector is reached. */
  readonly ipVersion: 4 | 6;
}

/** Bytes that a message should have at most: what was set, all that TCP allows, or what fits into one UDP packet. */
export function messageBytes({ protocol, maxMessageSize, podMtu, ipVersion }: MessageSizeRule): number {
  const wanted =
    maxMessageSize > 0
      ? maxMessageSize
      : protocol === 'tcp'
        ? LONGEST_MESSAGE
        : podMtu === undefined
          ? UDP_DEFAULT
          : podMtu - HEADERS[ipVersion];
  return Math.min(wanted, longestMessage(protocol, ipVersion));
}

/** Bytes that a message can have at all. */
export function longestMessage(protocol: 'tcp' | 'udp', ipVersion: 4 | 6): number {
  return protocol === 'tcp' ? LONGEST_MESSAGE : longestDatagram(ipVersion);
}
