import { type InformationElement, informationElement } from '../../src/adapters/formats/ipfix/information-elements.js';
import { parseAddress } from '../../src/domain/flow/address.js';

/** A field of a template: an element at its own length, at another length, or one that no registry has. */
export type FieldSpec =
  | string
  | readonly [name: string, length: number]
  | { readonly enterpriseNumber: number; readonly id: number; readonly length: number };

/** A value of a record: text also for addresses, bytes as they are. */
export type Value = number | bigint | string | Uint8Array;

/** Values of a record by element name; what is missing is 0, "" or zeros. */
export type Values = Readonly<Record<string, Value>>;

/** What a message's header says. */
export interface HeaderValues {
  readonly exportTime?: number;
  readonly sequence?: number;
  readonly domain?: number;
}

/** Length that says "variable" in a template. */
export const VARIABLE = 65535;

/** Bytes one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Big-endian bytes of an unsigned number. */
export function be(value: number | bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let rest = BigInt(value), i = length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

/** A whole message. */
export function message(
  { exportTime = 1_700_000_000, sequence = 0, domain = 1 }: HeaderValues,
  ...sets: Uint8Array[]
): Uint8Array {
  const body = concat(...sets);
  return concat(be(10, 2), be(16 + body.length, 2), be(exportTime, 4), be(sequence, 4), be(domain, 4), body);
}

/** A set of any id with any content. */
export function set(id: number, ...content: Uint8Array[]): Uint8Array {
  const body = concat(...content);
  return concat(be(id, 2), be(4 + body.length, 2), body);
}

/** A template record, for `set(2, …)`. No fields: a withdrawal. */
export function template(id: number, fields: readonly FieldSpec[]): Uint8Array {
  return concat(be(id, 2), be(fields.length, 2), ...fields.map(specifier));
}

/** An options template record, for `set(3, …)`; the first `scopes` fields are the scope. */
export function optionsTemplate(id: number, scopes: number, fields: readonly FieldSpec[]): Uint8Array {
  return concat(be(id, 2), be(fields.length, 2), be(scopes, 2), ...fields.map(specifier));
}

/** A data record of a template with these fields. */
export function record(fields: readonly FieldSpec[], values: Values = {}): Uint8Array {
  return concat(
    ...fields.map((field) => {
      if (!isKnown(field))
        return field.length === VARIABLE ? variable(Uint8Array.of(1, 2, 3)) : new Uint8Array(field.length).fill(0xee);
      const { element, length } = resolve(field);
      const bytes = valueBytes(element, length, values[element.name]);
      return length === VARIABLE ? variable(bytes) : bytes;
    }),
  );
}

/** A variable-length value (RFC 7011 §7); in the three-octet form also where one octet would do, if asked. */
export function variable(bytes: Uint8Array, long = bytes.length > 254): Uint8Array {
  return long ? concat(be(255, 1), be(bytes.length, 2), bytes) : concat(be(bytes.length, 1), bytes);
}

const isKnown = (field: FieldSpec): field is string | readonly [string, number] =>
  typeof field === 'string' || Array.isArray(field);

function resolve(field: string | readonly [string, number]): { element: InformationElement; length: number } {
  const [name, length] = typeof field === 'string' ? [field] : field;
  const element = informationElement(name);
  return { element, length: length ?? element.length };
}

function specifier(field: FieldSpec): Uint8Array {
  const known = isKnown(field) ? resolve(field) : undefined;
  const { enterpriseNumber, id } = known
    ? known.element
    : (field as Exclude<FieldSpec, string | readonly [string, number]>);
  const length = known ? known.length : (field as { length: number }).length;
  return enterpriseNumber === 0
    ? concat(be(id, 2), be(length, 2))
    : concat(be(id | 0x8000, 2), be(length, 2), be(enterpriseNumber, 4));
}

function valueBytes(element: InformationElement, length: number, value: Value | undefined): Uint8Array {
  const size = length === VARIABLE ? undefined : length;
  if (value instanceof Uint8Array) return value;
  if (value === undefined) return new Uint8Array(size ?? 0);
  if (typeof value !== 'string') return be(value, size ?? 4);
  if (element.type === 'ipv4Address') return parseAddress(value)!;
  if (element.type === 'ipv6Address') {
    const bytes = parseAddress(value)!;
    return bytes.length === 16 ? bytes : concat(new Uint8Array(10), be(0xffff, 2), bytes);
  }
  const text = new TextEncoder().encode(value);
  return size === undefined ? text : concat(text, new Uint8Array(size)).slice(0, size);
}

/** An NTP timestamp, as dateTimeMicroseconds and dateTimeNanoseconds are written. */
export function ntp(unixSeconds: number, fraction = 0): bigint {
  return (BigInt((unixSeconds + 2_208_988_800) % 2 ** 32) << 32n) | BigInt(Math.floor(fraction * 2 ** 32));
}
