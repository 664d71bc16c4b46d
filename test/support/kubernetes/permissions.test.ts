import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestAuthority } from '../pki.js';
import { writeKubeconfig, writeServiceAccount } from './access.js';
import { PlainClient, type Answer } from './client.js';
import { ANTREA_USER } from './rbac.js';
import { clientOf, testApiServer } from './test-server.js';

const messageOf = ({ text }: Answer): string => (JSON.parse(text) as { message: string }).message;

describe('permissions of the API server', () => {
  it.each([
    ['GET', '/api/v1/pods', 200],
    ['GET', '/api/v1/namespaces/x/pods', 200],
    ['GET', '/api/v1/services?limit=1', 200],
    ['GET', '/api/v1/namespaces', 403],
    ['GET', '/api/v1/nodes/none', 404],
    ['GET', '/api/v1/secrets', 403],
    ['GET', '/api/v1/namespaces/flow-aggregator/secrets', 403],
    ['GET', '/api/v1/namespaces/flow-aggregator/secrets?fieldSelector=metadata.name%3Dflow-aggregator-ca-tls', 200],
    ['GET', '/api/v1/namespaces/flow-aggregator/secrets?fieldSelector=metadata.name%3Dother', 403],
    ['GET', '/api/v1/namespaces/flow-aggregator/configmaps/flow-aggregator-ca', 404],
    ['GET', '/api/v1/namespaces/kube-system/configmaps/antrea-cluster-identity', 404],
    ['DELETE', '/api/v1/namespaces/flow-aggregator/secrets/flow-aggregator-ca-tls', 403],
    ['PATCH', '/api/v1/namespaces/flow-aggregator/secrets/flow-aggregator-ca-tls', 403],
    ['POST', '/api/v1/namespaces/default/secrets', 403],
    ['POST', '/api/v1/namespaces/flow-aggregator/pods', 403],
    ['GET', '/apis/apps/v1/deployments', 403],
    ['GET', '/version', 200],
  ])("are those of Antrea's chart: %s %s gives %d", async (method, path, code) => {
    expect((await clientOf(await testApiServer()).send(method, path)).code).toBe(code);
  });

  it('are refused in the words of real ones', async () => {
    const server = await testApiServer();
    const restore = server.users.deny({ resource: 'pods', verb: 'list' });
    const client = clientOf(server);
    const prefix = `User "${ANTREA_USER}" cannot`;
    expect(messageOf(await client.send('GET', '/api/v1/pods'))).toBe(
      `pods is forbidden: ${prefix} list resource "pods" in API group "" at the cluster scope`,
    );
    expect(messageOf(await client.send('GET', '/api/v1/namespaces/x/secrets/y'))).toBe(
      `secrets "y" is forbidden: ${prefix} get resource "secrets" in API group "" in the namespace "x"`,
    );
    restore();
    expect((await client.send('GET', '/api/v1/pods')).code).toBe(200);
  });

  it('can be granted and taken away', async () => {
    const server = await testApiServer({ user: 'weir', rules: [] });
    const client = clientOf(server);
    expect((await client.send('GET', '/api/v1/pods')).code).toBe(403);
    server.users.grant('weir', [{ verbs: ['list'], resources: ['pods'] }]);
    expect((await client.send('GET', '/api/v1/pods')).code).toBe(200);
  });

  it('are nobody’s for who does not say who it is', async () => {
    const server = await testApiServer();
    const answer = await new PlainClient({ url: server.url, ca: server.authority.certificate }).send(
      'GET',
      '/api/v1/pods',
    );
    expect([answer.code, messageOf(answer)]).toEqual([403, expect.stringContaining('"system:anonymous"')]);
    expect((await clientOf(server, 'wrong').send('GET', '/api/v1/pods')).code).toBe(401);
  });

  it('follow the token when it rotates', async () => {
    const server = await testApiServer();
    const old = clientOf(server);
    const token = server.rotateToken();
    expect((await old.send('GET', '/api/v1/pods')).code).toBe(401);
    expect((await clientOf(server, token).send('GET', '/api/v1/pods')).code).toBe(200);
    server.rotateToken(false);
    expect((await clientOf(server, token).send('GET', '/api/v1/pods')).code).toBe(200);
  });

  it('are those of the name in a client certificate', async () => {
    const server = await testApiServer({ user: 'weir' });
    const ca = server.authority.certificate;
    const codes = async (certificate: { certificate: string; privateKey: string }): Promise<number> =>
      (await new PlainClient({ url: server.url, ca, certificate }).send('GET', '/api/v1/pods')).code;
    expect(await codes(await server.authority.issue({ name: 'weir' }))).toBe(200);
    expect(await codes(await server.authority.issue({ name: 'other' }))).toBe(403);
    expect(await codes(await (await TestAuthority.create('another')).issue({ name: 'weir' }))).toBe(401);
  });

  it('can be seen from what was asked', async () => {
    const server = await testApiServer();
    await clientOf(server).send('GET', '/api/v1/namespaces/x/secrets/y');
    await clientOf(server).watch('/api/v1/pods?watch=true');
    const seen = server.requests.map(({ method, verb, resource, namespace, name, user, status }) => [
      ...[method, verb, resource, namespace, name, user, status],
    ]);
    expect(seen).toEqual([
      ['GET', 'get', 'secrets', 'x', 'y', ANTREA_USER, 403],
      ['GET', 'watch', 'pods', undefined, undefined, ANTREA_USER, 200],
    ]);
  });

  it('are reviewed for others', async () => {
    const server = await testApiServer({ paths: [[ANTREA_USER, '/recordmetrics', 'get']] });
    const client = clientOf(server);
    const tokens = '/apis/authentication.k8s.io/v1/tokenreviews';
    const known = await client.send('POST', tokens, { spec: { token: server.token } });
    expect(JSON.parse(known.text)).toMatchObject({ status: { authenticated: true, user: { username: ANTREA_USER } } });
    const unknown = await client.send('POST', tokens, { spec: { token: 'wrong' } });
    expect(JSON.parse(unknown.text)).toMatchObject({ status: { error: 'invalid bearer token' } });
    const access = async (path: string): Promise<unknown> => {
      const spec = { user: ANTREA_USER, nonResourceAttributes: { path, verb: 'get' } };
      return JSON.parse(
        (await client.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).text,
      );
    };
    expect(await access('/recordmetrics')).toMatchObject({ status: { allowed: true } });
    expect(await access('/flowrecords')).toMatchObject({ status: { allowed: false } });
  });
});

describe('access to the API server', () => {
  it('is written as a kubeconfig and as what a Pod finds', async () => {
    const server = await testApiServer();
    const directory = mkdtempSync(join(tmpdir(), 'weir-'));
    try {
      const access = { url: server.url, ca: server.authority.certificate, token: server.token };
      const config = JSON.parse(readFileSync(writeKubeconfig(directory, access), 'utf8')) as Record<string, unknown>;
      expect(config).toMatchObject({
        kind: 'Config',
        'current-context': 'test',
        users: [{ user: { token: server.token } }],
      });
      const pod = writeServiceAccount(join(directory, 'pod'), access);
      expect(pod.env).toEqual({ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(server.port) });
      pod.rotate('new');
      expect(readFileSync(join(pod.directory, 'token'), 'utf8')).toBe('new');
      expect(readFileSync(join(pod.directory, 'ca.crt'), 'utf8')).toBe(server.authority.certificate);
      expect(readFileSync(join(pod.directory, 'namespace'), 'utf8')).toBe('flow-aggregator');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
