import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readClientCertificates } from '../../../src/adapters/simulator/client-certificates.js';
import { testPki } from '../../support/pki.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-client-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const write = (files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
};

describe('readClientCertificates', () => {
  it('reads what a service keeps for its exporters', async () => {
    const { authority, client } = await testPki();
    write({ 'ca.crt': authority.certificate, 'client.crt': client.certificate, 'client.key': client.privateKey });
    expect(readClientCertificates(directory)).toEqual({
      authorities: authority.certificate,
      certificate: client.certificate,
      privateKey: client.privateKey,
    });
  });

  it('names the file that is missing and says who makes it', () => {
    write({ 'ca.crt': 'x' });
    const read = (): unknown => readClientCertificates(directory);
    expect(read).toThrow(join(directory, 'client.crt'));
    expect(read).toThrow('start the service first, it makes them; or --certificates DIR');
  });

  it('refuses files that do not belong together', async () => {
    const { authority, client, otherClient } = await testPki();
    write({ 'ca.crt': authority.certificate, 'client.crt': client.certificate, 'client.key': otherClient.privateKey });
    expect(() => readClientCertificates(directory)).toThrow(/in .*weir-client-.* are no certificates with a key/);
  });
});
