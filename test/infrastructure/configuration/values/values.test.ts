import { describe, expect, it } from '@jest/globals';
import { formatDuration, parseDuration } from '../../../../src/infrastructure/configuration/values/duration.js';
import {
  parseCollectorAddress,
  parseListenAddress,
} from '../../../../src/infrastructure/configuration/values/network-address.js';
import { formatSize, parseSize } from '../../../../src/infrastructure/configuration/values/size.js';

describe('parseDuration', () => {
  it.each([
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['250μs', 0.25],
    ['-1s', -1000],
    ['+1s', 1000],
    ['0', 0],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
  });

  it.each(['', '-', '1', '1 s', 's', '1d', '1s 1m', '1,5s', '1e3s', '300000h0m0s1000000000h', ' 1s', '0x1s'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [1000, '1s'],
    [90_000, '1m30s'],
    [3_600_000, '1h'],
    [3_601_500, '1h1.5s'],
    [500, '500ms'],
    [0.25, '250000ns'],
    [-1000, '-1s'],
  ])('writes %d ms as %s, which reads as the same', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
    expect(parseDuration(text)).toBeCloseTo(milliseconds, 9);
  });
});

describe('sizes', () => {
  it.each([
    ['0', 0, '0'],
    ['1000', 1000, '1000'],
    ['512Mi', 2 ** 29, '512Mi'],
    ['512MiB', 2 ** 29, '512Mi'],
    ['10 GiB', 10 * 2 ** 30, '10Gi'],
    ['1.5Gi', 1.5 * 2 ** 30, '1536Mi'],
    ['64Ki', 65_536, '64Ki'],
    ['1e6', 1e6, '1000000'],
  ])('%s is %d bytes', (text, bytes, printed) => {
    expect(parseSize(text)).toBe(bytes);
    expect(formatSize(bytes)).toBe(printed);
  });

  it.each(['', '-1', '1MB', '1 mi', 'Mi', '1  Gi', '99999999999Gi'])('%j is none', (text) => {
    expect(parseSize(text)).toBeUndefined();
  });
});

describe('parseCollectorAddress', () => {
  it.each([
    ['collector', 'collector', 4739, 'tcp'],
    ['collector.example.org:9995', 'collector.example.org', 9995, 'tcp'],
    ['192.0.2.1:4739:udp', '192.0.2.1', 4739, 'udp'],
    ['192.0.2.1:4739:UDP', '192.0.2.1', 4739, 'udp'],
    ['collector::udp', 'collector', 4739, 'udp'],
    ['[2001:db8::1]:4740', '2001:db8::1', 4740, 'tcp'],
    ['[2001:db8::1]:4740:udp', '2001:db8::1', 4740, 'udp'],
    ['[2001:db8::1]::udp', '2001:db8::1', 4739, 'udp'],
    ['[fe80::1%eth0]', 'fe80::1%eth0', 4739, 'tcp'],
    ['collector:', 'collector', 4739, 'tcp'],
  ])('reads %s', (text, host, port, transport) => {
    expect(parseCollectorAddress(text)).toEqual({ host, port, transport });
  });

  it.each([
    '',
    ':4739',
    'h:0',
    'h:65536',
    'h:1:tls',
    'h:1:',
    '2001:db8::1',
    '[::1',
    'h:port',
    'h:1:tcp:1',
    'a b',
    'http://h:1',
  ])('refuses %j', (text) => {
    expect(parseCollectorAddress(text)).toBeUndefined();
  });
});

describe('parseListenAddress', () => {
  it.each([
    ['[::]:4739', '::', 4739],
    ['0.0.0.0:4739', '0.0.0.0', 4739],
    [':4739', '::', 4739],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['localhost:9090', 'localhost', 9090],
  ])('reads %s', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port });
  });

  it.each(['', '4739', '::4739', ':::4739', 'h:', 'h:65536', 'h:-1', '[]:1'])('refuses %j', (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });
});
