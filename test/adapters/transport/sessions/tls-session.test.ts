import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Session } from '../../../../src/adapters/transport/sessions/session.js';
import { openSession } from '../../../../src/adapters/transport/sessions/open-session.js';
import type { ClientTlsOptions } from '../../../../src/adapters/transport/sessions/tls-files.js';
import { accepting, ClientFiles } from '../../../support/client-tls.js';
import { LoopbackClock } from '../../../support/fake-clock.js';
import { credentialsOf, testPki, type TestPki } from '../../../support/pki.js';

const open: { close(): unknown }[] = [];
let pki: TestPki;

beforeAll(async () => {
  pki = await testPki();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const keyAndCert = ({ certificate, privateKey }: TestPki['server']) => ({ cert: certificate, key: privateKey });

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  });
  return (server.address() as AddressInfo).port;
}

/** A collector that reads what it is sent, and keeps its sockets. */
async function serve(options: TlsOptions): Promise<{ port: number; sockets: TLSSocket[] }> {
  const sockets: TLSSocket[] = [];
  const server = createTlsServer(options, (socket) => {
    sockets.push(socket.on('error', () => undefined).resume());
  });
  return { port: await listen(server), sockets };
}

function files(): ClientFiles {
  const made = new ClientFiles();
  open.push(made);
  return made.authority(pki.authority.certificate);
}

/** Opens a session; where the collector accepts it the clock is moved on. */
async function enter(
  port: number,
  tls: ClientTlsOptions,
  { host = '127.0.0.1', address = '127.0.0.1', clock = new LoopbackClock(), abort = new AbortController() } = {},
): Promise<Session> {
  const resolve = async () => [{ address, family: 4 }];
  const session = await openSession({ host, port, protocol: 'tcp', tls }, clock, abort.signal, resolve);
  open.push(session);
  return session;
}

const entered = (port: number, tls: ClientTlsOptions, where: { host?: string } = {}): Promise<Session> => {
  const clock = new LoopbackClock();
  return accepting(clock, enter(port, tls, { ...where, clock }));
};

describe('a session over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is opened with %s', async (version) => {
    const { port, sockets } = await serve({
      ...keyAndCert(pki.server),
      minVersion: version,
      maxVersion: version,
    });
    const session = await entered(port, files().options());
    await session.send(Buffer.from('flows'), undefined);
    expect(sockets.map((socket) => socket.getProtocol())).toEqual([version]);
    expect(session).toMatchObject({ peer: `127.0.0.1:${port}`, ipVersion: 4, usable: true });
  });

  it('is opened though the collector sends no tickets', async () => {
    const { port } = await serve({ ...keyAndCert(pki.server), secureOptions: 1 << 14 });
    await entered(port, files().options());
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('shows the client certificate with %s', async (version) => {
    const { port, sockets } = await serve({
      ...keyAndCert(pki.server),
      ca: pki.authority.certificate,
      requestCert: true,
      minVersion: version,
      maxVersion: version,
    });
    await entered(port, files().client(pki.client).options({ clientCertificate: true }));
    expect(sockets[0]!.getPeerCertificate().subject.CN).toBe('client');
  });

  it('reads its files again at each connection', async () => {
    const { port } = await serve({ ...keyAndCert(pki.server) });
    const other = files().authority(pki.otherAuthority.certificate);
    await expect(enter(port, other.options())).rejects.toThrow('was not issued by an authority in');
    other.authority(pki.authority.certificate);
    await entered(port, other.options());
  });

  it('asks for the name it was configured with, and none for an address', async () => {
    const { port, sockets } = await serve({ ...keyAndCert(pki.server) });
    const [named, address] = [files().options({ serverName: 'localhost' }), files().options()];
    await entered(port, named);
    await entered(port, address);
    await entered(port, address, { host: 'localhost' });
    await entered(port, files().options({ serverName: '::1' }));
    expect(sockets.map((socket) => (socket as TLSSocket & { servername: unknown }).servername)).toEqual([
      'localhost',
      false,
      'localhost',
      false,
    ]);
  });

  it("trusts the system's roots if no authority is configured", async () => {
    const { port } = await serve({ ...keyAndCert(pki.server) });
    const own = files();
    const systemRootFiles = [`${own.directory}/none.crt`, `${own.directory}/ca.crt`];
    await entered(port, own.options({ ownAuthority: false, systemRootFiles }));
    await expect(enter(port, own.options({ ownAuthority: false }))).rejects.toThrow(
      "its certificate was not issued by an authority in the system's root certificates",
    );
    await expect(enter(port, own.options({ ownAuthority: false, systemRootFiles: [] }))).rejects.toThrow(
      "its certificate was not issued by an authority in the system's root certificates",
    );
  });

  it('ends in order when it is closed: all that was sent arrives', async () => {
    let arrived = 0;
    const server = createTlsServer(keyAndCert(pki.server), (socket) => {
      socket.on('data', (bytes: Buffer) => (arrived += bytes.length)).on('end', () => server.emit('over'));
    });
    const over = new Promise<void>((resolve) => server.once('over', resolve));
    const session = await entered(await listen(server), files().options());
    await session.send(Buffer.alloc(1_000_000), undefined);
    await session.close();
    await over;
    expect(arrived).toBe(1_000_000);
  });

  it('confirms nothing that no kernel has taken', async () => {
    const { port, sockets } = await serve({ ...keyAndCert(pki.server) });
    const session = await entered(port, files().options());
    sockets[0]!.pause();
    const abort = new AbortController();
    let confirmed = 0;
    const sending = (async () => {
      for (;;) {
        await session.send(Buffer.alloc(200_000), abort.signal);
        confirmed += 200_000;
      }
    })();
    for (let last = -1, turns = 0; turns < 200; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (confirmed !== last) turns = 0;
      last = confirmed;
    }
    expect(confirmed).toBeLessThan(20_000_000);
    abort.abort();
    await expect(sending).rejects.toThrow('broke');
    expect(session.usable).toBe(false);
  });

  it('is no longer usable once the collector closed it', async () => {
    const { port, sockets } = await serve({ ...keyAndCert(pki.server) });
    const session = await entered(port, files().options());
    sockets[0]!.end();
    while (session.usable) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a session over TLS that does not come to be says', () => {
  it.each([
    ['that the certificate has expired', { validFromHours: -3, validToHours: -1 }, 'has expired'],
    ['that the certificate is not yet valid', { validFromHours: 1 }, 'is not yet valid'],
    [
      'which names the certificate has',
      { dnsNames: ['a.example', 'b.example'], addresses: ['10.9.8.7'] },
      'its certificate is for a.example, b.example, 10.9.8.7, not for 127.0.0.1',
    ],
    ['that the certificate is for clients', { usages: ['client' as const] }, 'its certificate is not one for servers'],
  ])('%s', async (_what, request, words) => {
    const { port } = await serve(keyAndCert(await pki.authority.issue({ name: 'collector', ...request })));
    await expect(enter(port, files().options())).rejects.toThrow(words);
  });

  it('that another authority issued the certificate', async () => {
    const { port } = await serve(keyAndCert(pki.server));
    const own = files();
    for (const other of [pki.otherAuthority, pki.namesakeAuthority])
      await expect(enter(port, own.authority(other.certificate).options())).rejects.toThrow(
        `no TLS session with 127.0.0.1:${port}: its certificate was not issued by an authority in ${own.directory}/ca.crt (`,
      );
  });

  it('that the collector speaks too old a version', async () => {
    const { port } = await serve({ ...keyAndCert(pki.server), maxVersion: 'TLSv1.2' });
    await expect(enter(port, files().options({ minVersion: 'TLSv1.3' }))).rejects.toThrow(
      'it does not speak TLS 1.3 or a later version',
    );
  });

  it('that it answers with something else than TLS', async () => {
    const port = await listen(createServer((socket) => socket.end('220 welcome\r\n')));
    await expect(enter(port, files().options())).rejects.toThrow('it does not speak TLS');
  });

  it('that it closed, and why that may be', async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.end())));
    await expect(enter(port, files().options())).rejects.toThrow(
      'it closed the connection: perhaps it speaks no TLS, or wants a client certificate, which flowCollector.tls.clientSecretName would give Weir',
    );
  });

  it('that it said nothing', async () => {
    const port = await listen(createServer(() => undefined));
    const clock = new LoopbackClock();
    const entering = enter(port, files().options(), { clock });
    const refused = expect(entering).rejects.toThrow('did not finish the handshake within 10000 ms');
    // First the address has its time, then the handshake.
    let timers = 0;
    while (timers < 2) {
      await new Promise((resolve) => setImmediate(resolve));
      timers += clock.timers;
    }
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    clock.advanceNow(10_000);
    await refused;
  });

  it('that it was given up', async () => {
    const port = await listen(createServer(() => abort.abort()));
    const abort = new AbortController();
    await expect(enter(port, files().options(), { abort })).rejects.toThrow('given up');
  });

  it('which file is missing, and which key asks for it', async () => {
    const { port } = await serve(keyAndCert(pki.server));
    const none = new ClientFiles();
    open.push(none);
    const { directory } = none;
    await expect(enter(port, none.options())).rejects.toThrow(
      `${directory}/ca.crt is needed since flowCollector.tls.caSecretName is set, and can't be read: ENOENT`,
    );
    none.authority(pki.authority.certificate);
    await expect(enter(port, none.options({ clientCertificate: true, section: 'x' }))).rejects.toThrow(
      `${directory}/tls.crt is needed since x.clientSecretName is set`,
    );
  });

  it('which file is not what it should be', async () => {
    const { port } = await serve(keyAndCert(pki.server));
    const own = files().client({ ...pki.client, privateKey: pki.server.privateKey });
    await expect(enter(port, own.options({ clientCertificate: true }))).rejects.toThrow(
      `tls.key in ${own.directory} is no key for the certificate in tls.crt`,
    );
    own.client({ ...pki.client, certificate: '' });
    await expect(enter(port, own.options({ clientCertificate: true }))).rejects.toThrow('tls.crt has no certificate');
    await expect(enter(port, own.authority('no PEM').options())).rejects.toThrow('ca.crt has no certificate');
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a collector that refuses the client with %s', (version) => {
  const serving = (): Promise<{ port: number }> => {
    const { certificate, privateKey, clientAuthorities } = credentialsOf(pki.authority, pki.server);
    return serve({
      cert: certificate,
      key: privateKey,
      ca: clientAuthorities,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: version,
      maxVersion: version,
    });
  };

  it('is noticed before anything is sent, if Weir has no certificate', async () => {
    const { port } = await serving();
    await expect(enter(port, files().options())).rejects.toThrow(
      /wants a client certificate, which flowCollector.tls.clientSecretName would give Weir/,
    );
  });

  it.each(['expiredClient', 'otherClient', 'namesakeClient'] as const)(
    'is noticed before anything is sent, if Weir has one it does not like: %s',
    async (client) => {
      const { port } = await serving();
      const tls = files().client(pki[client]).options({ clientCertificate: true });
      await expect(enter(port, tls)).rejects.toThrow("does not accept Weir's certificate");
    },
  );

  it('accepts one it likes', async () => {
    const { port } = await serving();
    await entered(port, files().client(pki.client).options({ clientCertificate: true }));
  });
});
