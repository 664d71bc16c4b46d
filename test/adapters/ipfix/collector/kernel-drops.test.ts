import { describe, expect, it } from '@jest/globals';
import { endianness } from 'node:os';
import { readKernelDrops } from '../../../../src/adapters/ipfix/collector/kernel-drops.js';

const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:1283 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11111 2 0000000000000000 42
  101: 00000000:1283 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 22222 2 0000000000000000 7
`;
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  102: 00000000000000000000000000000000:1283 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 33333 2 0000000000000000 9
  103: 00000000000000000000000001000000:1283 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 44444 2 0000000000000000 11
`;

const read = (path: string): Promise<string> =>
  path === '/proc/net/udp'
    ? Promise.resolve(UDP)
    : path === '/proc/net/udp6'
      ? Promise.resolve(UDP6)
      : Promise.reject(new Error(path));

const onLittleEndian = endianness() === 'LE' ? it : it.skip;

describe('datagrams that the kernel dropped', () => {
  onLittleEndian.each([
    ['127.0.0.1', 42],
    ['0.0.0.0', 7],
    ['::', 9],
    ['::1', 11],
  ])('are read for the socket on %s', async (address, drops) => {
    expect(await readKernelDrops(address, 4739, read)).toBe(drops);
  });

  it('are not known for a socket that the kernel does not list', async () => {
    expect(await readKernelDrops('127.0.0.1', 4740, read)).toBeUndefined();
  });

  it('are not known where there is no /proc', async () => {
    expect(await readKernelDrops('127.0.0.1', 4739, () => Promise.reject(new Error('ENOENT')))).toBeUndefined();
  });
});
