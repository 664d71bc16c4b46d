import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KubernetesOptions } from '../../../src/adapters/kubernetes/access/access-of.js';
import { inCluster } from '../../../src/adapters/kubernetes/access/in-cluster.js';
import { TestAuthority } from '../../support/pki.js';
import { kubeconfig, writeKubeconfig } from '../../support/kubernetes/access.js';
import { KubernetesApiServer } from '../../support/kubernetes/api-server.js';
import { ANTREA_USER } from '../../support/kubernetes/rbac.js';
import { Scenario } from './scenario.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-kubeconfig-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const optionsOf = (path: string): KubernetesOptions => ({ kubeconfig: path, environment: {} });

describe('access by a kubeconfig', () => {
  it('uses its token, and reads it again when that is refused', async () => {
    const server = await KubernetesApiServer.start();
    const { url, authority } = server;
    const write = (token: string): string => writeKubeconfig(directory, { url, ca: authority.certificate, token });
    const scenario = Scenario.of(server, optionsOf(write(server.token)));
    scenario.caches.start();
    await scenario.watched();
    write(server.rotateToken());
    server.breakConnections();
    await scenario.allFailed('unreachable');
    scenario.addPod('meanwhile');
    await scenario.retry();
    await scenario.watched();
    expect(scenario.errors('unauthorized')).toBe(0);
  });

  it('uses its client certificate', async () => {
    const server = await KubernetesApiServer.start();
    const { url, authority } = server;
    const certificate = await authority.issue({ name: ANTREA_USER });
    const path = writeKubeconfig(directory, { url, ca: authority.certificate, certificate });
    const scenario = Scenario.of(server, optionsOf(path));
    scenario.caches.start();
    await scenario.watched();
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  it('that is not there yet is told of, and read once it is', async () => {
    const server = await KubernetesApiServer.start();
    const path = join(directory, 'kubeconfig');
    const scenario = Scenario.of(server, optionsOf(path));
    scenario.caches.start();
    await scenario.allFailed('credentials');
    const [line] = scenario.logger.of('warn');
    expect(line!.message).toBe(
      `there is no access to Kubernetes: kubeconfig ${path} can't be used: ENOENT: no such file or directory, open '${path}'`,
    );
    writeKubeconfig(directory, { url: server.url, ca: server.authority.certificate, token: server.token });
    await scenario.retry();
    await scenario.watched();
  });

  it.each([
    ['is no YAML', 'users: [{user: {token: s3cret}', /it is not YAML \(line \d\)$/],
    ['is empty', '', /can't be used/],
    [
      'has no context',
      JSON.stringify({ clusters: [], users: [], contexts: [] }),
      /has no current context with a cluster/,
    ],
  ])('that %s is told of without its secrets', async (_what, text, message) => {
    const server = await KubernetesApiServer.start();
    const path = join(directory, 'kubeconfig');
    writeFileSync(path, text);
    const scenario = Scenario.of(server, optionsOf(path));
    scenario.caches.start();
    await scenario.allFailed('credentials');
    expect(scenario.logger.of('warn')[0]!.message).toMatch(message);
    expect(JSON.stringify(scenario.logger.lines)).not.toContain('s3cret');
  });

  it('takes credentials from a plugin, and tells nobody what one prints', async () => {
    const server = await KubernetesApiServer.start();
    const config = kubeconfig({ url: server.url, ca: server.authority.certificate });
    const plugin = (printed: string) => ({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', `console.log(${JSON.stringify(printed)})`],
    });
    const path = join(directory, 'kubeconfig');
    const write = (printed: string): void =>
      writeFileSync(path, JSON.stringify({ ...config, users: [{ name: 'test', user: { exec: plugin(printed) } }] }));
    write('s3cret, not JSON');
    const scenario = Scenario.of(server, optionsOf(path));
    scenario.caches.start();
    await scenario.allFailed('credentials');
    expect(scenario.logger.of('warn')[0]!.message).toMatch(/what the credential plugin printed is not JSON$/);
    expect(JSON.stringify(scenario.logger.lines)).not.toContain('s3cret');
    write(JSON.stringify({ kind: 'ExecCredential', status: { token: server.token } }));
    await scenario.retry();
    await scenario.watched();
  });
});

describe('the certificate of an API server', () => {
  it('that is not trusted is told of, until the authority on disk is another one', async () => {
    const scenario = await Scenario.watching();
    const other = await TestAuthority.create('other');
    await scenario.server.useAuthority(other);
    scenario.server.breakConnections();
    await scenario.allFailed('unreachable');
    await scenario.retry();
    await scenario.allFailed('tls');
    const lines = scenario.logger.matching(
      /is not trusted: its certificate was not issued by an authority in .*ca\.crt/,
    );
    expect(lines.length).toBe(1);
    writeFileSync(join(scenario.account.directory, 'ca.crt'), other.certificate);
    await scenario.clock.advance(2_000);
    await scenario.watched();
  });

  it('is not what one that speaks no TLS shows', async () => {
    const scenario = await Scenario.begin({ tls: false });
    scenario.caches.start();
    await scenario.failed('tls');
    expect(scenario.logger.of('warn')[0]!.message).toMatch(/it does not speak TLS/);
  });
});

describe('the service account of a Pod', () => {
  it('tells whether this is one', async () => {
    const { account } = await Scenario.begin();
    expect(inCluster(account.env, account.directory)).toBe(true);
    expect(inCluster({}, account.directory)).toBe(false);
    expect(inCluster(account.env, join(directory, 'nothing'))).toBe(false);
  });

  it('whose files are gone is told of', async () => {
    const scenario = await Scenario.watching();
    rmSync(join(scenario.account.directory, 'token'));
    scenario.server.breakConnections();
    await scenario.allFailed('unreachable');
    await scenario.retry();
    await scenario.allFailed('credentials');
    expect(scenario.logger.matching(/the service account can't be read: ENOENT/).length).toBe(1);
  });
});
