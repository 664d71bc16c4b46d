import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { printConfiguration } from '../../../src/infrastructure/configuration/print-configuration.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';

const TEXT = `aggregatorTransportProtocol: UDP
inactiveFlowRecordTimeout: 100s
limits:
  maxStrings: 1.5 GiB
clusterID: 007
`;

describe('a printed configuration', () => {
  const printed = printConfiguration(readConfiguration(TEXT).configuration);

  it('has what was set and the defaults, in the units of the file', () => {
    expect(printed).toContain('\ninactiveFlowRecordTimeout: 1m40s\n');
    expect(printed).toContain('\n  maxStrings: 1536Mi\n');
    expect(printed).toContain('\nactiveFlowRecordTimeout: 1m\n');
    expect(printed).toContain('\nclusterID: "007"\n');
  });

  it('is a configuration that says the same', () => {
    const again = readConfiguration(printed);
    expect(again.problems).toEqual([]);
    expect(printConfiguration(again.configuration)).toBe(printed);
  });

  it('is what it was after being read back, whatever the values of its keys are', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('0', '~', 'null', 'on', '<<', '1e3', '*a', '#', ' a ', 'a: b', '- a', '|'),
    );
    const values = fc.record({
      kubeconfig: text,
      bucketName: text,
      priced: text,
      price: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      anyDuration: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      shortDuration: fc.nat(),
      bytes: fc.maxSafeNat(),
    });
    const fileOf = (value: typeof values extends fc.Arbitrary<infer T> ? T : never): string => `
kubernetes: {kubeconfig: ${JSON.stringify(value.kubeconfig)}}
s3Uploader: {bucketName: ${JSON.stringify(value.bucketName)}}
cloudLabels:
  prices: {? ${JSON.stringify(value.priced)} : ${value.price}}
limits: {idleTimeout: ${String(value.anyDuration)}ns, maxMemory: ${value.bytes}}

store: {retention: 7h${value.shortDuration}ns}`;
    fc.assert(
      fc.property(values, (value) => {
        const { configuration } = readConfiguration(fileOf(value));
        expect(readConfiguration(printConfiguration(configuration)).configuration).toEqual(configuration);
      }),
      { numRuns: 50 },
    );
  });

  it('has a key that would merge in quotes', () => {
    const { configuration } = readConfiguration('cloudLabels: {prices: {"<<": 1}}');
    const printed = printConfiguration(configuration);
    expect(printed).toContain('\n    "<<": 1\n');
    expect(readConfiguration(printed).configuration.cloudLabels.prices).toEqual({ '<<': 1 });
  });

  it.each(['true', 'false', 'auto'])('has kubernetes.enable: %s', (written) => {
    const printed = printConfiguration(readConfiguration(`kubernetes: {enable: ${written}}`).configuration);
    expect(printed).toContain(`kubernetes:\n  enable: ${written}\n`);
  });

  it.each([
    ['s3Uploader', 'endpoint', 'https://key:s3cret@store', 'https://key:***@store'],
    ['cloudLabels', 'sources: {aws', 'https://key:s3cret@mirror/aws.json', 'https://key:***@mirror/aws.json'],
  ])('has no password of %s', (section, key, url, masked) => {
    const text = `${section}: {${key}: "${url}"}${key.includes('{') ? '}' : ''}`;
    const printed = printConfiguration(readConfiguration(text).configuration);
    expect(printed).toContain(masked);
    expect(printed).not.toContain('s3cret');
  });

  it.each([
    ['tcp://weir:s3cr@t@ch:9000/db', 'tcp://weir:***@ch:9000/db'],
    ['tcp://ch:9000?username=weir&password=s3cr%40t&debug=1', 'tcp://ch:9000?username=weir&password=***&debug=1'],
    ['tcp://weir@ch:9000', 'tcp://weir@ch:9000'],
  ])('has no password of ClickHouse: %s', (url, masked) => {
    const { configuration } = readConfiguration(`clickHouse:\n  databaseURL: ${url}\n`);
    expect(configuration.clickHouse.databaseURL).toBe(url);
    expect(printConfiguration(configuration)).toContain(`\n  databaseURL: ${masked}\n`);
  });
});
