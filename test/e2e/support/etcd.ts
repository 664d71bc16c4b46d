import { eventually } from './eventually.js';
import type { Lifetime } from './clean-up.js';
import { onFreePort } from './free-port.js';
import { requirePeer } from './peers.js';
import { Program, temporaryDirectory } from './program.js';

/** An etcd with one member, on loopback, in a directory that is removed at the end. */
export class Etcd {
  readonly url: string;

  private constructor(url: string) {
    this.url = url;
  }

  /** Resolves once it serves. */
  static start(lives: Lifetime): Promise<Etcd> {
    return onFreePort('tcp', (port) =>
      onFreePort('tcp', async (peerPort) => {
        const [url, peerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
        const options = {
          name: 'test',
          'data-dir': temporaryDirectory(lives),
          'listen-client-urls': url,
          'advertise-client-urls': url,
          'listen-peer-urls': peerUrl,
          'initial-advertise-peer-urls': peerUrl,
          'initial-cluster': `test=${peerUrl}`,
        };
        const program = new Program(requirePeer('etcd'), optionsOf(options), { lives });
        const etcd = new Etcd(url);
        const isHealthy = async (): Promise<boolean> => {
          const health = (await (await fetch(`${url}/health`)).json()) as { health?: string };
          return health.health === 'true';
        };
        await unlessEnded(program, 'etcd serves', isHealthy);
        return etcd;
      }),
    );
  }

  /** Forgets all revisions up to the present one; what an API server does every five minutes. */
  async compact(): Promise<void> {
    const { header } = await this.#call<{ header: { revision: string } }>('range', { key: 'AA==' });
    await this.#call('compaction', { revision: header.revision, physical: true });
  }

  async #call<T>(method: 'range' | 'compaction', body: Record<string, unknown>): Promise<T> {
    const response = await fetch(`${this.url}/v3/kv/${method}`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`etcd: ${method}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}

/** Options as the programs of Kubernetes take them. */
export function optionsOf(options: Readonly<Record<string, string>>): string[] {
  return Object.entries(options).map(([name, value]) => `--${name}=${value}`);
}

/** As `eventually`. @throws Error with all that the program said as soon as it has ended */
export async function unlessEnded(program: Program, what: string, look: () => Promise<boolean>): Promise<void> {
  const ended = program.exited.then(() => {
    throw new Error(`${what}: it ended, saying:\n${program.stdout}${program.stderr}`);
  });
  ended.catch(() => undefined);
  await Promise.race([ended, eventually(what, look, { withinMs: 60_000 })]);
}
