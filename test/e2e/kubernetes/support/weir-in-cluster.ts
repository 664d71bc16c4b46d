import { KubernetesApiServer } from '../../../support/kubernetes/api-server.js';
import type { ApiServerOptions } from '../../../support/kubernetes/options.js';
import { writeKubeconfig } from '../../../support/kubernetes/access.js';
import { testPki } from '../../../support/pki.js';
import { atEnd } from '../../support/clean-up.js';
import { temporaryDirectory } from '../../support/program.js';
import { dataOfTests } from '../../support/tls-exporting.js';
import { startWeir, type LogLine, type Settings, type WeirProcess } from '../../support/weir-process.js';
import { putCluster, type TestCluster } from './cluster.js';
import { PROTOCOLS, type Transport } from './senders.js';

/** An API server over TLS that has a cluster; stopped at the end of the test. */
export async function apiServerWith(cluster: TestCluster, options?: ApiServerOptions): Promise<KubernetesApiServer> {
  const server = await KubernetesApiServer.start(options);
  atEnd(() => server.stop());
  putCluster(server, cluster);
  return server;
}

/** A kubeconfig for an API server of the tests. */
export function kubeconfigOf({ url, authority, token }: KubernetesApiServer): string {
  return writeKubeconfig(temporaryDirectory(), { url, ca: authority.certificate, token });
}

/** How Weir is started in a cluster. */
export interface InClusterOptions {
  /** @default 'tcp' */
  readonly transport?: Transport;
  /** Where it listens. @default '127.0.0.1' */
  readonly host?: '127.0.0.1' | '[::1]';
  /** Of flowCollector. */
  readonly collector: Settings;
  readonly settings?: Settings;
}

/** Settings of a Weir that uses Kubernetes by a kubeconfig. */
export const inCluster = (kubeconfig: string): Settings => ({ kubernetes: { enable: true, kubeconfig } });

/** A Weir that uses an API server (a real one by its kubeconfig), with labels and UIDs, in Proxy mode unless the settings say something else; resolves once it is ready. */
export async function weirInCluster(
  server: KubernetesApiServer | string,
  { transport = 'tcp', host = '127.0.0.1', collector, settings }: InClusterOptions,
): Promise<WeirProcess> {
  return startWeir({
    transport: PROTOCOLS[transport],
    settings: {
      mode: 'Proxy',
      listen: { ipfix: `${host}:0`, grpc: `${host}:0`, metrics: '127.0.0.1:0' },
      dataDirectory: dataOfTests(await testPki(), 'test'),
      recordContents: { podLabels: true },
      flowCollector: { enable: true, includeK8sUIDs: true, ...collector },
      ...inCluster(typeof server === 'string' ? server : kubeconfigOf(server)),
      ...settings,
    },
  });
}

/** Lines of a Weir's log that are about something wrong; the tests' certificates, which end tomorrow, are not. */
export function complaintsOf(weir: WeirProcess): LogLine[] {
  return weir.logs.filter(({ level, message }) => level !== 'info' && !message.startsWith('a certificate ends soon'));
}
