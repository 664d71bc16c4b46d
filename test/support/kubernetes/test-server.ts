import { afterEach } from '@jest/globals';
import { KubernetesApiServer } from './api-server.js';
import { PlainClient } from './client.js';
import type { ApiServerOptions } from './options.js';

const servers: KubernetesApiServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** An API server that is stopped at the end of the test. */
export async function testApiServer(options?: ApiServerOptions): Promise<KubernetesApiServer> {
  const server = await KubernetesApiServer.start(options);
  servers.push(server);
  return server;
}

/** A client that comes with a token: the server's own if none is given. */
export function clientOf(server: KubernetesApiServer, token: string | undefined = server.token): PlainClient {
  return new PlainClient({ url: server.url, ca: server.authority.certificate, token });
}
