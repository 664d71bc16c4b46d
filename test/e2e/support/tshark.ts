import { statSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { requirePeer } from './peers.js';
import { Program, temporaryDirectory } from './program.js';

const run = promisify(execFile);

/** A value as tshark dissected it: what it calls the element, and its octets in hexadecimal. */
export type DissectedField = readonly [label: string, hex: string];

/** One field specifier of a template, as tshark read it. */
export interface DissectedSpecifier {
  readonly enterprise: number;
  readonly id: number;
  readonly length: number;
}

/** An IPFIX message as tshark dissected it. */
export interface DissectedMessage {
  readonly version: number;
  readonly length: number;
  readonly exportTime: number;
  readonly sequence: number;
  readonly domain: number;
  /** Of its set: 2, or a template's. */
  readonly setId: number;
  /** Where it is a template message. */
  readonly template: { readonly id: number; readonly fields: readonly DissectedSpecifier[] } | undefined;
  /** Data records, field by field in their order; texts of length 0 are not shown by tshark. */
  readonly records: readonly (readonly DissectedField[])[];
}

/** What tshark made of a capture. */
export interface Dissection {
  readonly messages: readonly DissectedMessage[];
  /** What tshark found strange or wrong about IPFIX: malformed packets and its experts' remarks. */
  readonly complaints: readonly string[];
}

/** A running capture of one port on loopback. */
export class Capture {
  readonly #tshark: Program;
  readonly #file: string;
  readonly #port: number;
  readonly #transport: 'tcp' | 'udp';

  private constructor(tshark: Program, file: string, transport: 'tcp' | 'udp', port: number) {
    this.#tshark = tshark;
    this.#file = file;
    this.#transport = transport;
    this.#port = port;
  }

  /** Resolves once tshark captures: it opens its file only after the interface. */
  static async start(transport: 'tcp' | 'udp', port: number): Promise<Capture> {
    const file = join(temporaryDirectory(), 'capture.pcapng');
    const tshark = new Program(requirePeer('tshark'), ['-i', 'lo', '-f', `${transport} port ${port}`, '-w', file], {
      group: true,
    });
    await tshark.says(/Capturing on/);
    await eventually('tshark writes its file', () => statSync(file).size > 0);
    return new Capture(tshark, file, transport, port);
  }

  /**
   * Resolves with what one side of the first TLS connection sent, decrypted, once that is so many octets; the other side sends nothing.
   *
   * @param keyLog file with the secrets of the session
   */
  decrypted(keyLog: string, octets: number): Promise<Buffer> {
    return eventually('tshark decrypts all that was sent', async () => {
      const follow = ['-q', '-z', 'follow,tls,raw,0', '-o', `tls.keylog_file:${keyLog}`];
      const { stdout } = await run(requirePeer('tshark'), ['-r', this.#file, ...follow]);
      // Lines of one of the sides are indented.
      const lines = stdout.match(/^\t?[0-9a-f]+$/gm) ?? [];
      const sent = Buffer.from(lines.map((line) => line.trim()).join(''), 'hex');
      return sent.length >= octets && sent;
    });
  }

  /** Ends the capture once it has all of these octets, and has tshark dissect it. */
  async dissect(parts: readonly Buffer[]): Promise<Dissection> {
    await eventually('the capture has all that was sent', async () => {
      const bytes = await readFile(this.#file);
      return parts.every((part) => bytes.includes(part));
    });
    await this.#end();
    return this.#read();
  }

  /** The same once the capture has a number of data records, for what is more than a segment holds. */
  async dissectRecords(count: number): Promise<Dissection> {
    const dissection = await eventually(`the capture has ${count} records`, async () => {
      const read = await this.#read();
      return read.messages.reduce((sum, { records }) => sum + records.length, 0) >= count && read;
    });
    await this.#end();
    return dissection;
  }

  async #end(): Promise<void> {
    this.#tshark.signal('SIGINT');
    await this.#tshark.exited;
  }

  async #read(): Promise<Dissection> {
    const { stdout } = await run(
      requirePeer('tshark'),
      [
        ...['-r', this.#file, '-d', `${this.#transport}.port==${this.#port},cflow`, '-Y', 'cflow', '-T', 'pdml'],
        // By default tshark takes no template of more than 60 fields.
        ...['-o', 'cflow.max_template_fields:0'],
      ],
      { maxBuffer: 256 * 1024 * 1024 },
    );
    return readPdml(stdout);
  }
}

interface Line {
  readonly name: string;
  readonly showname: string;
  readonly show: string;
  readonly value: string;
}

const FIELD = /^\s*<field (.*?)\/?>$/;
const ATTRIBUTE = /(\w+)="([^"]*)"/g;

/** Reads tshark's PDML: one element a line, in the order of the packet. */
function readPdml(pdml: string): Dissection {
  const messages: DissectedMessage[] = [];
  const complaints: string[] = [];
  for (const proto of pdml.split(/^\s*<proto /m).slice(1)) {
    const lines = proto
      .split('\n')
      .slice(1)
      .map(lineOf)
      .filter((line) => line !== undefined);
    if (proto.startsWith('name="cflow"')) messages.push(messageOf(lines));
    if (proto.startsWith('name="_ws.malformed"')) complaints.push(proto);
    complaints.push(
      ...lines.filter(({ name }) => /^_ws\.(expert|malformed)$/.test(name)).map(({ showname }) => showname),
    );
  }
  return { messages, complaints };
}

function lineOf(line: string): Line | undefined {
  const attributes = FIELD.exec(line)?.[1];
  if (attributes === undefined) return undefined;
  const pairs = [...attributes.matchAll(ATTRIBUTE)].map(([, name, value]) => [name!, value!] as const);
  const { name = '', showname = '', show = '', value = '' } = Object.fromEntries<string | undefined>(pairs);
  return { name, showname, show, value };
}

function messageOf(lines: readonly Line[]): DissectedMessage {
  const number = (name: string): number => Number(lines.find((line) => line.name === name)?.show);
  const setId = number('cflow.flowset_id');
  const first = lines.findIndex(isRecord);
  return {
    version: number('cflow.version'),
    length: number('cflow.len'),
    exportTime: number('cflow.exporttime'),
    sequence: number('cflow.sequence'),
    domain: number('cflow.od_id'),
    setId,
    template: setId === 2 ? { id: number('cflow.template_id'), fields: specifiersOf(lines) } : undefined,
    records: first < 0 ? [] : recordsOf(lines.slice(first)),
  };
}

const isRecord = ({ name, show }: Line): boolean => name === '' && /^Flow \d+$/.test(show);

function specifiersOf(lines: readonly Line[]): DissectedSpecifier[] {
  const specifiers: DissectedSpecifier[] = [];
  for (const { name, show } of lines) {
    if (/^cflow\.template_ipfix_field_type(_enterprise)?$/.test(name)) {
      specifiers.push({ enterprise: 0, id: Number(show), length: 0 });
    } else if (name === 'cflow.template_field_length') {
      specifiers.push({ ...specifiers.pop()!, length: Number(show) });
    } else if (name === 'cflow.template_ipfix_field_pen') {
      specifiers.push({ ...specifiers.pop()!, enterprise: Number(show) });
    }
  }
  return specifiers;
}

/** Fields without octets of their own group others, and lengths of texts are not values. */
function recordsOf(lines: readonly Line[]): DissectedField[][] {
  const records: DissectedField[][] = [];
  for (const line of lines) {
    if (isRecord(line)) records.push([]);
    else if (line.value !== '' && !line.name.startsWith('cflow.string_len_')) {
      records.at(-1)!.push([labelOf(line), line.value]);
    }
  }
  return records;
}

/** tshark's name of IANA's elements, "reverse …" of their reverse twins, "enterprise …" with the number of an enterprise's. */
function labelOf({ name, showname }: Line): string {
  const enterprise = /^Enterprise Private entry: \(.*\) Type (\d+):/.exec(showname)?.[1];
  if (enterprise !== undefined) return `enterprise ${enterprise}`;
  return /\(Reverse Type \d+ /.test(showname) ? `reverse ${name}` : name;
}
