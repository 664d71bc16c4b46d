import { describe, expect, it } from '@jest/globals';
import { nodeAddress, podAddress } from '../../../src/adapters/simulator/address-plan.js';
import { AGENT_TEMPLATES } from '../../../src/adapters/simulator/agent-template.js';
import {
  FlowCounters,
  namedCounters,
  readCounters,
  writeCounters,
} from '../../../src/adapters/simulator/flow-counters.js';
import { emptyIdentity } from '../../../src/adapters/simulator/flow-identity.js';
import { MESSAGE_ROOM, RecordMessage } from '../../../src/adapters/simulator/record-message.js';

/** Bytes written by hand: hex, with spaces and line breaks between the fields. */
const hex = (text: string): string => text.replace(/\s+/g, '');
const ascii = (text: string): string =>
  text.length.toString(16).padStart(2, '0') + Buffer.from(text, 'latin1').toString('hex');

const newMessage = (): RecordMessage => new RecordMessage(Buffer.alloc(MESSAGE_ROOM));

describe('the IPv4 template message', () => {
  it('has the elements of an Antrea agent in its order', () => {
    const reverse = (id: string): string => `${id} 0008 00007279`;
    const antrea = (id: string, length: string): string => `${id} ${length} 0000dcba`;
    const expected = hex(`
      000a 0140 65530000 00000007 00000003
      0002 0130 0100 002b
      0096 0004 0097 0004 0088 0001 0007 0002 000b 0002 0004 0001
      0056 0008 0055 0008 0002 0008 0001 0008 0008 0004 000c 0004
      ${reverse('8056')} ${reverse('8055')} ${reverse('8002')} ${reverse('8001')}
      ${antrea('8065', 'ffff')} ${antrea('8064', 'ffff')} ${antrea('8068', 'ffff')}
      ${antrea('8067', 'ffff')} ${antrea('8066', 'ffff')} ${antrea('8069', 'ffff')}
      ${antrea('806c', '0002')} ${antrea('806d', 'ffff')}
      ${antrea('806e', 'ffff')} ${antrea('806f', 'ffff')} ${antrea('8073', '0001')} ${antrea('808d', 'ffff')} ${antrea('808b', '0001')}
      ${antrea('8070', 'ffff')} ${antrea('8071', 'ffff')} ${antrea('8076', '0001')} ${antrea('808e', 'ffff')} ${antrea('808c', '0001')}
      ${antrea('8088', 'ffff')} ${antrea('8089', '0001')} ${antrea('8099', 'ffff')} ${antrea('809a', 'ffff')} ${antrea('809d', 'ffff')}
      ${antrea('80ac', '0002')} ${antrea('806a', '0004')} ${antrea('80aa', '0004')} ${antrea('80a8', '0004')}`);
    const message = Buffer.from(AGENT_TEMPLATES[4].message(3, 0x6553_0000, 7)).toString('hex');
    expect(message).toBe(expected);
  });

  it('swaps the addresses for IPv6', () => {
    const names = (family: 4 | 6): string[] => AGENT_TEMPLATES[family].elements.map(({ name }) => name);
    const changed = names(6).filter((name) => !names(4).includes(name));
    expect(changed).toEqual([
      'sourceIPv6Address',
      'destinationIPv6Address',
      'destinationClusterIPv6',
      'proxySnatIPv6',
      'destinationServiceIPv6',
    ]);
  });
});

describe('a record', () => {
  const identity = {
    ...emptyIdentity(4),
    sourceIP: podAddress(0, 8, 5)[4],
    destinationIP: podAddress(1, 8, 6)[4],
    sourceTransportPort: 40_000,
    destinationTransportPort: 8080,
    protocolIdentifier: 6,
    sourcePodName: 'cart-1',
    sourcePodNamespace: 'shop',
    sourceNodeName: 'n1',
    destinationServicePort: 80,
    destinationServicePortName: 'shop/cart:http',
    egressNetworkPolicyName: 'p',
    egressNetworkPolicyNamespace: 'shop',
    egressNetworkPolicyType: 2,
    egressNetworkPolicyRuleName: 'r',
    egressNetworkPolicyRuleAction: 1,
    flowType: 2,
    proxySnatIP: nodeAddress(0)[4],
    proxySnatPort: 0x1234,
  };

  it('is what RFC 7011 makes of its fields, times, counters and sequence number filled in', () => {
    const message = newMessage();
    message.encode(4, identity, 0x6553_0000, 'ESTABLISHED');
    const growth = { packets: 0, octetsPerPacket: 100, reversePackets: 0, reverseOctetsPerPacket: 0 };
    const counters = new FlowCounters(growth, 1);
    counters.grow();
    counters.grow();
    const target = Buffer.alloc(1024, 0xee);
    const view = new DataView(target.buffer, target.byteOffset, target.length);
    const report = {
      exportSeconds: 0x6553_0102,
      observationDomain: 3,
      sequence: 9,
      flowEndSeconds: 0x6553_0101,
      endReason: 2,
    };
    const end = message.write(target, view, 10, report, counters.values);

    const empty = '00';
    const record = hex(`
      65530000 65530101 02 9c40 1f90 06
      0000000000000002 00000000000000c8 0000000000000001 0000000000000064
      0a800005 0a800106
      0000000000000000 0000000000000000 0000000000000000 0000000000000000
      ${ascii('cart-1')} ${ascii('shop')} ${ascii('n1')} ${empty} ${empty} ${empty}
      0050 ${ascii('shop/cart:http')}
      ${empty} ${empty} 00 ${empty} 00
      ${ascii('p')} ${ascii('shop')} 02 ${ascii('r')} 01
      ${ascii('ESTABLISHED')} 02 ${empty} ${empty} ${empty}
      1234 00000000 ac10000a 00000000`);
    const length = (bytes: number): string => bytes.toString(16).padStart(4, '0');
    const bytes = record.length / 2;
    const expected = hex(`000a ${length(bytes + 20)} 65530102 00000009 00000003 0100 ${length(bytes + 4)}`) + record;
    expect(target.subarray(10, end).toString('hex')).toBe(expected);
    expect(target[9]).toBe(0xee);
    expect(end - 10).toBe(message.length);
  });

  it('writes counters of more than 32 bits', () => {
    const growth = { packets: 1e8, octetsPerPacket: 1000, reversePackets: 1e8, reverseOctetsPerPacket: 10 };
    const counters = new FlowCounters(growth, 1);
    for (let i = 0; i < 100; i++) counters.grow();
    const view = new DataView(new ArrayBuffer(64));
    writeCounters(view, 0, 32, counters.values);
    const totals = counters.totals();
    expect(totals.octetTotalCount).toBeGreaterThan(2 ** 40);
    expect(view.getBigUint64(8)).toBe(BigInt(totals.octetTotalCount));
    expect(view.getBigUint64(32 + 8)).toBe(BigInt(totals.reverseOctetTotalCount));
    expect(namedCounters(readCounters(view, 0, 32)).totals).toEqual(totals);
  });

  it('refuses names that are too long for it', () => {
    const long = { ...identity, sourcePodName: 'x'.repeat(255) };
    expect(() => newMessage().encode(4, long, 0, '')).toThrow(RangeError);
    const allLong = {
      ...long,
      sourcePodName: 'x'.repeat(250),
      sourceNodeName: 'y'.repeat(250),
      sourcePodNamespace: 'z'.repeat(250),
    };
    expect(() => newMessage().encode(4, allLong, 0, '')).toThrow(RangeError);
  });
});
