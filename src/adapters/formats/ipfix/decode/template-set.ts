import { IpfixError } from './ipfix-error.js';
import type { DecodeObserver } from './message-decoder.js';
import type { PlanCache } from './plan-cache.js';
import type { ExporterSession, Notice, ObservationDomain } from './session.js';
import { readTemplateRecord, type TemplateKind, type TemplateRecord } from './template-record.js';

/** What is left of a set after its last template record and is shorter than any is padding (RFC 7011 §3.3.1). */
const SHORTEST_TEMPLATE_RECORD = 4;

/**
 * Learns and withdraws the templates of one set, in their order.
 *
 * A template whose id is in use already replaces the one that has it: over UDP this is how ids are used again (RFC 7011 §8.4); elsewhere
 * the exporter should have withdrawn it, which is said once, but the newer one is what its data is encoded with (§8.1 leaves that open).
 * One that is invalid or exceeds the limit removes the template it would have replaced.
 *
 * @throws IpfixError at the first template that is invalid or exceeds the limit
 */
export function readTemplateSet(
  session: ExporterSession,
  domain: ObservationDomain,
  plans: PlanCache,
  observer: DecodeObserver,
  kind: TemplateKind,
  bytes: Uint8Array,
  view: DataView,
  messageStart: number,
  start: number,
  end: number,
): void {
  const notice = (about: Notice, message: string): void => {
    if (session.isFirst(about)) observer.noticed(session, about, message);
  };
  let identified = -1;
  let at = start;
  while (end - at >= SHORTEST_TEMPLATE_RECORD) {
    try {
      identified = -1;
      const template = readTemplateRecord(view, kind, at, end, messageStart, (id) => (identified = id));
      if (template.fieldCount === 0) withdraw(session, domain, kind, template.id, notice);
      else define(template, at - messageStart);
      at = template.end;
    } catch (error) {
      if (identified >= 0) session.remove(domain, identified);
      throw error;
    }
  }

  function define(template: TemplateRecord, offset: number): void {
    const key = plans.keyOf(bytes, kind, template);
    const known = domain.templates.get(template.id);
    if (known?.shared.key === key) {
      known.receivedAt = session.now;
      return;
    }
    if (known !== undefined && session.isReliable) {
      notice(
        'template_redefined',
        `template ${template.id} was redefined without being withdrawn; the newer definition is used`,
      );
    }
    const shared = plans.acquire(key, view, kind, template);
    if (shared.plan.shortestRecord === 0) {
      plans.release(shared);
      throw new IpfixError('template_empty', offset, `records of template ${template.id} would have no octets`);
    }
    session.define(domain, template.id, shared, offset);
  }
}

/** Ends the use of a template, or of all of a kind; over UDP withdrawals are to be ignored (RFC 7011 §8.4). */
function withdraw(
  session: ExporterSession,
  domain: ObservationDomain,
  kind: TemplateKind,
  id: number,
  notice: (about: Notice, message: string) => void,
): void {
  if (!session.isReliable) return;
  if (id === kind) {
    session.removeAll(domain, kind);
    return;
  }
  const isKnown = domain.templates.get(id)?.shared.plan.kind === kind && session.remove(domain, id);
  if (!isKnown)
    notice('template_withdrawn_unknown', `template ${id} was withdrawn but not known; the withdrawal is ignored`);
}
