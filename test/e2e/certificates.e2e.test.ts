import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat } from '../support/ipfix-messages.js';
import { ANTREA_FLOWS, messagesOf } from './support/antrea-flows.js';
import { beside, canIsolate, isolated } from './support/namespace.js';
import { PROJECT, temporaryDirectory } from './support/program.js';
import { startWeir, WeirProcess } from './support/weir-process.js';

/** The line that says where the files are. */
const WHERE = /^exporters need these files to send over TLS$/;
const FILES = ['ca.crt', 'ca.key', 'client.crt', 'client.key'];

const certificatesIn = (data: string): string => join(data, 'certificates');
const contents = (data: string): Record<string, string> =>
  Object.fromEntries(FILES.map((name) => [name, readFileSync(join(certificatesIn(data), name), 'utf8')]));
const startIn = (data: string): Promise<WeirProcess> =>
  startWeir({ transport: 'TLS', settings: { dataDirectory: data } });

describe('certificates that Weir makes for itself and its exporters', () => {
  it('are files that only its user can read, and it says once where they are', async () => {
    const data = temporaryDirectory();
    const weir = await startIn(data);
    const directory = certificatesIn(data);
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
    expect(Object.fromEntries(modes)).toEqual(Object.fromEntries(FILES.map((name) => [name, 0o600])));
    expect(weir.logged(WHERE)).toEqual([
      expect.objectContaining({
        ca: join(directory, 'ca.crt'),
        certificate: join(directory, 'client.crt'),
        key: join(directory, 'client.key'),
      }),
    ]);
    expect(weir.logged(/made/)).toHaveLength(1);
    expect(weir.program.stderr).not.toContain('PRIVATE KEY');
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });

  it('are kept by the next start', async () => {
    const data = temporaryDirectory();
    await (await startIn(data)).stop();
    const before = contents(data);
    const weir = await startIn(data);
    expect(contents(data)).toEqual(before);
    expect(weir.logged(WHERE)).toHaveLength(1);
    expect(weir.logged(/made|take the place/)).toEqual([]);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });

  it('are made again where one is missing, and only that, with a line that names it', async () => {
    const data = temporaryDirectory();
    await (await startIn(data)).stop();
    const { 'ca.crt': ca, 'ca.key': caKey, ...client } = contents(data);
    const missing = join(certificatesIn(data), 'client.key');
    rmSync(missing);
    const weir = await startIn(data);
    const after = contents(data);
    expect(after).toMatchObject({ 'ca.crt': ca, 'ca.key': caKey });
    expect(after['client.crt']).not.toBe(client['client.crt']);
    expect(after['client.key']).toContain('PRIVATE KEY');
    const lines = weir.logs.filter(({ reason }) => String(reason).includes(missing));
    expect(lines).toHaveLength(1);
    expect(weir.logged(WHERE)).toHaveLength(1);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});

/** Sends what a file has over TLS to the default port, and says so once Weir has taken so many records. */
const EXPORTER = `
  const { readFileSync } = require('node:fs');
  const { connect } = require('node:tls');
  const [ca, cert, key, messages, records] = process.argv.slice(1);
  const socket = connect(4739, 'localhost', { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) });
  socket.write(readFileSync(messages));
  const look = async () => {
    const text = await (await fetch('http://localhost:9090/metrics')).text();
    const taken = /^weir_records_taken_total\\S* (\\d+)$/m.exec(text)?.[1];
    if (taken !== records) return setTimeout(look, 20);
    console.log('taken');
    process.exit();
  };
  void look();
`;

describe('an empty configuration file', () => {
  it('starts Weir on its default ports, and an exporter gets in with the files that the log names', async () => {
    if (!canIsolate()) {
      process.stderr.write('skipped: no namespaces can be made here, in which the default ports are free\n');
      return;
    }
    const directory = temporaryDirectory();
    const file = join(directory, 'weir.yaml');
    writeFileSync(file, '');
    const program = isolated([process.execPath, join(PROJECT, 'bin/weir'), '--config', file], {
      cwd: directory,
      channel: true,
    });
    await program.says(/"message":"ready"/);
    const weir = new WeirProcess(program, directory);
    const addresses = weir.logged(/^exporters can connect$/).map(({ transport, address }) => [transport, address]);
    expect(addresses).toEqual([
      ['tls', '[::]:4739'],
      ['grpc', '[::]:14739'],
    ]);
    const [where, ...others] = weir.logged(WHERE);
    expect(where).toMatchObject({ ca: '/var/lib/weir/certificates/ca.crt' });
    expect(others).toEqual([]);
    expect(weir.logs.filter(({ level }) => level !== 'info')).toEqual([]);

    const messages = join(directory, 'messages');
    writeFileSync(messages, concat(...messagesOf(ANTREA_FLOWS)));
    const files = ['ca', 'certificate', 'key'].map((name) => String(where![name]));
    const records = String(ANTREA_FLOWS.flatMap(({ reports }) => reports).length);
    const exporter = beside(program, [process.execPath, '-e', EXPORTER, ...files, messages, records]);
    await exporter.says(/taken/);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(readdirSync(directory).toSorted()).toEqual(['messages', 'weir.yaml']);
  });
});
