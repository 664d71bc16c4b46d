import { IpfixError } from './ipfix-error.js';
import type { DecodeObserver } from './decode-observer.js';
import type { MessageInHand } from './message-in-hand.js';
import type { PlanCache } from './plan-cache.js';
import type { ExporterSession, Notice, ObservationDomain } from './session.js';
import { readFieldSpecifiers, readTemplateRecord, type TemplateKind, type TemplateRecord } from './template-record.js';
import { unknownElements } from './unknown-elements.js';

/** What is left of a set after its last template record and is shorter than any is padding (RFC 7011 §3.3.1). */
const SHORTEST_TEMPLATE_RECORD = 4;

/** Whom the templates of a set are for. */
export interface TemplateContext {
  readonly session: ExporterSession;
  readonly domain: ObservationDomain;
  readonly plans: PlanCache;
  readonly observer: DecodeObserver;
  /** Gets the ids of the templates that the message brings, but for those that were known. */
  readonly learned: number[];
}

/**
 * Learns and withdraws the templates of one set, whose content is between `start` and `end`, in their order.
 *
 * A template whose id is in use already replaces the one that has it: over UDP this is how ids are used again (RFC 7011 §8.4); elsewhere
 * the exporter should have withdrawn it, which is said once, but the newer one is what its data is encoded with (§8.1 leaves that open).
 * One that is invalid or exceeds the limit removes the template it would have replaced.
 *
 * @throws IpfixError at the first template that is invalid or exceeds the limit
 */
export function readTemplateSet(
  context: TemplateContext,
  message: MessageInHand,
  kind: TemplateKind,
  start: number,
  end: number,
): void {
  let at = start;
  while (end - at >= SHORTEST_TEMPLATE_RECORD) at = readTemplate(context, message, kind, at, end);
}

/** Reads one record and returns where it ends. */
function readTemplate(
  context: TemplateContext,
  message: MessageInHand,
  kind: TemplateKind,
  at: number,
  end: number,
): number {
  let identified = -1;
  try {
    const template = readTemplateRecord(message.view, kind, at, end, message.start, (id) => (identified = id));
    if (template.fieldCount === 0) withdraw(context, kind, template.id);
    else define(context, message, kind, template, at - message.start);
    return template.end;
  } catch (error) {
    if (identified >= 0) context.session.remove(context.domain, identified);
    throw error;
  }
}

function define(
  context: TemplateContext,
  message: MessageInHand,
  kind: TemplateKind,
  template: TemplateRecord,
  offset: number,
): void {
  const { session, domain, plans } = context;
  const { id } = template;
  const key = plans.keyOf(message.bytes, kind, template);
  const known = domain.templates.get(id);
  if (known?.shared.key === key) {
    known.receivedAt = session.now;
    return;
  }
  if (known !== undefined && session.isReliable) {
    notice(
      context,
      'template_redefined',
      `template ${id} was redefined without being withdrawn; the newer definition is used`,
    );
  }
  const shared = plans.acquire(key, message.view, kind, template);
  if (shared === undefined) {
    const reason = `template ${id} is more than all exporters together may have`;
    throw new IpfixError('too_many_templates', offset, reason);
  }
  if (shared.plan.shortestRecord === 0) {
    plans.release(shared);
    throw new IpfixError('template_empty', offset, `records of template ${id} would have no octets`);
  }
  session.define(domain, id, shared, offset);
  context.learned.push(id);
  if (shared.plan.hasUnknown)
    context.observer.elementsUnknown(session, id, () => unknownElements(readFieldSpecifiers(message.view, template)));
}

/** Ends the use of a template, or of all of a kind (RFC 7011 §8.1); over UDP withdrawals are to be ignored (§8.4). */
function withdraw(context: TemplateContext, kind: TemplateKind, id: number): void {
  const { session, domain } = context;
  if (!session.isReliable) return;
  if (id === kind) {
    session.removeAll(domain, kind);
    return;
  }
  const isKnown = domain.templates.get(id)?.shared.plan.kind === kind && session.remove(domain, id);
  if (!isKnown) {
    notice(
      context,
      'template_withdrawn_unknown',
      `template ${id} was withdrawn but not known; the withdrawal is ignored`,
    );
  }
}

function notice({ session, observer }: TemplateContext, about: Notice, message: string): void {
  if (session.isFirst(about)) observer.noticed(session, about, message);
}
