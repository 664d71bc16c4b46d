import type { KubeConfig } from '@kubernetes/client-node';
import type { RequestOptions as HttpsOptions } from 'node:https';
import { errorText } from '../../../application/error-text.js';
import type { ApiAccess, RequestOptions } from './api-access.js';
import { Connections } from './connections.js';

/**
 * Access as a kubeconfig file describes it, by the Kubernetes client: certificates, tokens, plugins that give them, proxies. The client is
 * loaded with the first request, since it takes 90 MB.
 */
export class KubeconfigAccess implements ApiAccess {
  readonly #path: string;
  readonly #connections = new Connections();
  #configuration: KubeConfig | undefined;
  /** Of a request that asks now: a plugin is not run for three at once. */
  #asked: Promise<RequestOptions> | undefined;

  /** @param path of the file; "" for the default loading rules: KUBECONFIG, then ~/.kube/config */
  constructor(path: string) {
    this.#path = path;
  }

  requestOptions(): Promise<RequestOptions> {
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  renew(): void {
    this.#configuration = undefined;
  }

  close(): void {
    this.#connections.close();
  }

  async #ask(): Promise<RequestOptions> {
    const configuration = (this.#configuration ??= await this.#load());
    const cluster = configuration.getCurrentCluster();
    if (cluster === null || !URL.canParse(cluster.server))
      throw new Error(
        `${this.#name} has no current context with a cluster and the URL of its server; kubectl config view shows what it has`,
      );
    const server = new URL(cluster.server);
    const options: HttpsOptions = {};
    try {
      await configuration.applyToHTTPSOptions(options);
    } catch (error) {
      throw new Error(`the credentials of ${this.#name} can't be used: ${withoutContents(error)}`, { cause: error });
    }
    const { ca, cert, key, servername, rejectUnauthorized = true, auth, agent, headers } = options;
    return {
      server,
      headers: textsOf(headers),
      auth: auth ?? undefined,
      agent:
        // Of the client's agents only those for proxies are used: the others open a connection for every request.
        cluster.proxyUrl !== undefined && typeof agent === 'object'
          ? agent
          : this.#connections.agent(server.protocol, {
              ca: pem(ca),
              cert: pem(cert),
              key: pem(key),
              servername,
              rejectUnauthorized,
            }),
      hasClientCertificate: cert !== undefined,
      authorities: ca === undefined ? "the system's root certificates" : `certificate-authority of ${this.#name}`,
    };
  }

  async #load(): Promise<KubeConfig> {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const configuration = new KubeConfig();
    try {
      if (this.#path === '') configuration.loadFromDefault();
      else configuration.loadFromFile(this.#path);
    } catch (error) {
      throw new Error(`${this.#name} can't be used: ${withoutContents(error)}`, { cause: error });
    }
    return configuration;
  }

  get #name(): string {
    return this.#path === '' ? 'the default kubeconfig' : `kubeconfig ${this.#path}`;
  }
}

/** What an error says, without the piece of the file or of a plugin's answer that errors of parsers quote: it may be a secret. */
function withoutContents(error: unknown): string {
  if (!(typeof error === 'object' && error !== null && 'name' in error)) return 'unknown error';
  if (error.name === 'SyntaxError') return 'what the credential plugin printed is not JSON';
  if (error.name !== 'YAMLException') return errorText(error).trim().slice(0, 300);
  const line =
    'mark' in error && typeof error.mark === 'object' ? (error.mark as { line?: number } | null)?.line : undefined;
  return `it is not YAML${line === undefined ? '' : ` (line ${line + 1})`}`;
}

function pem(value: HttpsOptions['ca'] | HttpsOptions['key']): string | Buffer | undefined {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value : undefined;
}

function textsOf(headers: HttpsOptions['headers']): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {}))
    // A token from a file has its line feed, which no header may have.
    if (typeof value === 'string') texts[name.toLowerCase()] = value.trim();
  return texts;
}
