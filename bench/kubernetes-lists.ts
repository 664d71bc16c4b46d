/**
 * `node dist/bench/kubernetes-lists.js [PODS] [ACCESS] [STORE]`: what listing so many Pods (default 100,000) costs: resident memory, CPU, and
 * how long the event loop stands. ACCESS is `in-cluster` (default) or `kubeconfig`; STORE is `kept` (default), as the service keeps them, or
 * `counted`, for what listing costs beside that. The API server is a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { KubernetesCaches } from '../src/adapters/kubernetes/kubernetes-caches.js';
import { KubernetesObjects } from '../src/domain/kubernetes/kubernetes-objects.js';
import type { ObjectStore } from '../src/domain/kubernetes/objects.js';
import { SystemClock } from '../src/infrastructure/clock.js';
import { writeServiceAccount } from '../test/support/kubernetes/access.js';
import { RecordingLogger } from '../test/support/recording-logger.js';
import { RecordingMetrics } from '../test/support/recording-metrics.js';

/** Keeps nothing but how many there are. */
class CountingStore implements ObjectStore<{ readonly uid: string }> {
  size = 0;
  put(): void {
    this.size++;
  }
  delete(): void {
    this.size--;
  }
  beginList(): void {
    this.size = 0;
  }
  endList(): void {
    // All that was put stays.
  }
}

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly 'certificate-authority-data': string } }];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

const [, , pods = '100000', access = 'in-cluster', store = 'kept'] = process.argv;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const run = fileURLToPath(new URL('../test/support/kubernetes/run.js', import.meta.url));
const server = spawn(process.execPath, [run, directory, pods], { stdio: ['pipe', 'pipe', 'inherit'] });
const [line] = (await once(server.stdout, 'data')) as [Buffer];

const file = join(directory, 'kubeconfig');
const { clusters, users } = JSON.parse(readFileSync(file, 'utf8')) as Kubeconfig;
const ca = Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64').toString();
const account = writeServiceAccount(join(directory, 'account'), {
  url: line.toString().trim(),
  ca,
  token: users[0].user.token,
});
const options = {
  kubeconfig: access === 'kubeconfig' ? file : '',
  environment: account.env,
  serviceAccountDirectory: account.directory,
};

const logger = new RecordingLogger();
const clock = new SystemClock();
const counting = { pods: new CountingStore(), nodes: new CountingStore(), services: new CountingStore() };
const objects = new KubernetesObjects([1, 2], Math.floor(clock.unixMilliseconds() / 1000));
const stores = store === 'kept' ? objects : counting;
const before = process.memoryUsage.rss();
let peak = before;
let heapPeak = 0;
const watcher = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
  heapPeak = Math.max(heapPeak, process.memoryUsage().heapUsed);
}, 5);
const delay = monitorEventLoopDelay({ resolution: 1 });
const began = performance.now();
const cpu = process.cpuUsage();
const caches = new KubernetesCaches(options, stores, {
  clock,
  logger,
  metrics: new RecordingMetrics(),
  random: Math.random,
});
caches.start();
delay.enable();
await caches.synced();
delay.disable();
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - began) / 1000;
const after = process.memoryUsage.rss();
clearInterval(watcher);
console.log(
  `${stores.pods.size} Pods and ${stores.nodes.size} Nodes by ${access} in ${seconds.toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s`,
);
console.log(
  `resident: before ${megabytes(before)}, peak ${megabytes(peak)}, after ${megabytes(after)}; heap at most ${megabytes(heapPeak)}; accounted ${megabytes(objects.byteLength)}`,
);
console.log(
  `event loop: p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, longest ${(delay.max / 1e6).toFixed(1)} ms`,
);
for (const { message } of logger.lines) console.log(message);
await caches.close();
server.stdin.end();
await once(server, 'exit');
rmSync(directory, { recursive: true });
