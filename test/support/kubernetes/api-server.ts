import type { IncomingMessage, ServerResponse } from 'node:http';
import { TestAuthority, type Issued } from '../pki.js';
import { FaultRule, type Fault, type Match } from './fault.js';
import { handle } from './handle.js';
import { Listener } from './listener.js';
import { KINDS, type KubernetesObject, type Resource } from './object.js';
import type { ApiServerOptions } from './options.js';
import { ANTREA_RULES, ANTREA_USER } from './rbac.js';
import type { RecordedRequest } from './recorded-request.js';
import type { RequestInfo } from './request.js';
import { StatusError, sendStatus } from './status.js';
import { Store, type StoreOptions } from './store.js';
import { Users } from './users.js';
import type { WatchStream } from './watch.js';

/** An API server of Kubernetes on loopback, whose objects, users and failures a test decides. */
export class KubernetesApiServer {
  readonly options: ApiServerOptions;
  readonly authority: TestAuthority;
  readonly users = new Users();
  /** All that came, in order. */
  readonly requests: RecordedRequest[] = [];
  /** Watches that are open. */
  readonly watches = new Set<WatchStream>();
  readonly #listener: Listener;
  readonly #faults: FaultRule[] = [];
  readonly #waiting = new Set<() => void>();
  #store: Store;
  #token: string;

  private constructor(options: ApiServerOptions, authority: TestAuthority, certificate: Issued) {
    this.options = options;
    this.authority = authority;
    this.#token = this.users.add({ name: options.user ?? ANTREA_USER, rules: options.rules ?? ANTREA_RULES });
    this.#store = this.#watched(new Store(options));
    const tls = options.tls === false ? undefined : { certificate, clients: authority };
    this.#listener = new Listener((request, response) => void this.#serve(request, response), tls);
  }

  /** Resolves once it listens. */
  static async start(options: ApiServerOptions = {}): Promise<KubernetesApiServer> {
    const authority = options.authority ?? (await TestAuthority.create('kubernetes'));
    const server = new KubernetesApiServer(options, authority, await authority.issue({ name: 'kube-apiserver' }));
    await server.listen();
    return server;
  }

  /** Where it listens, also while it does not. */
  get url(): string {
    return `${this.options.tls === false ? 'http' : 'https'}://127.0.0.1:${this.port}`;
  }

  /** The port of 127.0.0.1. */
  get port(): number {
    return this.#listener.port;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#listener.connections;
  }

  /** The token of the user that the options name; the newest. */
  get token(): string {
    return this.#token;
  }

  /** What it has; another one after a restart that is fresh. */
  get store(): Store {
    return this.#store;
  }

  /** Writes an object, whether or not there was one of its name. @returns the resourceVersion */
  put(resource: Resource, object: KubernetesObject): string {
    return String(this.#store.put(resource, object).revision);
  }

  /** Writes many. */
  load(resource: Resource, objects: Iterable<KubernetesObject>): void {
    for (const object of objects) this.#store.put(resource, object);
  }

  /** Changes an object that there is. @throws Error if there is none @returns the resourceVersion */
  edit(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (object: KubernetesObject) => void,
  ): string {
    const object = this.object(resource, namespace, name);
    if (object === undefined) throw new Error(`there is no ${KINDS[resource].kind} ${namespace ?? ''}/${name}`);
    change(object);
    return this.put(resource, object);
  }

  /** Removes an object. @throws Error if there is none */
  remove(resource: Resource, namespace: string | undefined, name: string): void {
    if (this.#store.remove(resource, namespace, name) === undefined) {
      throw new Error(`there is no ${KINDS[resource].kind} ${namespace ?? ''}/${name}`);
    }
  }

  /** A copy of an object, undefined if there is none. */
  object(resource: Resource, namespace: string | undefined, name: string): KubernetesObject | undefined {
    return this.#store.get(resource, namespace, name)?.object;
  }

  /** Such requests fail, the first `times` of them. Rules are asked in the order in which they came. */
  fail(match: Match, fault: Fault, times = 1): FaultRule {
    const rule = new FaultRule(match, fault, times);
    this.#faults.push(rule);
    return rule;
  }

  /** Forgets the history: pages and watches of older revisions get 410. */
  compact(): void {
    this.#store.compact();
  }

  /** Writes a bookmark to every watch that wants them. */
  bookmark(): void {
    for (const watch of this.watches) watch.bookmark(this.#store.revision);
  }

  /** Watches that are open on a resource. */
  watching(resource: Resource): WatchStream[] {
    return [...this.watches].filter((watch) => watch.resource === resource && watch.isOpen);
  }

  /** The user gets a new token. @param isOldRevoked whether the old one answers 401 from now on */
  rotateToken(isOldRevoked = true): string {
    const old = this.#token;
    this.#token = this.users.another(old);
    if (isOldRevoked) this.users.revoke(old);
    return this.#token;
  }

  /** New connections see a certificate of `authority`, and are known by those of it. */
  async useAuthority(authority: TestAuthority): Promise<void> {
    this.#listener.useTls({ certificate: await authority.issue({ name: 'kube-apiserver' }), clients: authority });
  }

  /** Listens again after `stop`, on the same port. */
  async listen(): Promise<void> {
    await this.#listener.listen();
  }

  /** Breaks all connections and refuses new ones. */
  async stop(): Promise<void> {
    await this.#listener.stop();
    this.#changed();
  }

  /** Breaks all connections, but takes new ones. */
  breakConnections(): void {
    this.#listener.breakConnections();
  }

  /**
   * Stops and comes back on the same port.
   *
   * @param fresh begins with an empty store of these options, as after a restore: revisions may be lower than before
   */
  async restart(fresh?: StoreOptions): Promise<void> {
    await this.stop();
    if (fresh !== undefined) this.#store = this.#watched(new Store(fresh));
    await this.listen();
  }

  /**
   * Resolves once `condition` holds; looked at whenever a request comes or was answered, or a watch begins or ends.
   * Never rejects: a test has a time limit of its own.
   */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Resolves with the watch once one of the resource is open. */
  async watched(resource: Resource): Promise<WatchStream> {
    await this.until(() => this.watching(resource).length > 0);
    return this.watching(resource)[0]!;
  }

  #watched(store: Store): Store {
    store.onChange((change) => {
      for (const watch of this.watches) if (watch.resource === change.entry.resource) watch.change(change);
    });
    return store;
  }

  #changed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await handle(this, request, response, {
        fault: (info) => this.#fault(info),
        begun: (record) => {
          this.requests.push(record);
          this.#changed();
          response.on('close', () => this.#changed());
        },
        opened: (watch) => {
          this.watches.add(watch);
          response.on('close', () => {
            this.watches.delete(watch);
            this.#changed();
          });
          this.#changed();
        },
      });
    } catch (error) {
      if (error instanceof StatusError) sendStatus(response, error.status);
      else if (response.headersSent) response.destroy();
      else sendStatus(response, { code: 500, reason: 'InternalError', message: String(error) });
    }
  }

  #fault(info: RequestInfo): Fault | undefined {
    for (const rule of this.#faults) {
      const fault = rule.take(info);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
}
