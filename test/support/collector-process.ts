/**
 * A collector to be killed: `node collector-process.js PORT` listens on loopback and writes a line for each message it read: the first and
 * the last flowStartSeconds of its records, and how many there are. First a line with its port.
 */
import { writeSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { argv } from 'node:process';
import { IpfixReader } from './ipfix-reader.js';

/** Synchronous: what was read is said before anything else is read. */
const say = (...words: readonly unknown[]): void => {
  writeSync(1, `${words.join(' ')}\n`);
};

const server = createServer({ allowHalfOpen: true }, (socket) => {
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
});
server.listen(Number(argv[2]), '127.0.0.1', () => {
  say((server.address() as AddressInfo).port);
});
