import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openSession } from '../../../../src/adapters/transport/sessions/open-session.js';
import type { Session } from '../../../../src/adapters/transport/sessions/session.js';
import type { ClientTlsOptions } from '../../../../src/adapters/transport/sessions/tls-files.js';
import { accepting, ClientFiles } from '../../../support/client-tls.js';
import { LoopbackClock } from '../../../support/fake-clock.js';
import { testPki, type TestPki } from '../../../support/pki.js';

const hasOpenssl = spawnSync('openssl', ['version']).error === undefined;
const processes: ChildProcess[] = [];
const open: { close(): Promise<void> }[] = [];
let pki: TestPki;

beforeAll(async () => {
  pki = await testPki();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  for (const child of processes.splice(0)) child.kill('SIGKILL');
});

/** `openssl s_server` and what it says; its certificate is the test server's. */
async function serve(files: ClientFiles, ...options: string[]): Promise<{ port: number; said: string[] }> {
  files.write('server.crt', pki.server.certificate).write('server.key', pki.server.privateKey);
  const path = (name: string): string => join(files.directory, name);
  const child = spawn(
    'openssl',
    ['s_server', '-4', '-accept', '127.0.0.1:0', '-cert', path('server.crt'), '-key', path('server.key'), ...options],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  processes.push(child);
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise<number>((resolve) => {
    lines.on('line', (line) => {
      said.push(line);
      const bound = /^ACCEPT .*:(\d+)$/.exec(line)?.[1];
      if (bound !== undefined) resolve(Number(bound));
    });
  });
  return { port, said };
}

function files(): ClientFiles {
  const made = new ClientFiles().authority(pki.authority.certificate);
  open.push(made);
  return made;
}

async function enter(port: number, tls: ClientTlsOptions, clock = new LoopbackClock()): Promise<Session> {
  const target = { host: '127.0.0.1', port, protocol: 'tcp', tls } as const;
  const session = await openSession(target, clock, new AbortController().signal);
  open.push(session);
  return session;
}

(hasOpenssl ? describe : describe.skip).each(['tls1_2', 'tls1_3'])('openssl s_server -%s', (version) => {
  const verifying = (own: ClientFiles): string[] => [
    `-${version}`,
    ...['-Verify', '1', '-verify_return_error', '-CAfile', join(own.directory, 'ca.crt')],
  ];

  it.each([{ options: [] }, { options: ['-num_tickets', '0'] }])(
    'reads what it is sent: $options',
    async ({ options }) => {
      const own = files();
      const { port, said } = await serve(own, `-${version}`, ...options);
      const clock = new LoopbackClock();
      const session = await accepting(clock, enter(port, own.options(), clock));
      await session.send(Buffer.from('a flow\n'), undefined);
      while (!said.includes('a flow')) await new Promise((resolve) => setImmediate(resolve));
    },
  );

  it('accepts the certificate of a client it knows', async () => {
    const own = files().client(pki.client);
    const { port } = await serve(own, ...verifying(own));
    const clock = new LoopbackClock();
    await accepting(clock, enter(port, own.options({ clientCertificate: true }), clock));
  });

  it('says that it wants a certificate', async () => {
    const own = files();
    const { port } = await serve(own, ...verifying(own));
    await expect(enter(port, own.options())).rejects.toThrow(/wants a client certificate.*clientSecretName.*ALERT/);
  });

  it.each([
    ['expiredClient', "says that Weir's certificate has expired"],
    ['otherClient', "does not know the authority that issued Weir's certificate"],
    ['namesakeClient', "does not accept Weir's certificate"],
  ] as const)('says what it has against %s', async (client, words) => {
    const own = files().client(pki[client]);
    const { port } = await serve(own, ...verifying(own));
    await expect(enter(port, own.options({ clientCertificate: true }))).rejects.toThrow(words);
  });
});
