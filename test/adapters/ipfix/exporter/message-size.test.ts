import { describe, expect, it } from '@jest/globals';
import { longestMessage, messageBytes } from '../../../../src/adapters/ipfix/exporter/message-size.js';

describe('messageBytes', () => {
  it.each([
    { protocol: 'tcp', maxMessageSize: 0, podMtu: 1_450, ipVersion: 4, bytes: 65_535 },
    { protocol: 'tcp', maxMessageSize: 9_000, podMtu: undefined, ipVersion: 4, bytes: 9_000 },
    { protocol: 'udp', maxMessageSize: 0, podMtu: undefined, ipVersion: 4, bytes: 512 },
    { protocol: 'udp', maxMessageSize: 0, podMtu: 1_450, ipVersion: 4, bytes: 1_422 },
    { protocol: 'udp', maxMessageSize: 0, podMtu: 1_450, ipVersion: 6, bytes: 1_402 },
    { protocol: 'udp', maxMessageSize: 600, podMtu: 1_450, ipVersion: 6, bytes: 600 },
    { protocol: 'udp', maxMessageSize: 65_535, podMtu: undefined, ipVersion: 4, bytes: 65_507 },
  ] as const)('is $bytes for $protocol, set to $maxMessageSize, MTU $podMtu, IPv$ipVersion', ({ bytes, ...rule }) => {
    expect(messageBytes(rule)).toBe(bytes);
  });
});

describe('longestMessage', () => {
  it('is what the length field of the message or of the packet can say', () => {
    expect([longestMessage('tcp', 4), longestMessage('udp', 4), longestMessage('udp', 6)]).toEqual([
      65_535, 65_507, 65_527,
    ]);
  });
});
