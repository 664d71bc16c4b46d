import { describe, expect, it } from '@jest/globals';
import { TestAuthority } from '../pki.js';
import { aPod } from './a-pod.js';
import {
  cutAfter,
  expired,
  garbage,
  html,
  internalError,
  redirect,
  slowDrip,
  tooManyRequests,
  unavailable,
  watchListUnsupported,
} from './fault.js';
import { manyPods } from './many.js';
import { clientOf, testApiServer } from './test-server.js';

const PODS = '/api/v1/pods';
const WATCH = `${PODS}?watch=1&resourceVersion=1000`;

describe('a failure of the API server', () => {
  it.each([
    ['429', tooManyRequests(2), 429, 'TooManyRequests'],
    ['500', internalError(), 500, 'InternalError'],
    ['503', unavailable(), 503, 'ServiceUnavailable'],
    ['410', expired(), 410, 'Expired'],
  ])('is a Status: %s', async (_name, fault, code, reason) => {
    const server = await testApiServer();
    const rule = server.fail({ resource: 'pods', verb: 'list' }, fault, 2);
    const client = clientOf(server);
    const answer = await client.send('GET', PODS);
    expect(answer.code).toBe(code);
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', status: 'Failure', reason, code });
    expect(answer.headers['retry-after']).toBe(code === 429 ? '2' : undefined);
    expect((await client.send('GET', '/api/v1/nodes')).code).toBe(200);
    expect((await client.send('GET', PODS)).code).toBe(code);
    expect((await client.send('GET', PODS)).code).toBe(200);
    expect(rule.hits).toBe(2);
  });

  it('hits the first page or those that follow, as asked', async () => {
    const server = await testApiServer();
    server.load('pods', manyPods(2));
    const client = clientOf(server);
    server.fail({ continuing: true }, expired());
    const { metadata } = await client.list(`${PODS}?limit=1`);
    const answer = await client.send('GET', `${PODS}?limit=1&continue=${metadata.continue!}`);
    expect(answer.code).toBe(410);
    expect(JSON.parse(answer.text)).toMatchObject({ metadata: { continue: expect.any(String) } });
  });

  it('is 410 for a watch, as an event or not', async () => {
    const server = await testApiServer();
    server.fail({ verb: 'watch' }, expired(true));
    server.fail({ verb: 'watch' }, expired(false));
    const watch = await clientOf(server).watch(WATCH);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect((await clientOf(server).send('GET', WATCH)).code).toBe(410);
  });

  it('is an error for a watch', async () => {
    const server = await testApiServer();
    server.fail({ verb: 'watch' }, watchListUnsupported());
    const watch = await clientOf(server).watch(`${PODS}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true`);
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 500 } });
    expect(await watch.next()).toBeUndefined();
  });

  it('breaks the connection in the middle of a page', async () => {
    const server = await testApiServer();
    server.load('pods', manyPods(10));
    server.fail({ verb: 'list' }, cutAfter(10_000));
    await expect(clientOf(server).send('GET', PODS)).rejects.toThrow('aborted');
    expect((await clientOf(server).list(PODS)).items).toHaveLength(10);
  });

  it('breaks the connection in the middle of a line', async () => {
    const server = await testApiServer();
    server.fail({ verb: 'watch' }, cutAfter(100));
    const watch = await clientOf(server).watch(WATCH);
    server.put('pods', aPod({ name: 'a' }));
    await expect(watch.next()).rejects.toThrow('aborted');
  });

  it('breaks the connection before an answer', async () => {
    const server = await testApiServer();
    server.fail({}, { kind: 'reset' });
    await expect(clientOf(server).send('GET', PODS)).rejects.toThrow('socket hang up');
  });

  it.each([
    ['garbage', garbage(), 200, 'application/json'],
    ['HTML', html(), 502, 'text/html'],
  ])('is %s in place of an answer', async (_name, fault, code, type) => {
    const server = await testApiServer();
    server.fail({}, fault);
    const answer = await clientOf(server).send('GET', PODS);
    expect([answer.code, answer.headers['content-type']]).toEqual([code, type]);
    expect(() => JSON.parse(answer.text) as unknown).toThrow();
  });

  it('sends somewhere else', async () => {
    const server = await testApiServer();
    server.fail({}, redirect('https://127.0.0.1:1/'));
    const answer = await clientOf(server).send('GET', PODS);
    expect([answer.code, answer.headers.location]).toEqual([307, 'https://127.0.0.1:1/']);
  });

  it('is slow, and right in the end', async () => {
    const server = await testApiServer();
    server.load('pods', manyPods(1));
    server.fail({ verb: 'list' }, slowDrip(1000, 1));
    expect((await clientOf(server).list(PODS)).items).toHaveLength(1);
  });

  it('keeps a connection that nothing comes from', async () => {
    const server = await testApiServer();
    server.fail({ verb: 'watch' }, { kind: 'silence' });
    server.fail({ verb: 'list' }, { kind: 'hang' });
    const watch = await clientOf(server).watch(WATCH);
    server.put('pods', aPod({ name: 'a' }));
    expect(server.watching('pods')).toHaveLength(1);
    const list = clientOf(server).send('GET', PODS);
    await server.until(() => server.requests.length === 2);
    expect(server.connections).toBe(2);
    watch.close();
    await Promise.all([expect(list).rejects.toThrow('socket hang up'), server.stop()]);
  });

  it('is one huge object', async () => {
    const server = await testApiServer();
    server.put('pods', aPod({ name: 'huge', padding: 5_000_000 }));
    expect((await clientOf(server).send('GET', PODS)).text.length).toBeGreaterThan(5_000_000);
  });

  it('refuses connections until it is back on the same port, with what it had', async () => {
    const server = await testApiServer();
    server.load('pods', manyPods(1));
    const { port } = server;
    const watch = await clientOf(server).watch(WATCH);
    await watch.next();
    await server.stop();
    await expect(watch.next()).rejects.toThrow('aborted');
    await expect(clientOf(server).list(PODS)).rejects.toThrow('ECONNREFUSED');
    await server.listen();
    expect(server.port).toBe(port);
    expect((await clientOf(server).list(PODS)).items).toHaveLength(1);
  });

  it('comes back with nothing, and lower revisions', async () => {
    const server = await testApiServer();
    server.load('pods', manyPods(1));
    await server.restart({ revision: 5 });
    const { metadata, items } = await clientOf(server).list(PODS);
    expect([metadata.resourceVersion, items]).toEqual(['5', []]);
    expect((await clientOf(server).send('GET', `${PODS}?resourceVersion=1001`)).code).toBe(504);
    const watch = await clientOf(server).watch(`${PODS}?watch=1&resourceVersion=5`);
    server.put('pods', aPod({ name: 'a' }));
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { resourceVersion: '6' } } });
  });

  it('shows a certificate of another authority', async () => {
    const server = await testApiServer();
    const other = await TestAuthority.create('another');
    await server.useAuthority(other);
    await expect(clientOf(server).list(PODS)).rejects.toThrow('certificate');
  });

  it('can be without TLS', async () => {
    const server = await testApiServer({ tls: false });
    expect(server.url).toMatch(/^http:/);
    expect((await clientOf(server).list(PODS)).items).toEqual([]);
  });
});
