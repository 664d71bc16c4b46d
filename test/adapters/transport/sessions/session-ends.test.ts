import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openSession, type CollectorTarget } from '../../../../src/adapters/transport/sessions/open-session.js';
import type { Session } from '../../../../src/adapters/transport/sessions/session.js';
import { accepting, ClientFiles } from '../../../support/client-tls.js';
import { LoopbackClock, settle } from '../../../support/fake-clock.js';
import { testPki, type TestPki } from '../../../support/pki.js';

const open: { close(): unknown }[] = [];
let pki: TestPki;

beforeAll(async () => {
  pki = await testPki();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface Collector {
  readonly port: number;
  /** Connections, whatever became of them. */
  readonly sockets: readonly Socket[];
}

/** A collector that reads nothing until it is told to. */
async function collector(withTls: boolean): Promise<Collector> {
  const { certificate: cert, privateKey: key } = pki.server;
  const sockets: Socket[] = [];
  const connected = (socket: Socket): void => void sockets.push(socket.on('error', () => undefined));
  const options = { allowHalfOpen: true, pauseOnConnect: !withTls };
  const server = withTls ? createTlsServer({ ...options, cert, key }, connected) : createServer(options, connected);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function files(): ClientFiles {
  const made = new ClientFiles();
  open.push(made);
  return made.authority(pki.authority.certificate);
}

const targetOf = (port: number, withTls: boolean): CollectorTarget => ({
  ...{ host: '127.0.0.1', port, protocol: 'tcp' },
  ...(withTls && { tls: files().options() }),
});

describe.each([
  ['TCP', false],
  ['TLS', true],
])('a session over %s', (_name, withTls) => {
  it('that is closed loses nothing although the collector still says something', async () => {
    const { port, sockets } = await collector(withTls);
    const clock = new LoopbackClock();
    const opening = openSession(targetOf(port, withTls), clock, new AbortController().signal);
    const session: Session = await accepting(clock, opening);
    while (sockets.length === 0) await settle();
    const [socket] = sockets as [Socket];
    let sent = 0;
    for (; sent < 1_000_000; sent += 100_000) await session.send(Buffer.alloc(100_000), undefined);

    const closing = session.close();
    for (let i = 0; i < 20; i++) await settle();
    let arrived = 0;
    const over = new Promise<void>((resolve) => socket.on('end', resolve).on('close', () => resolve()));
    socket.write('so far so good\n');
    socket.on('data', (bytes: Buffer) => {
      arrived += bytes.length;
      socket.write('and more\n');
    });
    socket.resume();
    await over;
    socket.end();
    await closing;
    expect(arrived).toBe(sent);
  });
});
