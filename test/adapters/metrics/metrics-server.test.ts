import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { EventLoopDelay } from '../../../src/adapters/metrics/event-loop-delay.js';
import { MetricsServer } from '../../../src/adapters/metrics/metrics-server.js';
import { showProcessMetrics } from '../../../src/adapters/metrics/process-metrics.js';
import { PrometheusMetrics } from '../../../src/adapters/metrics/prometheus-metrics.js';
import { RecordingLogger } from '../../support/recording-logger.js';

describe('MetricsServer', () => {
  const logger = new RecordingLogger();
  const metrics = new PrometheusMetrics();
  let reason: string | undefined;
  let fail = false;
  let server: MetricsServer;

  beforeEach(async () => {
    reason = undefined;
    fail = false;
    const content = {
      contentType: metrics.contentType,
      text: () => (fail ? Promise.reject(new Error('a gauge threw')) : metrics.text()),
      notReady: () => reason,
    };
    server = new MetricsServer({ host: '127.0.0.1', port: 0 }, content, logger);
    await server.start();
  });

  afterEach(async () => {
    await server.stop();
  });

  const serverOn = (host: string, port: number): MetricsServer =>
    new MetricsServer(
      { host, port },
      { contentType: '', text: () => Promise.resolve(''), notReady: () => undefined },
      logger,
    );

  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${server.address}${path}`, init);

  it("serves metrics in Prometheus' text format", async () => {
    metrics.counter('weir_test_total', 'A test.', { kind: 'x' }).add(3);
    const response = await get('/metrics?format=any');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await response.text()).toContain('weir_test_total{kind="x"} 3\n');
  });

  it('answers HEAD with the same head and no body', async () => {
    const [head, body] = await Promise.all([get('/livez', { method: 'HEAD' }), get('/livez')]);
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe(String((await body.text()).length));
    expect(await head.text()).toBe('');
  });

  it('is ready once nothing speaks against it, and live in any case', async () => {
    reason = 'the collectors do not listen yet';
    const response = await get('/readyz');
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('not ready: the collectors do not listen yet\n');
    expect((await get('/livez')).status).toBe(200);
    reason = undefined;
    expect((await get('/readyz')).status).toBe(200);
  });

  it('knows no other path', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/metrics/')).status).toBe(404);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const response = await get('/metrics', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  it('refuses endless headers', async () => {
    const response = await get('/metrics', { headers: { 'X-Long': 'x'.repeat(20_000) } }).catch(() => undefined);
    expect(response?.status ?? 431).toBe(431);
  });

  it('answers 500 and logs once when metrics can not be read', async () => {
    fail = true;
    expect((await get('/metrics')).status).toBe(500);
    expect(logger.of('repeated').at(-1)).toMatchObject({ fields: { error: 'Error: a gauge threw' } });
  });

  it('says that the port is taken, and goes on', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const late = serverOn('127.0.0.1', port);
    await late.start();
    expect(late.address).toBe('');
    expect(logger.of('error').at(-1)).toMatchObject({ fields: { address: `127.0.0.1:${port}`, code: 'EADDRINUSE' } });
    await late.stop();
    await new Promise((resolve) => other.close(resolve));
  });

  it('writes the address of an IPv6 host that can not be listened on in brackets', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '::', resolve));
    const { port } = other.address() as AddressInfo;
    const late = serverOn('::', port);
    await late.start();
    expect(logger.of('error').at(-1)).toMatchObject({ fields: { address: `[::]:${port}`, code: 'EADDRINUSE' } });
    await new Promise((resolve) => other.close(resolve));
  });

  it.each(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL', 'EPROTONOSUPPORT'])(
    'listens on IPv4 alone where :: is %s',
    async (code) => {
      const listen = jest.spyOn(Server.prototype, 'listen').mockImplementationOnce(function (this: Server) {
        process.nextTick(() => this.emit('error', Object.assign(new Error('no IPv6'), { code })));
        return this;
      });
      const late = serverOn('::', 0);
      await late.start();
      listen.mockRestore();
      expect(late.address).toMatch(/^0\.0\.0\.0:\d+$/);
      await late.stop();
    },
  );

  it('goes on when a connection can not be accepted, and says so', async () => {
    const create = jest.spyOn(Server.prototype, 'listen');
    const late = serverOn('127.0.0.1', 0);
    await late.start();
    const http = create.mock.contexts[0] as Server;
    create.mockRestore();
    http.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect(logger.of('repeated').at(-1)).toMatchObject({
      message: 'a connection for metrics can not be taken',
      fields: { code: 'EMFILE' },
    });
    expect((await fetch(`http://${late.address}/livez`)).status).toBe(200);
    await late.stop();
  });

  it('closes open connections when it stops', async () => {
    const { hostname, port } = new URL(`http://${server.address}`);
    const socket = connect(Number(port), hostname);
    await new Promise((resolve) => socket.once('connect', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    await server.stop();
    await closed;
    expect(server.address).toBe('');
  });

  it('shows versions, the process and the event loop', async () => {
    const delay = new EventLoopDelay(metrics);
    showProcessMetrics(metrics, { version: '1.2.3', node: 'v20.0.0' });
    const text = await (await get('/metrics')).text();
    delay.stop();
    expect(text).toContain('weir_build_info{version="1.2.3",node="v20.0.0"} 1\n');
    expect(text).toMatch(/^process_cpu_seconds_total \d/m);
    expect(text).toMatch(/^weir_event_loop_delay_seconds\{quantile="0.99"\} \d/m);
    expect(text).toMatch(/^weir_event_loop_delay_seconds\{quantile="1"\} \d/m);
  });
});
