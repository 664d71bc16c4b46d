import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { errorText } from '../../../application/error-text.js';
import type { ApiAccess, RequestOptions } from './api-access.js';
import { Connections } from './connections.js';

/** Variables of the process, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where Kubernetes mounts the account of a Pod. */
export const SERVICE_ACCOUNT_DIRECTORY = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Whether this is a Pod with an account: `kubernetes.enable: auto` means Kubernetes then. */
export function inCluster(environment: Environment, directory = SERVICE_ACCOUNT_DIRECTORY): boolean {
  return Boolean(environment['KUBERNETES_SERVICE_HOST']) && existsSync(join(directory, 'token'));
}

/**
 * Access with the service account of the Pod that Weir runs in. Kubernetes replaces token and CA on disk while Weir runs, so both are
 * read for each request: requests are few.
 */
export class InClusterAccess implements ApiAccess {
  readonly #environment: Environment;
  readonly #directory: string;
  readonly #connections = new Connections();

  constructor(environment: Environment, directory = SERVICE_ACCOUNT_DIRECTORY) {
    this.#environment = environment;
    this.#directory = directory;
  }

  async requestOptions(): Promise<RequestOptions> {
    const host = this.#environment['KUBERNETES_SERVICE_HOST'] ?? '';
    const port = this.#environment['KUBERNETES_SERVICE_PORT'] || '443';
    const authorities = join(this.#directory, 'ca.crt');
    const [token, ca] = await Promise.all([this.#read(join(this.#directory, 'token')), this.#read(authorities)]);
    const tls = { ca, cert: undefined, key: undefined, servername: undefined, rejectUnauthorized: true };
    return {
      server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
      headers: { authorization: `Bearer ${token.trim()}` },
      auth: undefined,
      agent: this.#connections.agent('https:', tls),
      hasClientCertificate: false,
      authorities,
    };
  }

  renew(): void {
    // Nothing is kept.
  }

  close(): void {
    this.#connections.close();
  }

  async #read(path: string): Promise<string> {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      throw new Error(
        `the service account can't be read: ${errorText(error)}; does the Pod have automountServiceAccountToken?`,
        {
          cause: error,
        },
      );
    }
  }
}
