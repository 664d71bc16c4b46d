/**
 * A collector to be killed: `node collector-process.js PORT [CERTIFICATE KEY]` listens on loopback, over TLS if it is given files for that,
 * and writes a line for each message it read: the first and the last flowStartSeconds of its records, and how many there are. First a line
 * with its port.
 */
import { readFileSync, writeSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { argv } from 'node:process';
import { createServer as createTlsServer } from 'node:tls';
import { IpfixReader } from './ipfix-reader.js';

/** Synchronous: what was read is said before anything else is read. */
const say = (...words: readonly unknown[]): void => {
  writeSync(1, `${words.join(' ')}\n`);
};

const connected = (socket: Socket): void => {
  const reader = new IpfixReader();
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    const read = reader.stream(Buffer.concat([rest, bytes]));
    rest = Buffer.from(read.rest);
    for (const { records } of read.messages) {
      if (records.length === 0) continue;
      say(records[0]!['flowStartSeconds'], records.at(-1)!['flowStartSeconds'], records.length);
    }
  });
  socket.on('end', () => socket.end());
};

const [, , port, certificate, key] = argv;
const server =
  certificate === undefined || key === undefined
    ? createServer({ allowHalfOpen: true }, connected)
    : createTlsServer({ allowHalfOpen: true, cert: readFileSync(certificate), key: readFileSync(key) }, connected);
server.listen(Number(port), '127.0.0.1', () => {
  say((server.address() as AddressInfo).port);
});
