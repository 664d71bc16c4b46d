import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach } from '@jest/globals';
import type { KubernetesOptions } from '../../../src/adapters/kubernetes/access/access-of.js';
import { KubernetesCaches } from '../../../src/adapters/kubernetes/kubernetes-caches.js';
import type { JsonObject } from '../../../src/adapters/kubernetes/objects/json.js';
import { KINDS, NODES, PODS, SERVICES, type Kind } from '../../../src/adapters/kubernetes/resources.js';
import type { NodeObject, PodObject, ServiceObject } from '../../../src/domain/kubernetes/objects.js';
import { LoopbackClock, settle } from '../../support/fake-clock.js';
import { aNode } from '../../support/kubernetes/a-node.js';
import { aPod } from '../../support/kubernetes/a-pod.js';
import { aService } from '../../support/kubernetes/a-service.js';
import { writeServiceAccount, type InCluster } from '../../support/kubernetes/access.js';
import { KubernetesApiServer } from '../../support/kubernetes/api-server.js';
import type { ApiServerOptions } from '../../support/kubernetes/options.js';
import { MemoryStore } from '../../support/memory-store.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { RecordingMetrics } from '../../support/recording-metrics.js';

const RESOURCES = { pods: PODS, nodes: NODES, services: SERVICES };
const scenarios: Scenario[] = [];
let test = 0;
afterEach(async () => {
  test++;
  await Promise.all(scenarios.splice(0).map((scenario) => scenario.end()));
});

/**
 * Resolves once the condition holds, looking at it as often as input and output had their turn.
 *
 * @throws Error when the test is over, so that one which fails does not look forever
 */
export async function until(condition: () => boolean): Promise<void> {
  const own = test;
  while (!condition()) {
    if (test !== own) throw new Error('the test is over');
    await settle();
  }
}

/** Caches in a Pod of a cluster that a test has in its hand. The clock stands still until it is moved. */
export class Scenario {
  readonly server: KubernetesApiServer;
  readonly account: InCluster;
  readonly options: KubernetesOptions;
  readonly clock = new LoopbackClock();
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingMetrics();
  readonly pods = new MemoryStore<PodObject>();
  readonly nodes = new MemoryStore<NodeObject>();
  readonly services = new MemoryStore<ServiceObject>();
  readonly caches: KubernetesCaches;
  readonly #directory: string;

  private constructor(server: KubernetesApiServer, options?: KubernetesOptions) {
    this.server = server;
    this.#directory = mkdtempSync(join(tmpdir(), 'weir-kubernetes-'));
    const { url, token, authority } = server;
    this.account = writeServiceAccount(join(this.#directory, 'account'), { url, token, ca: authority.certificate });
    this.options = options ?? {
      kubeconfig: '',
      environment: this.account.env,
      serviceAccountDirectory: this.account.directory,
    };
    const { clock, logger, metrics } = this;
    this.caches = new KubernetesCaches(this.options, this, { clock, logger, metrics, random: () => 0.5 });
    scenarios.push(this);
  }

  /** A cluster with a few objects; nothing is read yet. */
  static async begin(serverOptions: ApiServerOptions = {}): Promise<Scenario> {
    return Scenario.of(await KubernetesApiServer.start(serverOptions));
  }

  /** The same of a server; in a Pod if the options do not say how it is reached. */
  static of(server: KubernetesApiServer, options?: KubernetesOptions): Scenario {
    const scenario = new Scenario(server, options);
    for (const name of ['a', 'b', 'c']) scenario.addPod(name);
    server.put('nodes', aNode({ name: 'node-1', internalIPs: ['192.168.0.1'], zone: 'zone-a' }));
    server.put('services', aService({ name: 'web', ports: [{ port: 80 }] }));
    return scenario;
  }

  /** The same, listed and watched. */
  static async watching(serverOptions?: ApiServerOptions): Promise<Scenario> {
    const scenario = await Scenario.begin(serverOptions);
    scenario.caches.start();
    await scenario.watched();
    return scenario;
  }

  addPod(name: string): void {
    this.server.put('pods', aPod({ name, ips: ['10.0.0.1'], node: 'node-1', owner: { kind: 'ReplicaSet', name } }));
  }

  /** Pods that need more than a page. */
  addManyPods(count = 1_100): void {
    for (let number = 0; number < count; number++) this.addPod(`pod-${number}`);
  }

  /** Resolves once all kinds are watched and the stores have what the server has. */
  async watched(): Promise<void> {
    await until(() => KINDS.every((kind) => this.server.watching(kind).length === 1));
    await this.equal();
  }

  /** Resolves once the stores have what a list would give now. */
  async equal(): Promise<void> {
    await until(() => KINDS.every((kind) => this.isEqual(kind)));
  }

  isEqual(kind: Kind): boolean {
    const entries = this.server.store.snapshot(kind)!.entries;
    if (entries.length !== this[kind].size) return false;
    const objects: ReadonlyMap<string, unknown> = this[kind].objects;
    return entries.every(({ object }) => {
      const expected = RESOURCES[kind].convert(object as unknown as JsonObject)!;
      return isDeepStrictEqual(objects.get(expected.uid), expected);
    });
  }

  /** Requests that failed so far, for a reason. */
  errors(reason: string, kind: Kind = 'pods'): number {
    return this.metrics.value('weir_kubernetes_errors_total', { kind, reason });
  }

  restarts(reason: string, kind: Kind = 'pods'): number {
    return this.metrics.value('weir_kubernetes_watch_restarts_total', { kind, reason });
  }

  lists(kind: Kind = 'pods'): number {
    return this.metrics.value('weir_kubernetes_lists_total', { kind });
  }

  /** Resolves once there were so many failures for a reason. */
  async failed(reason: string, times = 1, kind: Kind = 'pods'): Promise<void> {
    await until(() => this.errors(reason, kind) >= times);
  }

  /** The same for every kind. */
  async allFailed(reason: string, times = 1): Promise<void> {
    for (const kind of KINDS) await this.failed(reason, times, kind);
  }

  /** The wait after a first failure is over. */
  async retry(): Promise<void> {
    await this.clock.advance(1_000);
  }

  /** Verbs and resources that were asked for. */
  get asked(): Set<string> {
    return new Set(this.server.requests.map(({ verb, resource }) => `${verb} ${resource ?? '?'}`));
  }

  async end(): Promise<void> {
    await this.caches.close();
    await this.server.stop();
    rmSync(this.#directory, { recursive: true });
  }
}
