import { describe, expect, it } from '@jest/globals';
import { formatDuration, parseDuration } from '../../../../src/infrastructure/configuration/values/duration.js';
import { parseInteger } from '../../../../src/infrastructure/configuration/values/integer.js';
import {
  isLoopback,
  parseCollectorAddress,
  parseListenAddress,
} from '../../../../src/infrastructure/configuration/values/network-address.js';
import { formatSize, parseSize } from '../../../../src/infrastructure/configuration/values/size.js';
import { parseDatabaseUrl } from '../../../../src/infrastructure/configuration/values/url.js';

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
    [3_600_000.0001, '1h0.0000001s'],
    [999.999999, '999.999999ms'],
    [9_145_440_610_000, '2540400h10m10s'],
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

describe('parseInteger', () => {
  it.each([
    ['1e+06', 1_000_000],
    ['.5e1', 5],
    ['100.0', 100],
    ['+5', 5],
    ['-0x1F', -31],
    ['0b11', 3],
    ['0o17', 15],
    ['017', 15],
    ['08', 8],
    ['1_000', 1000],
    ['-0', 0],
  ])('reads %s', (text, number) => {
    expect(parseInteger(text)).toBe(number);
  });

  it.each(['', '1.5', '0x', '0b2', '_1', '1e400', '9007199254740993', '1 0', 'NaN', 'Infinity', '--1'])(
    'refuses %j',
    (text) => {
      expect(parseInteger(text)).toBeUndefined();
    },
  );
});

describe('parseDatabaseUrl', () => {
  it.each([
    ['tcp://ch:9000', 'tcp', 'ch', 9000],
    ['TLS://ch.example.org', 'tls', 'ch.example.org', undefined],
    ['https://[2001:db8::1]:8443/', 'https', '2001:db8::1', 8443],
  ])('reads %s', (text, scheme, host, port) => {
    expect(parseDatabaseUrl(text)).toEqual({ scheme, host, port });
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1', 'localhost', 'LOCALHOST'])(
    'is %s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  it.each(['::', '0.0.0.0', '10.0.0.1', '127.example.org', 'localhost.example.org', '::2', '1127.0.0.1'])(
    'is not %s',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
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
