import { beforeAll, describe, expect, it } from '@jest/globals';
import { testPki, type Issued, type TestPki } from '../support/pki.js';
import { balancedAtRest } from './support/balance.js';
import { eventually } from './support/eventually.js';
import { connectTo } from './support/exporting.js';
import { GoodExporter } from './support/good-exporter.js';
import { filesOf, sendOverTls } from './support/openssl.js';
import { itWith } from './support/peers.js';
import { answerTo, attemptTls, connectTls, dataOfTests } from './support/tls-exporting.js';
import { startWeir, type LogLine, type WeirProcess } from './support/weir-process.js';

/** A fatal alert, "unexpected message", as every version of TLS understands it. */
const ALERT = Buffer.of(0x15, 3, 1, 0, 2, 2, 10);

/** How the ports that want TLS are called in the log and in the metrics. */
const PORTS = [
  { transport: 'tls', what: 'IPFIX over TLS', portOf: (weir: WeirProcess) => weir.ipfixPort },
  { transport: 'grpc', what: 'flow records over gRPC', portOf: (weir: WeirProcess) => weir.grpcPort },
] as const;

let pki: TestPki;
let weir: WeirProcess;
beforeAll(async () => {
  pki = await testPki();
  weir = await startWeir({ transport: 'TLS', lives: 'file', settings: { dataDirectory: dataOfTests(pki, 'file') } });
});

/** Each attacker comes from an address of its own: lines about one address are gathered. */
let attackers = 0;
const nextAddress = (): string => `127.0.9.${++attackers}`;

/** Lines about a client, once there is one. */
const linesAbout = (service: WeirProcess, address: string): Promise<LogLine[]> =>
  eventually('the log says so', () => {
    const own = service.logs.filter(({ exporter }) => String(exporter).startsWith(`${address}:`));
    return own.length > 0 && own;
  });

/** Connects somebody who does nothing wrong, and has `act` done meanwhile: that one is not to notice. */
async function beside(act: () => Promise<void>): Promise<void> {
  const takenSoFar = async (): Promise<number> => (await weir.metrics()).sum('weir_records_taken_total');
  const exporter = new GoodExporter();
  const socket = await connectTls(weir.ipfixPort, pki);
  const before = await takenSoFar();
  socket.write(exporter.template());
  socket.write(exporter.flow());
  await act();
  expect(socket.readyState).toBe('open');
  socket.write(exporter.flow());
  await eventually('both flows are taken', async () => (await takenSoFar()) === before + 2);
  await balancedAtRest(weir);
  socket.destroy();
}

/** Demands one line and one count of a refusal. */
async function expectRefused(
  { transport, what }: (typeof PORTS)[number],
  address: string,
  reason: string,
  says: RegExp,
  act: () => Promise<void>,
): Promise<void> {
  const count = async (): Promise<number> =>
    (await weir.metrics()).value('weir_tls_handshakes_refused_total', { transport, reason });
  const before = await count();
  await beside(act);
  const lines = await linesAbout(weir, address);
  expect(lines).toHaveLength(1);
  expect(lines[0]!.message).toContain(`a client of ${what} was refused: `);
  expect(lines[0]!.message).toMatch(says);
  expect(lines[0]!['reason']).toBe(reason);
  expect((await count()) - before).toBe(1);
}

const CERTIFICATES: readonly [what: string, of: (all: TestPki) => Issued | undefined, reason: string, says: RegExp][] =
  [
    ['no certificate', () => undefined, 'no_client_certificate', /it showed no client certificate/],
    ['one of another CA', ({ otherClient }) => otherClient, 'unknown_authority', /another CA/],
    ['one of a CA of the same name', ({ namesakeClient }) => namesakeClient, 'unknown_authority', /another CA/],
    ['one that has expired', ({ expiredClient }) => expiredClient, 'certificate_expired', /has expired/],
    ['one that is not valid yet', ({ futureClient }) => futureClient, 'certificate_expired', /not valid yet/],
    ['one for servers only', ({ serverOnly }) => serverOnly, 'other', /is not one for clients/],
  ];

for (const port of PORTS) {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    describe(`a client of ${port.what}, ${version}, gets an error and a line that names the cause`, () => {
      for (const [what, shown, reason, says] of CERTIFICATES) {
        it(`if it shows ${what}`, async () => {
          const localAddress = nextAddress();
          await expectRefused(port, localAddress, reason, says, async () => {
            const shows = shown(pki);
            const options = { ca: pki.authority.certificate, shows, version, localAddress };
            const { closed } = await attemptTls(port.portOf(weir), options);
            expect(await closed).toEqual(expect.any(String));
          });
        });
      }
    });
  }

  describe(`without TLS on the port of ${port.what}, a client is told in TLS and named`, () => {
    for (const [protocol, octets] of [
      ['IPFIX', new GoodExporter().template()],
      ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
      ['gRPC (HTTP/2)', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ] as const) {
      it(`if it speaks plain ${protocol}`, async () => {
        const address = nextAddress();
        const says = new RegExp(`it speaks no TLS \\(this looks like plain ${protocol.replaceAll(/[()]/g, '\\$&')}\\)`);
        await expectRefused(port, address, 'not_tls', says, async () => {
          expect(await answerTo(port.portOf(weir), address, octets)).toEqual(ALERT);
        });
      });
    }
  });
}

describe('a client that does not trust Weir', () => {
  // Node's client says nothing about it to the server; those in Go and in C do.
  itWith(['openssl'], 'is named, and told what to do', async () => {
    const { otherAuthority, client } = pki;
    const file = filesOf({ ca: otherAuthority.certificate, certificate: client.certificate, key: client.privateKey });
    const files = { ca: file('ca'), certificate: file('certificate'), key: file('key') };
    await expectRefused(PORTS[0], '127.0.0.1', 'server_not_trusted', /does not trust Weir's certificate/, async () => {
      const program = sendOverTls(weir.ipfixPort, 'TLSv1.3', files, new GoodExporter().template(), file('keys'));
      expect(await program.exited).toEqual({ code: 1, signal: null });
    });
  });
});

describe('a handshake that never ends', () => {
  it('is cut off after 10 s, whether nothing comes or something', async () => {
    const hello = Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);
    const attempts = PORTS.flatMap((port) => [new Uint8Array(0), hello].map((octets) => ({ port, octets })));
    await beside(async () => {
      await Promise.all(
        attempts.map(async ({ port, octets }) => {
          const address = nextAddress();
          const begun = performance.now();
          await answerTo(port.portOf(weir), address, octets);
          const seconds = (performance.now() - begun) / 1000;
          expect(seconds).toBeGreaterThan(9.5);
          expect(seconds).toBeLessThan(15);
          const [line, ...others] = await linesAbout(weir, address);
          expect(line).toMatchObject({
            reason: 'handshake_timeout',
            message: expect.stringMatching(/did not finish its handshake within 10 s/),
          });
          expect(others).toEqual([]);
        }),
      );
    });
  });
});

describe('over plain TCP', () => {
  it('a client that speaks TLS gets an error and a line that names the cause, and others are not disturbed', async () => {
    const plain = await startWeir({ settings: { dataDirectory: dataOfTests(pki, 'test') } });
    const exporter = new GoodExporter();
    const good = await connectTo(plain.ipfixPort);
    good.write(exporter.template());
    good.write(exporter.flow());

    const localAddress = nextAddress();
    const { closed } = await attemptTls(plain.ipfixPort, { ca: pki.authority.certificate, localAddress });
    expect(await closed).toEqual(expect.any(String));

    const lines = await linesAbout(plain, localAddress);
    expect(lines).toHaveLength(1);
    expect(lines[0]!.message).toMatch(/an exporter speaks TLS, but aggregatorTransportProtocol is TCP/);
    good.write(exporter.flow());
    await eventually('both flows are taken', async () => (await plain.metrics()).sum('weir_records_taken_total') === 2);
    await balancedAtRest(plain);
    expect(await plain.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('after all that', () => {
  it('Weir has found no fault of its own, and ends in order', async () => {
    expect(weir.logged(/fault|mistake/)).toEqual([]);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
