import { describe, expect, it } from '@jest/globals';
import { formatProblem } from '../../../src/infrastructure/configuration/problem.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';

function errors(text: string): string[] {
  return readConfiguration(text)
    .problems.filter(({ severity }) => severity === 'error')
    .map((problem) => formatProblem('f', problem));
}

describe('in Proxy mode', () => {
  it.each(['clickHouse', 's3Uploader', 'flowLogger', 'store'])('%s is refused, at its switch', (section) => {
    const line = `f:3:3: ${section}.enable: is not possible with mode: Proxy; accepted is mode: Aggregate, or ${section}.enable: false`;
    expect(errors(`mode: Proxy\n${section}:\n  enable: on\n  bucketName: b`)).toContain(line);
    expect(errors(`${section}:\n  enable: on\n  bucketName: b`)).not.toContainEqual(expect.stringContaining('Proxy'));
    expect(errors(`mode: Proxy\n${section}: {enable: off}`)).toEqual([]);
  });

  it("kubenetmon's table is refused, at its key", () => {
    const line =
      'f:4:3: cloudLabels.networkFlowsTable: is not possible with mode: Proxy; accepted is mode: Aggregate, or cloudLabels.networkFlowsTable: false';
    expect(errors('mode: Proxy\ncloudLabels:\n  enable: on\n  networkFlowsTable: on')).toContain(line);
  });

  it('each is named, in one report', () => {
    const lines = errors('mode: Proxy\nclickHouse: {enable: on}\ns3Uploader: {enable: on}\nflowLogger: {enable: on}');
    expect(lines.filter((line) => line.includes('Proxy'))).toHaveLength(3);
  });

  it('the collector, the live stream, the console and labels are taken', () => {
    const text =
      'mode: Proxy\nflowCollector: {enable: on, address: "h:1"}\nflowStreamService: {enable: on}\nconsole: {enable: on}\nrecordContents: {podLabels: on}';
    expect(errors(text)).toEqual([]);
  });
});

describe("kubenetmon's table", () => {
  const NEEDS =
    'cloudLabels.networkFlowsTable: has no database to write to; accepted with clickHouse.enable or store.enable, else false';

  it('needs a database', () => {
    expect(errors('cloudLabels:\n  enable: on\n  networkFlowsTable: on')).toContain(`f:3:3: ${NEEDS}`);
  });

  it.each(['clickHouse', 'store'])('has one with %s', (section) => {
    const text = `${section}: {enable: on}\ncloudLabels: {enable: on, networkFlowsTable: on}`;
    expect(errors(text).join()).not.toContain('database to write');
  });

  it('is a warning without labels', () => {
    expect(readConfiguration('cloudLabels: {networkFlowsTable: on}').problems).toEqual([
      {
        severity: 'warning',
        line: 1,
        column: 15,
        path: 'cloudLabels.networkFlowsTable',
        message: `${NEEDS.slice(31)} (ignored: cloudLabels is not enabled)`,
      },
    ]);
  });
});

describe('the console', () => {
  it('listens anywhere with a token, or not at all', () => {
    expect(errors('console: {enable: on, listen: "[::]:8080", tokenFile: /run/token}')).toEqual([]);
    expect(readConfiguration('console: {listen: "[::]:8080"}').problems).toEqual([]);
  });
});

describe('TLS to a collector over UDP', () => {
  it('is refused, at the address', () => {
    expect(errors('flowCollector: {enable: on, address: "h:1:udp", tls: {enable: on}}')).toEqual([
      'f:1:29: flowCollector.address: is reached over UDP, but flowCollector.tls is enabled, and Weir does no DTLS; accepted is tcp with TLS, or tls.enable: false',
    ]);
  });
});

describe('a region', () => {
  it('is needed in a cloud, and not on premises', () => {
    const line =
      "cloudLabels.region: is missing; accepted is a region of cloudLabels.cloud, as the provider's document writes it";
    expect(errors('cloudLabels: {enable: on, cloud: gcp}')).toContain(`f:1:1: ${line}`);
    expect(errors('cloudLabels: {enable: on}').join()).not.toContain(line);
    expect(readConfiguration('cloudLabels: {cloud: gcp}').problems).toEqual([]);
  });
});
