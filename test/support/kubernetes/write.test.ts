import { describe, expect, it } from '@jest/globals';
import { aConfigMap, aSecret } from './a-secret.js';
import type { KubernetesObject } from './object.js';
import type { Answer } from './client.js';
import { clientOf, testApiServer } from './test-server.js';
import { EVERYTHING } from './rbac.js';

const SECRETS = '/api/v1/namespaces/flow-aggregator/secrets';
const namespace = 'flow-aggregator';

const parse = ({ text }: Answer): KubernetesObject => JSON.parse(text) as KubernetesObject;

describe('writes of the API server', () => {
  it('create, complete what was given, and refuse what is there already', async () => {
    const server = await testApiServer();
    const client = clientOf(server);
    const body = {
      metadata: { name: 'ca' },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': 'c', 'tls.key': 'k' },
    };
    const created = await client.send('POST', SECRETS, body);
    expect(created.code).toBe(201);
    const { metadata, ...rest } = parse(created);
    expect(rest).toEqual({
      kind: 'Secret',
      apiVersion: 'v1',
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': 'Yw==', 'tls.key': 'aw==' },
    });
    expect(metadata).toMatchObject({ name: 'ca', namespace, resourceVersion: '1001', uid: expect.any(String) });
    const again = await client.send('POST', SECRETS, body);
    expect(again.code).toBe(409);
    expect(parse(again)).toMatchObject({ reason: 'AlreadyExists', message: 'secrets "ca" already exists' });
    const half = { ...body, metadata: { name: 'half' }, stringData: { 'tls.crt': 'c' } };
    expect((await client.send('POST', SECRETS, half)).code).toBe(422);
    expect((await client.send('POST', SECRETS, { ...body, metadata: { name: 'x', resourceVersion: '1' } })).code).toBe(
      500,
    );
    expect((await client.send('POST', SECRETS, { ...body, metadata: { name: 'x', namespace: 'other' } })).code).toBe(
      400,
    );
  });

  it('update only what nobody changed meanwhile', async () => {
    const server = await testApiServer();
    const client = clientOf(server);
    const path = `${SECRETS}/flow-aggregator-ca-tls`;
    const revision = server.put(
      'secrets',
      aSecret({ name: 'flow-aggregator-ca-tls', namespace, data: { key: 'old' } }),
    );
    const before = parse(await client.send('GET', path));
    expect(before.metadata.resourceVersion).toBe(revision);
    const updated = await client.send('PUT', path, { ...before, data: { key: 'bmV3' } });
    expect(updated.code).toBe(200);
    expect(parse(updated)).toMatchObject({
      data: { key: 'bmV3' },
      metadata: { resourceVersion: '1002', uid: before.metadata.uid },
    });
    const late = await client.send('PUT', path, { ...before, data: { key: 'bGF0ZQ==' } });
    expect(late.code).toBe(409);
    expect(parse(late)).toMatchObject({
      reason: 'Conflict',
      code: 409,
      details: { name: 'flow-aggregator-ca-tls', kind: 'secrets' },
    });
    const { resourceVersion: _revision, ...metadata } = before.metadata;
    expect((await client.send('PUT', path, { ...before, metadata, data: { key: 'Zm9yY2U=' } })).code).toBe(200);
    expect((await client.send('PUT', path, { ...before, metadata, type: 'kubernetes.io/tls' })).code).toBe(422);
  });

  it('make no new revision where they change nothing', async () => {
    const server = await testApiServer();
    server.put('secrets', aSecret({ name: 'flow-aggregator-ca-tls', namespace, data: { key: 'old' } }));
    const client = clientOf(server);
    const before = parse(await client.send('GET', `${SECRETS}/flow-aggregator-ca-tls`));
    const after = parse(await client.send('PUT', `${SECRETS}/flow-aggregator-ca-tls`, before));
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
    expect(server.store.revision).toBe(1001);
  });

  it('are told to who watches the object by its name', async () => {
    const server = await testApiServer();
    const client = clientOf(server);
    const watch = await client.watch(
      `${SECRETS}?watch=1&fieldSelector=metadata.name=flow-aggregator-ca-tls&resourceVersion=0`,
    );
    for (const name of ['other', 'flow-aggregator-ca-tls']) {
      expect((await client.send('POST', SECRETS, aSecret({ name, namespace, data: {} }))).code).toBe(201);
    }
    expect(await watch.next()).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Secret', metadata: { name: 'flow-aggregator-ca-tls' } },
    });
  });

  it('are not found where there is nothing, and know no other methods', async () => {
    const server = await testApiServer({ rules: EVERYTHING });
    const client = clientOf(server);
    const path = '/api/v1/namespaces/x/configmaps/gone';
    expect((await client.send('PUT', path, aConfigMap({ name: 'gone', namespace: 'x', data: {} }))).code).toBe(404);
    expect((await client.send('DELETE', path)).code).toBe(404);
    expect((await client.send('PATCH', path, {})).code).toBe(405);
    expect((await client.send('GET', '/api/v1/endpoints')).code).toBe(404);
    server.put('configmaps', aConfigMap({ name: 'gone', namespace: 'x', data: { key: 'text' } }));
    expect((await client.send('DELETE', path)).code).toBe(200);
    expect(server.object('configmaps', 'x', 'gone')).toBeUndefined();
  });
});
