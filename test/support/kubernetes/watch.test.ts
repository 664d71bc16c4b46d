import { describe, expect, it } from '@jest/globals';
import { aPod } from './a-pod.js';
import { clientOf, testApiServer } from './test-server.js';

const PODS = '/api/v1/pods?watch=1';

const pod = (name: string, labels?: Record<string, string>): ReturnType<typeof aPod> =>
  aPod({ name, ips: ['10.0.0.1'], node: 'node-1', ...(labels === undefined ? {} : { labels }) });

describe('a watch of the API server', () => {
  it('tells of every change after its revision, then of those that come', async () => {
    const server = await testApiServer();
    server.put('pods', pod('a'));
    const revision = server.put('pods', pod('b'));
    server.put('pods', pod('c'));
    const watch = await clientOf(server).watch(`${PODS}&resourceVersion=${revision}`);
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { kind: 'Pod', metadata: { name: 'c' } } });
    server.edit('pods', 'default', 'a', (object) => (object.metadata.labels = { changed: 'yes' }));
    expect(await watch.next()).toMatchObject({
      type: 'MODIFIED',
      object: { metadata: { labels: { changed: 'yes' } } },
    });
    server.remove('pods', 'default', 'a');
    const deleted = await watch.next();
    expect(deleted).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'a', resourceVersion: '1005' } } });
    watch.close();
    await server.until(() => server.watches.size === 0);
  });

  it('begins with all that there is if it has no revision, and with a bookmark after it if that is asked for', async () => {
    const server = await testApiServer();
    server.put('pods', pod('a'));
    const plain = await clientOf(server).watch(PODS);
    expect(await plain.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const streaming = await clientOf(server).watch(`${PODS}&${query}`);
    expect(await streaming.next()).toMatchObject({ type: 'ADDED' });
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    expect(await streaming.next()).toEqual({
      type: 'BOOKMARK',
      object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '1001', annotations } },
    });
  });

  it('gets bookmarks if it wants them, which say nothing but a revision', async () => {
    const server = await testApiServer();
    const [wants, wantsNot] = await Promise.all(
      ['&allowWatchBookmarks=true', ''].map((query) => clientOf(server).watch(`${PODS}&resourceVersion=1000${query}`)),
    );
    await server.until(() => server.watching('pods').length === 2);
    server.put('nodes', { metadata: { name: 'node-1' } });
    server.bookmark();
    server.put('pods', pod('a'));
    expect(await wants!.next()).toEqual({
      type: 'BOOKMARK',
      object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '1001' } },
    });
    expect(await wants!.next()).toMatchObject({ type: 'ADDED' });
    expect(await wantsNot!.next()).toMatchObject({ type: 'ADDED' });
  });

  it('gets bookmarks at an interval', async () => {
    const server = await testApiServer({ bookmarkEveryMs: 1 });
    const watch = await clientOf(server).watch(`${PODS}&allowWatchBookmarks=true`);
    expect([(await watch.next())?.type, (await watch.next())?.type]).toEqual(['BOOKMARK', 'BOOKMARK']);
  });

  it('ends cleanly after its time', async () => {
    const server = await testApiServer();
    const watch = await clientOf(server).watch(`${PODS}&timeoutSeconds=0.01`);
    expect(await watch.next()).toBeUndefined();
  });

  it('is told in an event that its revision is forgotten', async () => {
    const server = await testApiServer({ history: 2 });
    for (let index = 0; index < 10; index++) server.put('pods', pod(`pod-${index}`));
    const watch = await clientOf(server).watch(`${PODS}&resourceVersion=1001`);
    expect(await watch.next()).toEqual({
      type: 'ERROR',
      object: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'too old resource version: 1001 (1010)',
        reason: 'Expired',
        code: 410,
      },
    });
    expect(await watch.next()).toBeUndefined();
  });

  it('is told by HTTP that its revision is forgotten, where that is asked for', async () => {
    const server = await testApiServer({ goneAs: 'status' });
    server.put('pods', pod('a'));
    server.compact();
    expect((await clientOf(server).send('GET', `${PODS}&resourceVersion=1000`)).code).toBe(410);
  });

  it('sees what enters and leaves its selection as added and deleted', async () => {
    const server = await testApiServer();
    const watch = await clientOf(server).watch(`${PODS}&resourceVersion=1000&labelSelector=in`);
    server.put('pods', pod('a', {}));
    server.put('pods', pod('a', { in: 'yes' }));
    server.put('pods', pod('a', { in: 'still' }));
    server.put('pods', pod('a', {}));
    server.remove('pods', 'default', 'a');
    server.put('pods', pod('b', { in: 'yes' }));
    const types: unknown[] = [];
    for (let index = 0; index < 4; index++) types.push((await watch.next())?.type);
    expect(types).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED']);
  });

  it('comes in pieces that end anywhere', async () => {
    const server = await testApiServer({ oddPieces: true });
    const watch = await clientOf(server).watch(`${PODS}&resourceVersion=1000`);
    server.put('pods', pod('a'));
    server.put('pods', pod('b'));
    expect((await watch.next())?.object.metadata.name).toBe('a');
    expect((await watch.next())?.object.metadata.name).toBe('b');
    expect(watch.pieces.slice(0, 3)).toEqual([1, 3, 7]);
  });

  it('can be silenced, ended, broken and told of an error by a test', async () => {
    const server = await testApiServer();
    const client = clientOf(server);
    const open = async (): ReturnType<typeof client.watch> => {
      const before = new Set(server.watches);
      const watch = await client.watch(`${PODS}&resourceVersion=${server.store.revision}&allowWatchBookmarks=1`);
      await server.until(() => [...server.watches].some((each) => !before.has(each)));
      return watch;
    };
    const silenced = await open();
    const [stream] = server.watching('pods');
    stream!.silence();
    server.put('pods', pod('lost'));
    server.bookmark();
    expect(stream!.isOpen).toBe(true);
    expect(stream!.events).toBe(0);
    silenced.close();
    await server.until(() => server.watches.size === 0);

    const ended = await open();
    server.watching('pods')[0]!.end();
    expect(await ended.next()).toBeUndefined();
    await server.until(() => server.watches.size === 0);

    const broken = await open();
    server.watching('pods')[0]!.cut('{"type":"MODIFIED","object":{"ki');
    await expect(broken.next()).rejects.toThrow('aborted');
    await server.until(() => server.watches.size === 0);

    const failed = await open();
    server.watching('pods')[0]!.error({ code: 500, reason: 'InternalError', message: 'etcd has no leader' });
    expect(await failed.next()).toMatchObject({ type: 'ERROR', object: { code: 500 } });
  });
});
