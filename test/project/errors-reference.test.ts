import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { fileErrorText } from '../../src/adapters/flow-log/file-error.js';
import { IPFIX_REASONS } from '../../src/adapters/formats/ipfix/decode/ipfix-error.js';
import { RECORD_DROP_REASONS } from '../../src/adapters/formats/protobuf/decode-observer.js';
import { PROTOBUF_REASONS } from '../../src/adapters/formats/protobuf/protobuf-error.js';
import { FRAME_REASONS } from '../../src/adapters/grpc/collector/grpc-error.js';
import { tlsFailure } from '../../src/adapters/transport/sessions/tls-failure.js';
import { TLS_REFUSAL_REASONS } from '../../src/adapters/transport/tls-refusal.js';

const SESSIONS = 'src/adapters/transport/sessions';

/** Sections whose quotations are words of the program, and the files that have them. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'Exporters that are refused over TLS': ['src/adapters/transport/tls-refusal.ts'],
  'Exporters at the wrong port': [
    'src/adapters/transport/tls-refusal.ts',
    'src/adapters/ipfix/collector/stream-connection.ts',
    'src/adapters/grpc/collector/grpc-connection.ts',
  ],
  'Collectors that can’t be reached over TLS': ['tls-failure.ts', 'tls-files.ts', 'tls-session.ts'].map(
    (name) => `${SESSIONS}/${name}`,
  ),
  'A flow log that can’t be written': ['src/adapters/flow-log/file-error.ts', 'src/adapters/flow-log/backups.ts'],
};

const page = readFileSync('docs/reference/errors.md', 'utf8');
const sections = new Map(
  page.split(/^## /m).map((text) => [text.slice(0, text.indexOf('\n')).replaceAll("'", '’'), text] as const),
);

/** The sources of the program, in which its texts stand. */
function words(files: readonly string[]): string {
  return files.map((file) => readFileSync(file, 'utf8')).join('\n');
}

function quotations(text: string): string[] {
  return Array.from(text.matchAll(/“([^”]+)”/g), ([, quotation]) => quotation!.replaceAll(/\s+/g, ' ').trim());
}

/** Codes in the rows of a section's table. */
function codesOf(section: string): string[] {
  const rows = sections.get(section)!.match(/^\|.*\|$/gm)!;
  return rows.flatMap((row) => Array.from(row.matchAll(/`([A-Z][A-Z_]+)`/g), ([, code]) => code!));
}

/** What the page quotes in the row of a code. */
function quotedFor(section: string, code: string): string[] {
  return quotations(new RegExp(`^\\|.*\`${code}\`.*\\|$`, 'm').exec(sections.get(section)!)![0]);
}

describe('docs/reference/errors.md', () => {
  it.each([
    ...IPFIX_REASONS.map((reason) => `WEIR_IPFIX_${reason.toUpperCase()}`),
    ...PROTOBUF_REASONS.map((reason) => `WEIR_PROTOBUF_${reason.toUpperCase()}`),
    ...FRAME_REASONS.map((reason) => `WEIR_GRPC_${reason.toUpperCase()}`),
    ...TLS_REFUSAL_REASONS,
  ])('has a row for %s', (what) => {
    expect(page).toMatch(new RegExp(`^\\| \`${what}\` `, 'm'));
  });

  it.each([
    ...['truncated', 'internal', 'unknown_template', 'reserved_id', 'strings_full', 'full', 'encode', 'shutdown'],
    ...RECORD_DROP_REASONS,
  ])('explains %s', (what) => {
    expect(page).toContain(`\`${what}\``);
  });

  it.each(Object.entries(SOURCES))('quotes the program: %s', (section, files) => {
    const program = words([...files, 'src/application/sink-health.ts']);
    const quoted = quotations(sections.get(section)!);
    const isOfFrame = (text: string): boolean => /^(a client of …|no TLS session with|was refused:)/.test(text);
    expect(quoted.filter((text) => !isOfFrame(text) && !program.includes(text))).toEqual([]);
    expect(quoted.length).toBeGreaterThan(8);
  });

  it('has each code of a TLS session that is put into words, with these words', () => {
    const section = 'Collectors that can’t be reached over TLS';
    const source = words([`${SESSIONS}/tls-failure.ts`]);
    const verified = Array.from(source.matchAll(/^ {2}([A-Z][A-Z_]+): /gm), ([, code]) => code!);
    const alerts = Array.from(source.matchAll(/\[?\/\(?([A-Z_|]+)\)?\$\//g), ([, names]) => names!.split('|')).flat();
    expect(codesOf(section).sort()).toEqual([...verified, ...alerts].sort());
    const context = { authorities: 'ca.crt', minVersion: 'TLS 1.2', clientCertificateKey: 'clientSecretName' };
    for (const code of codesOf(section)) {
      const name = alerts.includes(code) ? `ERR_SSL_SSLV3_ALERT_${code}` : code;
      const clientCertificate = code !== 'CERTIFICATE_REQUIRED';
      const text = tlsFailure(Object.assign(new Error(), { code: name }), { ...context, clientCertificate });
      expect(text).toContain(quotedFor(section, code)[0]);
    }
  });

  it('has each code of a file system that is put into words, with these words', () => {
    const section = 'A flow log that can’t be written';
    const source = words(['src/adapters/flow-log/file-error.ts']);
    const known = Array.from(source.matchAll(/^ {2}([A-Z]+): /gm), ([, code]) => code!);
    expect(codesOf(section).sort()).toEqual(known.sort());
    for (const code of known) expect(`“${fileErrorText({ code })}”`).toBe(`“${quotedFor(section, code)[0]} (${code})”`);
  });
});
