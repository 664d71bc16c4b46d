import { describe, expect, it } from '@jest/globals';
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
