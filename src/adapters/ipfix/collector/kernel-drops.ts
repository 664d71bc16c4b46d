import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import { addressToWords, parseAddress } from '../../../domain/flow/address.js';

/** Reads a small text file. */
export type TextReader = (path: string) => Promise<string>;

const readText: TextReader = (path) => readFile(path, 'utf8');

/** Column of the local address in /proc/net/udp, and of the number of datagrams dropped, which is the last. */
const LOCAL_ADDRESS = 1;

/**
 * Datagrams that the kernel dropped since the socket's buffer was full, as Linux tells in /proc/net/udp and udp6.
 *
 * @param address where the socket listens
 * @returns the number since the socket was made; undefined where the kernel doesn't tell
 */
export async function readKernelDrops(
  address: string,
  port: number,
  read: TextReader = readText,
): Promise<number | undefined> {
  let table: string;
  try {
    table = await read(isIPv6(address) ? '/proc/net/udp6' : '/proc/net/udp');
  } catch {
    return undefined;
  }
  const local = formatLocal(address, port);
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[LOCAL_ADDRESS] === local) return Number(columns.at(-1));
  }
  return undefined;
}

/** An address as the kernel prints it: each 32-bit word of the address as the machine's own order of octets makes it. */
function formatLocal(address: string, port: number): string {
  const bytes = parseAddress(address) ?? new Uint8Array(4);
  const words = new Uint32Array(4);
  addressToWords(bytes, 0, bytes.length, words, 0);
  const hex = [...words.subarray(bytes.length === 4 ? 3 : 0)].map((word) =>
    toHex(endianness() === 'LE' ? swap(word) : word, 8),
  );
  return `${hex.join('')}:${toHex(port, 4)}`;
}

const swap = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

const toHex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
