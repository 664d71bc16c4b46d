/**
 * Reads IPFIX as the agents write it (RFC 7011: whole messages, one set each), sharing nothing with the code under test, not even the
 * names of elements: a field is called "‹enterprise›/‹element id›".
 */

/** One data record: its message's header, and the bytes of its fields. */
export interface DecodedRecord {
  readonly exportSeconds: number;
  readonly sequence: number;
  readonly observationDomain: number;
  readonly templateId: number;
  readonly fields: ReadonlyMap<string, Buffer>;
}

interface Specifier {
  readonly name: string;
  readonly length: number;
}

const TEMPLATE_SET = 2;
const VARIABLE = 65_535;

/** Splits a stream into its messages. */
export function messagesOf(stream: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    if (stream.readUInt16BE(at) !== 10) throw new Error(`no message begins at ${at}`);
    const end = at + stream.readUInt16BE(at + 2);
    if (end > stream.length) throw new Error('the last message is cut off');
    messages.push(stream.subarray(at, end));
    at = end;
  }
  return messages;
}

/** The data records of one session's messages. @throws Error if anything does not add up */
export function decodeMessages(messages: readonly Buffer[]): DecodedRecord[] {
  const templates = new Map<number, Specifier[]>();
  const records: DecodedRecord[] = [];
  for (const message of messages) {
    const setId = message.readUInt16BE(16);
    if (message.readUInt16BE(18) !== message.length - 16) throw new Error('a message has more than one set');
    if (setId === TEMPLATE_SET) {
      const template = readTemplate(message);
      templates.set(message.readUInt16BE(20), template);
      continue;
    }
    const template = templates.get(setId);
    if (!template) throw new Error(`template ${setId} is not known`);
    records.push({
      exportSeconds: message.readUInt32BE(4),
      sequence: message.readUInt32BE(8),
      observationDomain: message.readUInt32BE(12),
      templateId: setId,
      fields: readFields(message, template),
    });
  }
  return records;
}

function readTemplate(message: Buffer): Specifier[] {
  const specifiers: Specifier[] = [];
  const count = message.readUInt16BE(22);
  let at = 24;
  for (let i = 0; i < count; i++) {
    const id = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    const enterprise = id >= 0x8000 ? message.readUInt32BE(at + 4) : 0;
    specifiers.push({ name: `${enterprise}/${id & 0x7fff}`, length });
    at += id >= 0x8000 ? 8 : 4;
  }
  if (at !== message.length) throw new Error('a template does not fill its message');
  return specifiers;
}

function readFields(message: Buffer, template: readonly Specifier[]): Map<string, Buffer> {
  const fields = new Map<string, Buffer>();
  let at = 20;
  for (const { name, length } of template) {
    let size = length;
    if (length === VARIABLE) {
      size = message.readUInt8(at++);
      if (size === 255) {
        size = message.readUInt16BE(at);
        at += 2;
      }
    }
    if (at + size > message.length) throw new Error(`${name} is cut off`);
    fields.set(name, message.subarray(at, at + size));
    at += size;
  }
  if (at !== message.length) throw new Error('a record does not fill its message');
  return fields;
}

/** A field as a number. */
export function numberOf(record: DecodedRecord, name: string): number {
  const bytes = fieldOf(record, name);
  return bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : bytes.readUIntBE(0, bytes.length);
}

/** A field as text. */
export function textOf(record: DecodedRecord, name: string): string {
  return fieldOf(record, name).toString('utf8');
}

/** A field's bytes. @throws Error if the record has no such field */
export function fieldOf(record: DecodedRecord, name: string): Buffer {
  const bytes = record.fields.get(name);
  if (!bytes) throw new Error(`there is no ${name}`);
  return bytes;
}
