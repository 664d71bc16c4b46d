import { inCluster } from '../../adapters/kubernetes/access/in-cluster.js';
import type { KubernetesOptions } from '../../adapters/kubernetes/access/access-of.js';
import { CachedMetadata } from '../../adapters/kubernetes/cached-metadata.js';
import { clusterUuid } from '../../adapters/kubernetes/cluster-uuid.js';
import type { KubernetesContext } from '../../adapters/kubernetes/kubernetes-caches.js';
import { NoKubernetes } from '../../application/no-kubernetes.js';
import type { KubernetesMetadata } from '../../application/ports/kubernetes-metadata.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { randomKey } from './random-key.js';

/** How Kubernetes is reached by a configuration; undefined if it is not used. */
function kubernetesOptions(
  { kubernetes: { enable, kubeconfig } }: WeirConfiguration,
  environment: NodeJS.ProcessEnv,
): KubernetesOptions | undefined {
  const isUsed = enable === 'auto' ? inCluster(environment) : enable;
  return isUsed ? { kubeconfig, environment } : undefined;
}

/** What is known of the cluster; nothing outside of one. */
export function kubernetesMetadata(configuration: WeirConfiguration, context: KubernetesContext): KubernetesMetadata {
  const options = kubernetesOptions(configuration, process.env);
  return options ? new CachedMetadata(options, randomKey(), context) : new NoKubernetes();
}

/** The UUID that the cluster has of its own; undefined outside of one, and where nobody gave it any within 10 s. Never rejects. */
export async function ownClusterUuid(
  configuration: WeirConfiguration,
  context: Pick<KubernetesContext, 'clock' | 'logger' | 'random'>,
): Promise<string | undefined> {
  const options = kubernetesOptions(configuration, process.env);
  return options && clusterUuid(options, context);
}
