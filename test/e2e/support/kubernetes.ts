import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeKubeconfig, writeServiceAccount, type Access, type InCluster } from '../../support/kubernetes/access.js';
import { PlainClient } from '../../support/kubernetes/client.js';
import { KINDS, type KubernetesObject, type Resource } from '../../support/kubernetes/object.js';
import { ANTREA_RULES, type RbacRule } from '../../support/kubernetes/rbac.js';
import { testPki } from '../../support/pki.js';
import type { Lifetime } from './clean-up.js';
import { Etcd, optionsOf, unlessEnded } from './etcd.js';
import { onFreePort } from './free-port.js';
import { itWith, requirePeer } from './peers.js';
import { Program, temporaryDirectory } from './program.js';
import { rolesOf } from './roles.js';

/** `it` for a test that needs a real API server of Kubernetes; skipped where there is none, which it says. */
export function itWithKubernetes(name: string, test: () => Promise<void>, timeoutMs?: number): void {
  itWith(['etcd', 'kube-apiserver'], name, test, timeoutMs);
}

/** Where Antrea's chart puts the flow aggregator. */
const NAMESPACE = 'flow-aggregator';

/** A control plane without controllers: etcd and a real kube-apiserver on loopback, with RBAC. */
export class Kubernetes {
  readonly etcd: Etcd;
  readonly admin: PlainClient;
  readonly #directory: string;
  readonly #options: Readonly<Record<string, string>>;
  readonly #access: Access & { readonly ca: string };
  readonly #lives: Lifetime;
  #program: Program;

  private constructor(
    etcd: Etcd,
    directory: string,
    options: Readonly<Record<string, string>>,
    access: Access & { readonly ca: string },
    program: Program,
    lives: Lifetime,
  ) {
    this.etcd = etcd;
    this.#directory = directory;
    this.#options = options;
    this.#access = access;
    this.#program = program;
    this.#lives = lives;
    this.admin = new PlainClient(access);
  }

  /** Resolves once the API server is ready. */
  static async start(lives: Lifetime = 'test'): Promise<Kubernetes> {
    const etcd = await Etcd.start(lives);
    const directory = temporaryDirectory(lives);
    const token = randomBytes(24).toString('base64url');
    const { authority } = await testPki();
    const server = await authority.issue({ name: 'kube-apiserver' });
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const file = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text, { mode: 0o600 });
      return join(directory, name);
    };
    const fixed = {
      'etcd-servers': etcd.url,
      'bind-address': '127.0.0.1',
      'cert-dir': directory,
      'tls-cert-file': file('server.crt', server.certificate),
      'tls-private-key-file': file('server.key', server.privateKey),
      'client-ca-file': file('ca.crt', authority.certificate),
      'token-auth-file': file('tokens.csv', `${token},admin,admin,"system:masters"\n`),
      'service-account-key-file': file('sa.pub', publicKey.export({ type: 'spki', format: 'pem' }).toString()),
      'service-account-signing-key-file': file(
        'sa.key',
        privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ),
      'service-account-issuer': 'https://kubernetes.default.svc',
      'service-cluster-ip-range': '10.96.0.0/16,fd00:96::/112',
      'authorization-mode': 'RBAC',
      // No controller makes a ServiceAccount for each namespace.
      'disable-admission-plugins': 'ServiceAccount',
      profiling: 'false',
    };
    return onFreePort('tcp', async (port) => {
      const options = { ...fixed, 'secure-port': String(port) };
      const access = { url: `https://127.0.0.1:${port}`, ca: authority.certificate, token };
      return new Kubernetes(etcd, directory, options, access, await run(options, access, lives), lives);
    });
  }

  /** Of its certificate, as PEM text; signs those of clients, too. */
  get ca(): string {
    return this.#access.ca;
  }

  get url(): string {
    return this.#access.url;
  }

  /** Kills the API server, which would wait a minute for those who watch to leave; etcd keeps what there is. */
  async stopApiServer(): Promise<void> {
    this.#program.signal('SIGKILL');
    await this.#program.exited;
  }

  /** Kills it, which breaks watches at once; a real one that is asked to end waits a minute for those. */
  async killApiServer(): Promise<void> {
    await this.#program.kill();
  }

  /** Starts it again, on the same port. */
  async startApiServer(): Promise<void> {
    this.#program = await run(this.#options, this.#access, this.#lives);
  }

  /** Creates an object as who may do everything. @param path of the collection. @throws Error with the answer if it is refused @returns as it is then */
  async create(path: string, object: object): Promise<KubernetesObject> {
    return this.#write('POST', path, object);
  }

  /** Creates a namespace. */
  async createNamespace(name: string): Promise<void> {
    await this.create('/api/v1/namespaces', { metadata: { name } });
  }

  /** Creates an object of core with its status, which real ones take by a second request. */
  async put(resource: Resource, object: KubernetesObject): Promise<KubernetesObject> {
    const { managedFields: _managed, uid: _uid, creationTimestamp: _created, ...metadata } = object.metadata;
    const path = pathOf(resource, metadata.namespace);
    const created = await this.create(path, { ...object, metadata });
    if (object.status === undefined || resource === 'secrets' || resource === 'configmaps') return created;
    const status = { ...created, status: object.status };
    return this.#write('PUT', `${path}/${metadata.name}/status`, status);
  }

  /** Changes an object. */
  async edit(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (object: KubernetesObject) => void,
  ): Promise<void> {
    const path = `${pathOf(resource, namespace)}/${name}`;
    const object = await this.admin.get<KubernetesObject>(path);
    change(object);
    await this.#write('PUT', path, object);
  }

  /** Deletes an object at once: there is no kubelet that ends a Pod. */
  async remove(resource: Resource, namespace: string | undefined, name: string): Promise<void> {
    const path = `${pathOf(resource, namespace)}/${name}?gracePeriodSeconds=0`;
    const { code, text } = await this.admin.send('DELETE', path);
    if (code !== 200) throw new Error(`DELETE ${path}: ${code} ${text}`);
  }

  /**
   * Makes the ServiceAccount `flow-aggregator/flow-aggregator` with these permissions.
   *
   * @returns how to come as it, with a token as the kubelet gets it
   */
  async serviceAccount(rules: readonly RbacRule[] = ANTREA_RULES): Promise<Access & { readonly token: string }> {
    await this.createNamespace(NAMESPACE);
    await this.create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: NAMESPACE } });
    const subject = { kind: 'ServiceAccount' as const, name: NAMESPACE, namespace: NAMESPACE };
    for (const { path, object } of rolesOf(rules, subject)) await this.create(path, object);
    const { url, ca } = this.#access;
    return { url, ca, token: await this.serviceAccountToken(), namespace: NAMESPACE };
  }

  /** Another token of that ServiceAccount. */
  async serviceAccountToken(): Promise<string> {
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${NAMESPACE}/token`;
    const request = await this.create(path, { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} });
    const { token } = request.status ?? {};
    if (typeof token !== 'string') throw new Error('the API server gave no token');
    return token;
  }

  /** Writes a kubeconfig. @returns its path */
  kubeconfig(access: Access): string {
    return writeKubeconfig(this.#directory, access);
  }

  /** Writes what a Pod of the ServiceAccount finds. */
  inCluster(access: Access & { readonly token: string }): InCluster {
    return writeServiceAccount(join(this.#directory, 'serviceaccount'), access);
  }

  async #write(method: 'POST' | 'PUT', path: string, object: object): Promise<KubernetesObject> {
    const { code, text } = await this.admin.send(method, path, object);
    if (code !== 200 && code !== 201) throw new Error(`${method} ${path}: ${code} ${text}`);
    return JSON.parse(text) as KubernetesObject;
  }
}

const pathOf = (resource: Resource, namespace: string | undefined): string =>
  KINDS[resource].namespaced ? `/api/v1/namespaces/${namespace ?? 'default'}/${resource}` : `/api/v1/${resource}`;

async function run(options: Readonly<Record<string, string>>, access: Access, lives: Lifetime): Promise<Program> {
  const program = new Program(requirePeer('kube-apiserver'), optionsOf(options), { lives });
  const client = new PlainClient(access);
  await unlessEnded(program, 'the API server is ready', async () => (await client.send('GET', '/readyz')).code === 200);
  return program;
}
