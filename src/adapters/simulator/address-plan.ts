import { formatAddress } from '../../domain/flow/address.js';

/** Version of the Internet protocol that a flow uses. */
export type Family = 4 | 6;

/** An address in the two forms that the simulator needs. */
export interface Address {
  /** 4 or 16 bytes, network order. */
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** The two addresses of something in a dual-stack cluster. */
export interface DualAddress {
  readonly 4: Address;
  readonly 6: Address;
}

/** No address: all zeros (flow-rules §1), shown as "". */
export const NO_ADDRESS: DualAddress = {
  4: { bytes: new Uint8Array(4), text: '' },
  6: { bytes: new Uint8Array(16), text: '' },
};

/** Addresses outside that flows go to and come from. */
export const EXTERNAL_HOSTS = 4096;

/** Addresses in the range that all Pods of the cluster share. */
export const POD_ADDRESSES = 2 ** 23;

/** A Node's range holds 2^bits Pod addresses: at least four for each Pod, so that an address rests before a later Pod gets it. */
export function podRangeBits(podsPerNode: number): number {
  return Math.max(8, Math.ceil(Math.log2(podsPerNode * 4)));
}

/** The address of Node `index`: 172.16.0.0/12, fd00:172:16::/64. */
export function nodeAddress(index: number): DualAddress {
  return dual(0xac10_0000 + index + 10, [0xfd00, 0x172, 0x16], index + 10);
}

/** The `number`-th Pod address of a Node whose range has 2^`bits` addresses: 10.128.0.0/9, fd00:10:128:‹node›::/64. */
export function podAddress(nodeIndex: number, bits: number, number: number): DualAddress {
  return dual(0x0a80_0000 + nodeIndex * 2 ** bits + number, [0xfd00, 0x10, 0x128, nodeIndex], number);
}

/** The cluster address of Service `index`: 10.96.0.0/12, fd00:10:96::/64. */
export function clusterAddress(index: number): DualAddress {
  return dual(0x0a60_0000 + index + 1, [0xfd00, 0x10, 0x96], index + 1);
}

/** The address that a load balancer outside has for Service `index`: 203.0.113.0/24, 2001:db8:113::/64. */
export function loadBalancerAddress(index: number): DualAddress {
  return dual(0xcb00_7100 + (index % 200) + 10, [0x2001, 0xdb8, 0x113], index + 10);
}

/** The address of Egress `index`: 192.0.2.0/24, 2001:db8:2::/64. */
export function egressAddress(index: number): DualAddress {
  return dual(0xc000_0200 + (index % 250) + 1, [0x2001, 0xdb8, 0x2], index + 1);
}

/** Host `index` of {@link EXTERNAL_HOSTS} outside the cluster: 198.18.0.0/15, 2001:db8:198::/64. */
export function externalAddress(index: number): DualAddress {
  return dual(0xc612_0000 + index + 1, [0x2001, 0xdb8, 0x198], index + 1);
}

function dual(ipv4: number, prefix: readonly number[], host: number): DualAddress {
  return { 4: address(ipv4Bytes(ipv4)), 6: address(ipv6Bytes(prefix, host)) };
}

function address(bytes: Uint8Array): Address {
  return { bytes, text: formatAddress(bytes) };
}

function ipv4Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** A /64 of up to four groups, and a host number in the last 32 bits. */
function ipv6Bytes(prefix: readonly number[], host: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  prefix.forEach((group, index) => view.setUint16(2 * index, group));
  view.setUint32(12, host);
  return bytes;
}
