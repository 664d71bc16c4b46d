import { IpfixError } from './ipfix-error.js';

/** Set of templates (RFC 7011 §3.3.2); in a template record's place, the withdrawal of all templates. */
export const TEMPLATE_SET = 2;
/** Set of options templates; in a template record's place, the withdrawal of all options templates. */
export const OPTIONS_TEMPLATE_SET = 3;
/** Template ids, which are the ids of data sets, begin here; what is below and no template set is unusable. */
export const FIRST_DATA_SET = 256;
/** Octets of a set's header: id and length. */
export const SET_HEADER_LENGTH = 4;

const ENTERPRISE_BIT = 0x8000;

/** Which of the two template sets a template came in. */
export type TemplateKind = typeof TEMPLATE_SET | typeof OPTIONS_TEMPLATE_SET;

/** One field specifier (RFC 7011 §3.2). */
export interface FieldSpecifier {
  /** Element identifier without the enterprise bit. */
  readonly id: number;
  /** 0 if the enterprise bit is clear. */
  readonly enterpriseNumber: number;
  /** Octets in a record; 65535 if the record says. */
  readonly length: number;
}

/** A template or options template record, or the withdrawal of one (RFC 7011 §3.4.1, §3.4.2, §8.1). */
export interface TemplateRecord {
  readonly id: number;
  /** Number of fields; 0 means withdrawal. */
  readonly fieldCount: number;
  /** Where the field specifiers begin. */
  readonly start: number;
  /** Where the record ends. */
  readonly end: number;
}

/**
 * Finds the boundaries of the template record at `position`, which has at least its first four octets before `end`.
 *
 * @param onIdentified told the id as soon as it is known to be one, before anything else is checked
 * @throws IpfixError for an id that no template can have, a record that runs over its set, or scope fields in an impossible number
 */
export function readTemplateRecord(
  view: DataView,
  kind: TemplateKind,
  position: number,
  end: number,
  messageStart: number,
  onIdentified: (id: number) => void,
): TemplateRecord {
  const id = view.getUint16(position);
  const fieldCount = view.getUint16(position + 2);
  const isWithdrawal = fieldCount === 0;
  if (id < FIRST_DATA_SET && !(isWithdrawal && id === kind)) {
    throw new IpfixError(
      'template_id',
      position - messageStart,
      `a template can't have the id ${id}: ids begin at ${FIRST_DATA_SET}`,
    );
  }
  if (isWithdrawal) return { id, fieldCount, start: position + 4, end: position + 4 };
  onIdentified(id);
  let next = position + 4;
  if (kind === OPTIONS_TEMPLATE_SET) {
    if (end - next < 2) throw truncated(id, position - messageStart);
    const scopeCount = view.getUint16(next);
    if (scopeCount === 0 || scopeCount > fieldCount) {
      const message = `options template ${id} has ${scopeCount} scope fields among its ${fieldCount} fields`;
      throw new IpfixError('template_scope', next - messageStart, message);
    }
    next += 2;
  }
  const start = next;
  for (let i = 0; i < fieldCount; i++) {
    if (end - next < 4) throw truncated(id, position - messageStart);
    next += view.getUint16(next) & ENTERPRISE_BIT ? 8 : 4;
    if (next > end) throw truncated(id, position - messageStart);
  }
  return { id, fieldCount, start, end: next };
}

/** The field specifiers of a template record whose boundaries are known. */
export function readFieldSpecifiers(view: DataView, { start, fieldCount }: TemplateRecord): FieldSpecifier[] {
  const fields: FieldSpecifier[] = [];
  for (let i = 0, at = start; i < fieldCount; i++) {
    const first = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const isEnterprise = (first & ENTERPRISE_BIT) !== 0;
    fields.push({ id: first & ~ENTERPRISE_BIT, enterpriseNumber: isEnterprise ? view.getUint32(at + 4) : 0, length });
    at += isEnterprise ? 8 : 4;
  }
  return fields;
}

function truncated(id: number, offset: number): IpfixError {
  return new IpfixError('template_length', offset, `template ${id} runs over the end of its set`);
}
