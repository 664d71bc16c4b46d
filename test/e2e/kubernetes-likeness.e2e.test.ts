import { describe, expect } from '@jest/globals';
import { aPod } from '../support/kubernetes/a-pod.js';
import { aSecret } from '../support/kubernetes/a-secret.js';
import type { Access } from '../support/kubernetes/access.js';
import { KubernetesApiServer } from '../support/kubernetes/api-server.js';
import { PlainClient } from '../support/kubernetes/client.js';
import { atEnd } from './support/clean-up.js';
import { itWithKubernetes, Kubernetes } from './support/kubernetes.js';

const namespace = 'flow-aggregator';
const SECRETS = `/api/v1/namespaces/${namespace}/secrets`;
const CA = 'flow-aggregator-ca-tls';

const secret = (metadata: Record<string, string> = {}, type = 'Opaque'): object => {
  const { metadata: own, ...rest } = aSecret({ name: CA, namespace, data: { key: 'value', 'tls.crt': 'c' }, type });
  return { ...rest, metadata: { ...own, ...metadata } };
};

/** Requests that are answered in the order in which they are here. */
const REQUESTS: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/api/v1/pods'],
  ['GET', '/api/v1/pods?limit=2'],
  ['GET', '/api/v1/pods?limit=-1'],
  ['GET', '/api/v1/pods?limit=1&resourceVersion=0'],
  ['GET', '/api/v1/pods?limit=1&labelSelector=app%20in%20(b,c),!gone'],
  ['GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1,metadata.name!%3Db'],
  ['GET', '/api/v1/pods?fieldSelector=spec.unknown%3D1'],
  ['GET', '/api/v1/pods?resourceVersion=999999'],
  ['GET', '/api/v1/pods?resourceVersion=x'],
  ['GET', '/api/v1/namespaces/none/pods'],
  ['GET', '/api/v1/namespaces/default/pods/b'],
  ['GET', '/api/v1/pods?watch=1&resourceVersion=999999&timeoutSeconds=1'],
  ['GET', '/api/v1/nodes/none'],
  ['GET', '/api/v1/namespaces'],
  ['GET', '/api/v1/endpoints'],
  ['GET', '/apis/apps/v1/deployments'],
  ['GET', '/api/v1/namespaces/other/secrets/any'],
  ['GET', '/unknown'],
  ['GET', '/healthz'],
  ['GET', SECRETS],
  ['GET', `${SECRETS}?fieldSelector=metadata.name%3D${CA}`],
  ['POST', SECRETS, secret({}, 'kubernetes.io/tls')],
  ['POST', SECRETS, secret({ namespace: 'other' })],
  ['POST', SECRETS, secret({ name: '' })],
  ['POST', SECRETS, secret()],
  ['POST', SECRETS, secret()],
  ['GET', `${SECRETS}?fieldSelector=metadata.name%3D${CA}`],
  ['GET', `${SECRETS}/${CA}`],
  ['PUT', `${SECRETS}/${CA}`, secret({ resourceVersion: '1' })],
  ['PUT', `${SECRETS}/${CA}`, secret({ name: 'other' })],
  ['PUT', `${SECRETS}/flow-aggregator-client-tls`, secret({ name: 'flow-aggregator-client-tls' })],
  ['PUT', `${SECRETS}/${CA}`, secret()],
  ['DELETE', `${SECRETS}/${CA}`],
  ['PATCH', `${SECRETS}/${CA}`, {}],
  ['POST', `/api/v1/namespaces/${namespace}/pods`, {}],
  ['DELETE', '/api/v1/pods'],
];

/** Whatever differs between any two API servers, and what the tests' has no need to make: who manages which field, generations. */
const OWN = /"(resourceVersion|uid|continue|time|creationTimestamp)":"[^"]*"|current: \d+/g;

function comparable(text: string): unknown {
  const neutral = text.replace(OWN, (match) =>
    match.replace(/\d[^"]*$|"[^"]*"$/, '"…"').replace(/current: .*/, 'current'),
  );
  try {
    return JSON.parse(neutral, (key, value: unknown) =>
      key === 'managedFields' || key === 'generation' || key === 'observedGeneration' ? undefined : value,
    );
  } catch {
    return neutral;
  }
}

async function answers(access: Access): Promise<Record<string, unknown>[]> {
  const client = new PlainClient(access);
  const all: Record<string, unknown>[] = [];
  for (const [method, path, body] of REQUESTS) {
    const { code, headers, text } = await client.send(method, path, body);
    const type = headers['content-type']?.split(';')[0];
    all.push({ request: `${method} ${path}`, code, type, retryAfter: headers['retry-after'], body: comparable(text) });
  }
  return all;
}

describe("the tests' API server", () => {
  itWithKubernetes('answers as a real one does', async () => {
    const [real, imitation] = await Promise.all([Kubernetes.start(), KubernetesApiServer.start()]);
    atEnd(() => imitation.stop());
    const account = await real.serviceAccount();
    for (const name of ['a', 'b', 'c']) {
      const pod = aPod({ name, node: 'node-1', ips: ['10.10.0.1'] });
      await real.put('pods', pod);
      // With what the real one added.
      const path = `/api/v1/namespaces/default/pods/${name}`;
      imitation.put('pods', await real.admin.get(path));
    }
    const { url, token, authority } = imitation;
    expect(await answers({ url, token, ca: authority.certificate })).toEqual(await answers(account));
  });
});
