import { Backoff } from '../../application/backoff.js';
import { errorText } from '../../application/error-text.js';
import { parseUuid } from '../../domain/cluster/cluster-uuid.js';
import { accessOf, type KubernetesOptions } from './access/access-of.js';
import { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import type { ApiRequest } from './api-request.js';
import type { KubernetesContext } from './kubernetes-caches.js';
import { fieldsOf, textOf } from './objects/json.js';
import { GatheredBytes } from './reading/gathered-bytes.js';
import { wait } from './wait.js';

/** Antrea's controller makes it a little after it starts: it is waited for so long. */
const PATIENCE_MS = 10_000;

const MAX_BYTES = 2 * 1024 * 1024;

const REQUEST: ApiRequest = {
  verb: 'get',
  resource: 'configmaps/antrea-cluster-identity in namespace kube-system',
  path: '/api/v1/namespaces/kube-system/configmaps/antrea-cluster-identity',
};

/**
 * The UUID that Antrea gave the cluster; undefined if there is none within 10 s (another CNI), or it may not be read, which is a warning.
 * Never rejects.
 */
export async function clusterUuid(
  options: KubernetesOptions,
  { clock, logger, random }: Pick<KubernetesContext, 'clock' | 'logger' | 'random'>,
): Promise<string | undefined> {
  const client = new ApiClient(accessOf(options), clock);
  const late = new AbortController();
  const cancel = clock.after(PATIENCE_MS, () => late.abort());
  const backoff = new Backoff(random, { firstMs: 500, longestMs: 2_000 });
  let reason = 'it takes too long';
  const isLate = (): boolean => late.signal.aborted;
  while (!isLate()) {
    try {
      const uuid = await read(client, late.signal);
      cancel();
      client.close();
      return uuid;
    } catch (error) {
      if (isLate()) break;
      reason = errorText(error);
      if (error instanceof ApiError && error.trouble === 'forbidden') break;
      logger.debug('the UUID of the cluster is waited for', { reason });
      await wait(clock, backoff.next(), late.signal);
    }
  }
  cancel();
  client.close();
  logger.warn('the UUID of the cluster is not known from Kubernetes', { reason });
  return undefined;
}

async function read(client: ApiClient, signal: AbortSignal): Promise<string> {
  const answer = await client.open(REQUEST, signal);
  const body = new GatheredBytes('a ConfigMap', MAX_BYTES);
  for await (const chunk of answer.chunks()) answer.bounded(() => body.add(chunk));
  const { data } = fieldsOf(answer.parse(body.take(Buffer.alloc(0))));
  const uuid = parseUuid(textOf(fieldsOf(data)['uuid']));
  if (uuid === undefined)
    throw new Error('ConfigMap kube-system/antrea-cluster-identity has no UUID under the key uuid');
  return uuid;
}
