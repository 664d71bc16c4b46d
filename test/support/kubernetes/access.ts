import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where an API server is, and as whom to go there. */
export interface Access {
  readonly url: string;
  /** PEM of the authority; undefined for plain HTTP. */
  readonly ca?: string;
  readonly token?: string;
  /** Said in place of the token: a file that has it, which is read again when the token rotates. */
  readonly tokenFile?: string;
  /** PEM of a client certificate. */
  readonly certificate?: { readonly certificate: string; readonly privateKey: string };
  readonly namespace?: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig with one cluster, one user and one context. */
export function kubeconfig({ url, ca, token, tokenFile, certificate, namespace }: Access): Record<string, unknown> {
  const user = {
    ...(tokenFile === undefined ? (token === undefined ? {} : { token }) : { tokenFile }),
    ...(certificate === undefined
      ? {}
      : {
          'client-certificate-data': base64(certificate.certificate),
          'client-key-data': base64(certificate.privateKey),
        }),
  };
  const cluster = { server: url, ...(ca === undefined ? {} : { 'certificate-authority-data': base64(ca) }) };
  const context = { cluster: 'test', user: 'test', ...(namespace === undefined ? {} : { namespace }) };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context }],
    'current-context': 'test',
  };
}

/** Writes a kubeconfig; JSON is YAML, too. @returns its path */
export function writeKubeconfig(directory: string, access: Access): string {
  const file = join(directory, 'kubeconfig');
  writeFileSync(file, `${JSON.stringify(kubeconfig(access), undefined, 2)}\n`, { mode: 0o600 });
  return file;
}

/** What a Pod finds: the files of its service account, and two variables. */
export interface InCluster {
  /** With `ca.crt`, `token` and `namespace`. */
  readonly directory: string;
  readonly env: { readonly KUBERNETES_SERVICE_HOST: string; readonly KUBERNETES_SERVICE_PORT: string };
  /** Replaces the token, as the kubelet does: never is there half a file. */
  readonly rotate: (token: string) => void;
}

/** Makes such a directory, as Pods have it at /var/run/secrets/kubernetes.io/serviceaccount. */
export function writeServiceAccount(directory: string, access: Access & { readonly token: string }): InCluster {
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string): void => {
    const file = join(directory, name);
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  write('ca.crt', access.ca ?? '');
  write('namespace', access.namespace ?? 'flow-aggregator');
  write('token', access.token);
  const { hostname, port } = new URL(access.url);
  return {
    directory,
    env: { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port },
    rotate: (token) => write('token', token),
  };
}
