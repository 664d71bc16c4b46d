import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ClientCertificates } from '../../../src/adapters/simulator/client-certificates.js';
import { LedgerMemory } from '../../../src/adapters/simulator/ledger-memory.js';
import type { LedgerEntry } from '../../../src/adapters/simulator/ledger.js';
import type { SimulationOptions } from '../../../src/adapters/simulator/options.js';
import { Simulation } from '../../../src/adapters/simulator/simulation.js';
import { settle } from '../../support/fake-clock.js';
import { testPki, type Issued, type TestPki } from '../../support/pki.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { FlowService, reportOfFlow, type OnCall } from './flow-service.js';
import { recount, recountReports, type Recount } from './recount.js';
import { Collector, SocketClock } from './support.js';
import { decodeMessages, messagesOf } from './tiny-decoder.js';

const SMALL = { nodes: 4, podsPerNode: 6, flows: 60, rate: 0, deniedShare: 0.2, serverName: 'localhost' };

interface Running {
  readonly simulation: Simulation;
  readonly clock: SocketClock;
  readonly ledger: LedgerMemory;
  readonly logger: RecordingLogger;
}

let pki: TestPki;
const running: Simulation[] = [];
const open: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  pki = await testPki();
});

afterEach(async () => {
  for (const close of open.splice(0)) await close();
  for (const simulation of running.splice(0)) await simulation.stop();
});

const certificatesOf = ({ certificate, privateKey }: Issued): ClientCertificates => ({
  authorities: pki.authority.certificate,
  certificate,
  privateKey,
});

function simulate(options: Partial<SimulationOptions>): Running {
  const clock = new SocketClock();
  const ledger = new LedgerMemory();
  const logger = new RecordingLogger();
  const certificates = certificatesOf(pki.client);
  const simulation = new Simulation({ ...SMALL, certificates, ...options }, { clock, ledger, logger });
  running.push(simulation);
  return { simulation, clock, ledger, logger };
}

/** Turns of the event loop until something holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settle();
}

/** A TLS server that keeps what each client sent, and demands a certificate of the CA. */
class TlsCollector {
  readonly received: Buffer[][] = [];
  readonly sockets: TLSSocket[] = [];
  readonly #raw: Socket[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#raw.push(socket));
    server.on('secureConnection', (socket) => {
      const chunks: Buffer[] = [];
      this.received.push(chunks);
      this.sockets.push(socket);
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => undefined);
    });
  }

  static async listen(): Promise<TlsCollector> {
    const { certificate: cert, privateKey: key } = pki.server;
    const options = { cert, key, ca: pki.authority.certificate, requestCert: true, rejectUnauthorized: true };
    const collector = new TlsCollector(createServer(options));
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    open.push(() => {
      collector.#server.close();
      for (const socket of collector.#raw) socket.destroy();
    });
    return collector;
  }

  get target(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  get recounted(): Recount[] {
    return recount(this.received.map((chunks) => decodeMessages(messagesOf(Buffer.concat(chunks)))));
  }
}

async function flowService(onCall?: OnCall, port?: number): Promise<FlowService> {
  const service = await FlowService.listen(pki, onCall, port);
  open.push(() => {
    service.close();
  });
  return service;
}

/** What the ledger says, in the terms of a recount. */
function recountOf(entries: readonly LedgerEntry[]): Recount[] {
  return entries.flatMap(({ flowEndReason, halves }) =>
    halves.map(
      ({ observationDomain, key, records, messageBytes, totals, flowStartSeconds, flowEndSeconds, tcpState }) => ({
        ...{ observationDomain, key, records, messageBytes, totals, deltas: totals },
        ...{ flowStartSeconds, flowEndSeconds, flowEndReason, tcpState },
      }),
    ),
  );
}

const sorted = (recounts: readonly Recount[]): string[] => recounts.map((one) => JSON.stringify(one)).sort();

const recountOfFlows = (service: FlowService, messageBytes = (bytes: number): number => bytes): Recount[] =>
  recountReports(
    service.streams.flat().flatMap(({ flows, bytes }) => flows.map((flow) => reportOfFlow(flow, messageBytes(bytes)))),
  );

/** A ledger without the bytes, which depend on the format. */
const withoutBytes = (entries: readonly LedgerEntry[]): unknown[] =>
  entries.map(({ halves, ...entry }) => ({ ...entry, halves: halves.map((half) => ({ ...half, messageBytes: 0 })) }));

describe('over TLS', () => {
  it('sends what it sends over TCP, each agent on a connection of its own', async () => {
    const collector = await TlsCollector.listen();
    const { simulation, ledger } = simulate({ target: collector.target, transport: 'tls', reportsPerFlow: 3 });
    simulation.start();
    const statistics = await simulation.finished;
    expect(statistics).toMatchObject({ flowsEnded: 60, recordsLost: 0, errors: 0 });
    expect(statistics.recordsConfirmed).toBe(statistics.recordsSent);
    expect(collector.sockets).toHaveLength(4);
    expect(sorted(collector.recounted)).toEqual(sorted(recountOf(ledger.entries)));

    const plain = await Collector.listen();
    open.push(() => plain.close());
    const overTcp = simulate({ target: plain.target, transport: 'tcp', reportsPerFlow: 3 });
    overTcp.simulation.start();
    await overTcp.simulation.finished;
    expect(overTcp.ledger.entries).toEqual(ledger.entries);
  });

  it('connects again when the collector hangs up', async () => {
    const collector = await TlsCollector.listen();
    const { simulation, clock } = simulate({ target: collector.target, transport: 'tls', rate: 100 });
    simulation.start();
    await until(() => collector.sockets.length === 4);
    for (const socket of collector.sockets) socket.destroy();
    await until(() => simulation.statistics.connectionsOpen === 0 && simulation.statistics.errors === 4);
    await clock.advance(100);
    await until(() => simulation.statistics.reconnects === 4 && collector.sockets.length === 8);
  });

  it.each([
    ['a certificate of another name', { serverName: 'weir.example' }, /altnames|does not match/i],
    ['a server of another CA', {}, /self-signed|unable to (verify|get)/i],
  ])('sends nothing to %s', async (what, options, reason) => {
    const collector = await TlsCollector.listen();
    const certificates = { ...certificatesOf(pki.client), authorities: pki.otherAuthority.certificate };
    const other = what.includes('CA') ? { certificates } : {};
    const { simulation, logger } = simulate({ target: collector.target, transport: 'tls', ...options, ...other });
    simulation.start();
    await until(() => simulation.statistics.errors === 4);
    const { recordsSent } = await simulation.stop();
    expect(recordsSent).toBe(0);
    expect(logger.of('repeated')[0]!.message).toMatch(reason);
  });

  it('waits longer and longer for a collector that does not accept its certificate', async () => {
    const collector = await TlsCollector.listen();
    const certificates = certificatesOf(pki.expiredClient);
    const { simulation, clock, logger } = simulate({
      ...{ target: collector.target, transport: 'tls', nodes: 1, certificates },
    });
    simulation.start();
    for (const [pause, errors] of [
      [0, 1],
      [100, 2],
      [200, 3],
      [400, 4],
    ] as const) {
      await clock.advance(pause);
      await until(() => simulation.statistics.errors === errors);
    }
    const statistics = await simulation.stop();
    expect(statistics.recordsConfirmed + statistics.recordsLost).toBe(statistics.recordsSent);
    expect(collector.sockets).toHaveLength(0);
    expect(logger.of('repeated')[0]!.message).toContain("an agent can't send");
  });

  it('needs certificates', () => {
    expect(() => simulate({ transport: 'tls', certificates: undefined })).toThrow(/certificates/);
    expect(() => simulate({ transport: 'grpc', certificates: undefined })).toThrow(/certificates/);
  });
});

describe('over gRPC', () => {
  it('sends each record as a message, and its ledger is what the service counts', async () => {
    const service = await flowService();
    const { simulation, ledger } = simulate({ target: service.target, transport: 'grpc', reportsPerFlow: 3 });
    simulation.start();
    const statistics = await simulation.finished;
    expect(statistics).toMatchObject({ flowsEnded: 60, recordsLost: 0, errors: 0 });
    expect(statistics.recordsConfirmed).toBe(statistics.recordsSent);
    expect(service.streams).toHaveLength(4);
    expect(service.streams.flat().every(({ flows }) => flows.length === 1)).toBe(true);
    expect(sorted(recountOfFlows(service))).toEqual(sorted(recountOf(ledger.entries)));
  });

  it('has the ledger of the same cluster over TCP', async () => {
    const service = await flowService();
    const overGrpc = simulate({ target: service.target, transport: 'grpc', reportsPerFlow: 2 });
    overGrpc.simulation.start();
    await overGrpc.simulation.finished;
    const collector = await Collector.listen();
    open.push(() => collector.close());
    const overTcp = simulate({ target: collector.target, transport: 'tcp', reportsPerFlow: 2 });
    overTcp.simulation.start();
    await overTcp.simulation.finished;
    expect(withoutBytes(overGrpc.ledger.entries)).toEqual(withoutBytes(overTcp.ledger.entries));
  });

  it('puts several flows into a message if told so', async () => {
    const service = await flowService();
    const { simulation, ledger } = simulate({
      ...{ target: service.target, transport: 'grpc', reportsPerFlow: 3, flowsPerMessage: 4 },
    });
    simulation.start();
    await simulation.finished;
    const sizes = service.streams.flat().map(({ flows }) => flows.length);
    expect(Math.max(...sizes)).toBe(4);
    const none = (): number => 0;
    const expected = recountOf(ledger.entries).map((one) => ({ ...one, messageBytes: 0 }));
    expect(sorted(recountOfFlows(service, none))).toEqual(sorted(expected));
  });

  it('waits for a service that does not read, and goes on with it', async () => {
    const service = await flowService((call) => void call.pause());
    const { simulation } = simulate({ target: service.target, transport: 'grpc' });
    simulation.start();
    let sent = -1;
    for (let still = 0; still < 1000; still++) {
      await settle();
      if (simulation.statistics.recordsSent !== sent) still = 0;
      sent = simulation.statistics.recordsSent;
    }
    const { recordsSent, recordsConfirmed, bytesSent } = simulation.statistics;
    const waiting = (recordsSent - recordsConfirmed) * (bytesSent / recordsSent);
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(4 * 3 * 64 * 1024 * 1.1);
    for (const call of service.calls) call.resume();
    await until(() => simulation.statistics.recordsSent > sent);
  });

  it('connects again after its connections broke; what was not confirmed is counted and in the ledger', async () => {
    const service = await flowService((call) => void call.pause());
    const { simulation, clock, ledger, logger } = simulate({
      ...{ target: service.target, transport: 'grpc', reportsPerFlow: 300, flows: 20, flowsPerMessage: 5 },
    });
    simulation.start();
    await until(() => simulation.statistics.recordsConfirmed > 0 && service.calls.length === 4);
    for (let turn = 0; turn < 50; turn++) await settle();
    const { port } = service.target;
    service.close();
    await until(() => simulation.statistics.connectionsOpen === 0);
    expect(logger.of('repeated')[0]!.message).toContain("an agent can't send");
    const second = await flowService(undefined, port);
    await clock.advance(100);
    const statistics = await simulation.finished;
    expect(statistics).toMatchObject({ reconnects: 4, errors: 4 });
    expect(statistics.recordsLost).toBeGreaterThan(0);
    expect(statistics.recordsConfirmed + statistics.recordsLost).toBe(statistics.recordsSent);
    const halves = ledger.entries.flatMap((entry) => entry.halves);
    expect(halves.reduce((sum, { confirmed }) => sum + confirmed.records, 0)).toBe(statistics.recordsConfirmed);
    expect(halves.every(({ confirmed, totals }) => confirmed.totals.octetTotalCount === totals.octetTotalCount)).toBe(
      true,
    );
    // What was lost was read back from its bytes: the rest of the deltas is in what the service got.
    expect(halves.some(({ confirmed, totals }) => confirmed.deltas.octetTotalCount < totals.octetTotalCount)).toBe(
      true,
    );
    expect(second.flows.length).toBeLessThanOrEqual(statistics.recordsConfirmed);
  });

  it('says why the service ended a stream, and tries again with growing pauses', async () => {
    const service = await flowService((_call, _number, answer) => {
      answer({ code: 7, details: 'not you: 100 %' });
    });
    const { simulation, clock, logger } = simulate({ target: service.target, transport: 'grpc', nodes: 1, rate: 1 });
    simulation.start();
    for (const [pause, errors] of [
      [0, 1],
      [100, 2],
      [200, 3],
    ] as const) {
      await clock.advance(pause);
      await until(() => simulation.statistics.errors === errors);
    }
    expect(logger.of('repeated')[0]!.message).toContain('gRPC status 7: not you: 100 %');
    await simulation.stop();
  });

  it.each([
    ['a certificate that is not accepted', 'expiredClient'],
    ['a certificate of another CA', 'otherClient'],
  ] as const)('does not open with %s', async (_, client) => {
    const service = await flowService();
    const certificates = certificatesOf(pki[client]);
    const { simulation } = simulate({ target: service.target, transport: 'grpc', certificates });
    simulation.start();
    await until(() => simulation.statistics.errors === 4);
    expect(await simulation.stop()).toMatchObject({ recordsSent: 0, connectionsOpen: 0 });
  });

  it('can be stopped while nobody listens', async () => {
    const service = await flowService();
    const { target } = service;
    service.close();
    const { simulation, clock } = simulate({ target, transport: 'grpc', nodes: 1 });
    simulation.start();
    await until(() => simulation.statistics.errors === 1);
    expect((await simulation.stop()).recordsSent).toBe(0);
    expect(clock.timers).toBe(0);
  });
});
