import { isIPv6 } from 'node:net';

/** One packet of a capture. */
export interface Packet {
  /** When it was seen, Unix milliseconds. */
  readonly atMs: number;
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** Not of ICMP. */
  readonly ports?: readonly [source: number, destination: number];
  /** Of TCP: letters of SYN, ACK, FIN, RST, PSH. @default 'A' */
  readonly flags?: string;
  /** Octets of payload. @default 0 */
  readonly payload?: number;
}

const LINK_ETHERNET = 1;
const ETHER_TYPES = { 4: 0x0800, 6: 0x86dd } as const;
const TCP_FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 };
const TCP_HEADER = 20;
const SHORT_HEADER = 8;
const IP_HEADERS = { 4: 20, 6: 40 } as const;

const familyOf = ({ source }: Packet): 4 | 6 => (isIPv6(source) ? 6 : 4);

/** IANA's number of a packet's protocol. */
export function protocolNumber(packet: Packet): number {
  if (packet.protocol === 'icmp') return familyOf(packet) === 6 ? 58 : 1;
  return packet.protocol === 'tcp' ? 6 : 17;
}

/** Octets of the IP packet, header included: what flow exporters count. */
export function ipLength(packet: Packet): number {
  return IP_HEADERS[familyOf(packet)] + transportLength(packet);
}

function transportLength({ protocol, payload = 0 }: Packet): number {
  return (protocol === 'tcp' ? TCP_HEADER : SHORT_HEADER) + payload;
}

/** Octets of an address. */
export function addressOctets(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const middle = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from([...before, ...middle, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** The sum of 16-bit words that headers carry (RFC 1071). */
function checksum(...parts: readonly Buffer[]): number {
  const bytes = Buffer.concat(parts);
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function transport(packet: Packet): Buffer {
  const { protocol, ports = [0, 0], flags = 'A' } = packet;
  const segment = Buffer.alloc(transportLength(packet), 0x78);
  segment.fill(0, 0, protocol === 'tcp' ? TCP_HEADER : SHORT_HEADER);
  if (protocol === 'icmp') {
    segment[0] = familyOf(packet) === 6 ? 128 : 8;
  } else {
    segment.writeUInt16BE(ports[0], 0);
    segment.writeUInt16BE(ports[1], 2);
  }
  if (protocol === 'udp') segment.writeUInt16BE(segment.length, 4);
  if (protocol === 'tcp') {
    segment[12] = (TCP_HEADER / 4) << 4;
    segment[13] = Array.from(flags).reduce((bits, flag) => bits | TCP_FLAGS[flag]!, 0);
    segment.writeUInt16BE(0xffff, 14);
  }
  const at = { tcp: 16, udp: 6, icmp: 2 }[protocol];
  segment.writeUInt16BE(transportChecksum(packet, segment), at);
  return segment;
}

function transportChecksum(packet: Packet, segment: Buffer): number {
  if (packet.protocol === 'icmp' && familyOf(packet) === 4) return checksum(segment);
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt16BE(segment.length, 0);
  pseudo[3] = protocolNumber(packet);
  return checksum(addressOctets(packet.source), addressOctets(packet.destination), pseudo, segment);
}

function ipHeader(packet: Packet): Buffer {
  const [source, destination] = [addressOctets(packet.source), addressOctets(packet.destination)];
  if (familyOf(packet) === 6) {
    const header = Buffer.alloc(8);
    header[0] = 0x60;
    header.writeUInt16BE(transportLength(packet), 4);
    header[6] = protocolNumber(packet);
    header[7] = 64;
    return Buffer.concat([header, source, destination]);
  }
  const header = Buffer.alloc(12);
  header[0] = 0x45;
  header.writeUInt16BE(ipLength(packet), 2);
  header[8] = 64;
  header[9] = protocolNumber(packet);
  header.writeUInt16BE(checksum(header, source, destination), 10);
  return Buffer.concat([header, source, destination]);
}

/** A packet as an Ethernet frame. */
export function ethernetFrame(packet: Packet): Buffer {
  const ethernet = Buffer.from('020000000002020000000001', 'hex');
  const type = Buffer.alloc(2);
  type.writeUInt16BE(ETHER_TYPES[familyOf(packet)]);
  return Buffer.concat([ethernet, type, ipHeader(packet), transport(packet)]);
}

/** A capture file in libpcap's format, of Ethernet frames with times in microseconds. */
export function pcapFile(packets: readonly Packet[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(LINK_ETHERNET, 20);
  const frames = packets.flatMap((packet) => {
    const frame = ethernetFrame(packet);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(packet.atMs / 1000), 0);
    record.writeUInt32LE((packet.atMs % 1000) * 1000, 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...frames]);
}
