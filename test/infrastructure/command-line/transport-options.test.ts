import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../src/infrastructure/command-line/command.js';
import { MissingCertificates, transportOptions } from '../../../src/infrastructure/command-line/transport-options.js';
import { testPki, type TestPki } from '../../support/pki.js';

describe('transportOptions', () => {
  let pki: TestPki;
  let certificates: string;

  beforeAll(async () => {
    pki = await testPki();
    certificates = mkdtempSync(join(tmpdir(), 'weir-transport-'));
    writeFileSync(join(certificates, 'ca.crt'), pki.authority.certificate);
    writeFileSync(join(certificates, 'client.crt'), pki.client.certificate);
    writeFileSync(join(certificates, 'client.key'), pki.client.privateKey);
  });

  afterAll(() => {
    rmSync(certificates, { recursive: true });
  });

  it('leaves everything to the defaults if nothing is given', () => {
    expect(transportOptions({})).toEqual({});
  });

  it.each([
    [{}, undefined],
    [{ target: 'weir.example' }, { host: 'weir.example', port: 4739 }],
    [{ target: '[::1]:5000' }, { host: '::1', port: 5000 }],
    [{ transport: 'grpc' }, { host: '127.0.0.1', port: 14739 }],
    [
      { transport: 'grpc', target: 'weir.example' },
      { host: 'weir.example', port: 14739 },
    ],
    [
      { transport: 'grpc', target: 'weir.example:4739' },
      { host: 'weir.example', port: 4739 },
    ],
    [
      { transport: 'tls', target: '192.0.2.1' },
      { host: '192.0.2.1', port: 4739 },
    ],
  ])('sends %j to %j', (values: Record<string, string>, target) => {
    const { transport } = values;
    const secure = transport === 'tls' || transport === 'grpc';
    expect(transportOptions({ ...values, ...(secure && { certificates }) }).target).toEqual(target);
  });

  it('reads the certificates for the transports that need them', () => {
    const given = { transport: 'tls', certificates, 'server-name': 'weir.example', 'flows-per-message': '5' };
    expect(transportOptions(given)).toEqual({
      transport: 'tls',
      certificates: {
        authorities: pki.authority.certificate,
        certificate: pki.client.certificate,
        privateKey: pki.client.privateKey,
      },
      serverName: 'weir.example',
      flowsPerMessage: 5,
    });
  });

  it('refuses certificates that are not there, or that nothing would use', () => {
    const nowhere = join(certificates, 'nowhere');
    expect(() => transportOptions({ transport: 'grpc', certificates: nowhere })).toThrow(MissingCertificates);
    expect(() => transportOptions({ transport: 'udp', certificates })).toThrow(UsageError);
  });
});
