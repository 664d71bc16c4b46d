import type { ApiAccess } from './api-access.js';
import { inCluster, InClusterAccess, SERVICE_ACCOUNT_DIRECTORY, type Environment } from './in-cluster.js';
import { KubeconfigAccess } from './kubeconfig.js';

/** Which Kubernetes is used. */
export interface KubernetesOptions {
  /** Path of a kubeconfig file; "" for the account of the Pod that Weir runs in, and elsewhere the default loading rules. */
  readonly kubeconfig: string;
  /** Variables of the process, which say whether it is in a Pod. */
  readonly environment: Environment;
  /** Where the account of a Pod is. @default SERVICE_ACCOUNT_DIRECTORY */
  readonly serviceAccountDirectory?: string;
}

/** How the API server is reached that the options mean. Nothing is read yet. */
export function accessOf({ kubeconfig, environment, serviceAccountDirectory }: KubernetesOptions): ApiAccess {
  const directory = serviceAccountDirectory ?? SERVICE_ACCOUNT_DIRECTORY;
  if (kubeconfig === '' && inCluster(environment, directory)) return new InClusterAccess(environment, directory);
  return new KubeconfigAccess(kubeconfig);
}
