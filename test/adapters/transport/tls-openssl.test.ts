import { afterEach, beforeEach, describe, expect } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itWith, requirePeer } from '../../e2e/support/peers.js';
import type { Issued } from '../../support/pki.js';
import { RunningListener } from './tls-support.js';

let running: RunningListener;
let directory: string;

beforeEach(async () => {
  running = await RunningListener.start();
  directory = await mkdtemp(join(tmpdir(), 'weir-tls-'));
});
afterEach(async () => {
  await running.close();
  await rm(directory, { recursive: true });
});

/** Runs `openssl s_client` until the server ends the connection; gives what it wrote. */
async function client(authority: string, issued: Issued | undefined, ...more: string[]): Promise<string> {
  const ca = join(directory, 'ca.pem');
  await writeFile(ca, authority);
  const options = ['-connect', `127.0.0.1:${running.port}`, '-CAfile', ca, '-verify_return_error', ...more];
  if (issued !== undefined) {
    const both = join(directory, 'client.pem');
    await writeFile(both, issued.certificate + issued.privateKey);
    options.push('-cert', both);
  }
  const peer = spawn(requirePeer('openssl'), ['s_client', ...options]);
  let output = '';
  for (const stream of [peer.stdout, peer.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  // Its input stays open, so that it is the server who ends the connection.
  peer.stdin.on('error', () => undefined).write('not read\n');
  await new Promise((resolve) => peer.once('close', resolve));
  return output;
}

describe('openssl s_client', () => {
  itWith(['openssl'], 'is told in TLS 1.3 that a certificate is required', async () => {
    expect(await client(running.pki.authority.certificate, undefined, '-tls1_3')).toMatch(/alert certificate required/);
    expect(running.count('no_client_certificate')).toBe(1);
  });

  itWith(['openssl'], 'is told in TLS 1.2 that the handshake failed, without a certificate', async () => {
    expect(await client(running.pki.authority.certificate, undefined, '-tls1_2')).toMatch(/alert handshake failure/);
    expect(running.count('no_client_certificate')).toBe(1);
  });

  itWith(['openssl'], 'with the certificate of another CA sees an error', async () => {
    const { authority, otherClient } = running.pki;
    expect(await client(authority.certificate, otherClient)).toMatch(/errno=104/);
    expect(running.count('unknown_authority')).toBe(1);
    expect(running.received).toBe('');
  });

  itWith(['openssl'], 'that does not trust the server says so by an alert, which is named', async () => {
    const { otherAuthority, client: issued } = running.pki;
    await client(otherAuthority.certificate, issued);
    await running.until(() => running.refused.length === 1);
    expect(running.count('server_not_trusted')).toBe(1);
    expect(running.logger.matching(/does not trust Weir's certificate/)).toHaveLength(1);
  });
});
