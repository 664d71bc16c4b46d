import { execFile } from 'node:child_process';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
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
  const connections: Socket[] = [];
  const connected = (socket: Socket): void => void sockets.push(socket.on('error', () => undefined));
  const options = { allowHalfOpen: true, pauseOnConnect: !withTls };
  const server = withTls ? createTlsServer({ ...options, cert, key }, connected) : createServer(options, connected);
  server.on('connection', (socket: Socket) => connections.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        for (const socket of connections) socket.destroy();
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

describe('a send that is given up', () => {
  it('before it began rejects, though the collector reads nothing', async () => {
    const { port } = await collector(false);
    const session = await openSession(targetOf(port, false), new LoopbackClock(), new AbortController().signal);
    open.push(session);
    await expect(session.send(Buffer.alloc(50_000_000), AbortSignal.abort())).rejects.toThrow('broke');
    expect(session.usable).toBe(false);
  });
});

describe('a session that is given up before it is connected', () => {
  it('while its host is looked up is over at once', async () => {
    const abort = new AbortController();
    const target = { host: 'collector', port: 1, protocol: 'tcp' } as const;
    const opening = openSession(target, new LoopbackClock(), abort.signal, () => new Promise(() => undefined));
    await settle();
    abort.abort();
    await expect(opening).rejects.toThrow();
  });

  it.each([
    ['TCP', false],
    ['TLS', true],
  ])('just before over %s does not connect', async (_name, withTls) => {
    const { port, sockets } = await collector(withTls);
    const clock = new LoopbackClock();
    const abort = new AbortController();
    const opening = openSession(targetOf(port, withTls), clock, abort.signal, () => {
      queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => abort.abort())));
      return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    });
    await expect(opening).rejects.toThrow();
    expect(clock.timers).toBe(0);
    for (let i = 0; i < 20; i++) await settle();
    expect(sockets).toHaveLength(0);
  });
});

describe('a session over TLS', () => {
  it('says once, not for each address of the host, which file is missing', async () => {
    const none = new ClientFiles();
    open.push(none);
    const target = { ...targetOf(1, false), host: 'localhost', tls: none.options() };
    const resolve = () => Promise.resolve(['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 })));
    const opening = openSession(target, new LoopbackClock(), new AbortController().signal, resolve);
    const { message } = await opening.then(
      () => new Error('it was opened'),
      (error: unknown) => error as Error,
    );
    expect(message.split('ca.crt is needed')).toHaveLength(2);
  });

  it('is verified whatever the environment says', async () => {
    const { port } = await collector(true);
    const tls = files().authority(pki.otherAuthority.certificate).options();
    const source = new URL('../../../../src/', import.meta.url).href;
    const script = `
      const { openSession } = await import('${source}adapters/transport/sessions/open-session.js');
      const { SystemClock } = await import('${source}infrastructure/clock.js');
      const target = ${JSON.stringify({ ...targetOf(port, false), tls })};
      const session = openSession(target, new SystemClock(), new AbortController().signal);
      console.log(await session.then(() => 'opened', ({ message }) => message));
      process.exit();`;
    const node = promisify(execFile)(process.execPath, ['--no-warnings', '--input-type=module', '--eval', script], {
      env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    });
    expect((await node).stdout).toContain('was not issued by an authority in');
  });
});
