/** Helper process: an IPFIX collector that counts the data records it is sent and throws them away. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What the parent asks for. */
export interface CollectorRequest {
  readonly kind: 'listen' | 'count';
}

/** Where it listens, and the records it has received so far. */
export interface CollectorAnswer {
  readonly port: number;
  readonly bytes: number;
}

let bytes = 0;
const server = createServer((socket) => {
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  socket.on('error', () => {
    socket.destroy();
  });
});

process.on('message', ({ kind }: CollectorRequest) => {
  const answer = (): void => {
    process.send!({ port: (server.address() as AddressInfo).port, bytes } satisfies CollectorAnswer);
  };
  if (kind === 'listen') server.listen(0, '127.0.0.1', answer);
  else answer();
});
