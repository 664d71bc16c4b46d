import { describe, expect, it } from '@jest/globals';
import { IpfixError } from '../../../../../src/adapters/formats/ipfix/decode/ipfix-error.js';
import { PlanCache, sharedLimitsOf } from '../../../../../src/adapters/formats/ipfix/decode/plan-cache.js';
import type { ExporterSession } from '../../../../../src/adapters/formats/ipfix/decode/session.js';
import { Decoding } from '../../../../support/decoding.js';
import { be, concat, message, optionsTemplate, record, set, template } from '../../../../support/ipfix-messages.js';

const FLOW = ['sourceIPv4Address', 'destinationIPv4Address', 'sourceTransportPort'];
const SWAPPED = ['destinationIPv4Address', 'sourceIPv4Address', 'destinationTransportPort'];
const scope = { enterpriseNumber: 0, id: 149, length: 4 };
const flow = (port: number): Uint8Array => record(FLOW, { sourceIPv4Address: '10.0.0.1', sourceTransportPort: port });
const data = (id: number, port = 1): Uint8Array => message({}, set(id, flow(port)));
const define = (id: number, fields: readonly string[] = FLOW): Uint8Array => message({}, set(2, template(id, fields)));
const withdraw = (setId: number, id: number): Uint8Array => message({}, set(setId, concat(be(id, 2), be(0, 2))));

const reasonOf = (decoding: Decoding, bytes: Uint8Array): string | undefined => {
  try {
    decoding.feed(bytes);
  } catch (error) {
    if (error instanceof IpfixError) return error.reason;
    throw error;
  }
  return undefined;
};

describe('template records (RFC 7011 §3.4.1)', () => {
  it('come several in a set, in any order of ids', () => {
    const decoding = new Decoding().feed(
      message({}, set(2, template(999, FLOW), template(256, FLOW), template(65535, FLOW))),
    );
    decoding.feed(data(65535, 1), data(256, 2), data(999, 3));
    expect(decoding.records.map(({ sourceTransportPort }) => sourceTransportPort)).toEqual([1, 2, 3]);
  });

  it.each([0, 1, 2, 3, 255])('with id %d are refused: ids begin at 256', (id) => {
    expect(reasonOf(new Decoding(), define(id))).toBe('template_id');
  });

  it('that run over their set are refused', () => {
    const decoding = new Decoding();
    const whole = template(256, [...FLOW, 'sourcePodName']);
    for (let length = 4; length < whole.length; length++) {
      expect(reasonOf(decoding, message({}, set(2, whole.subarray(0, length))))).toBe('template_length');
    }
  });

  it('whose records would have no octets are refused: nobody could count them', () => {
    expect(reasonOf(new Decoding(), message({}, set(2, template(256, [['paddingOctets', 0]]))))).toBe('template_empty');
  });

  it('with elements nobody knows, of any enterprise and length, are used for what is known (§9)', () => {
    const fields = [
      { enterpriseNumber: 0, id: 32767, length: 300 },
      'sourceIPv4Address',
      { enterpriseNumber: 4_294_967_295, id: 1, length: 65535 },
      { enterpriseNumber: 6876, id: 0, length: 0 },
      'destinationIPv4Address',
      { enterpriseNumber: 9, id: 7, length: 65535 },
      'tcpState',
    ];
    const bytes = record(fields, {
      sourceIPv4Address: '10.0.0.1',
      destinationIPv4Address: '10.0.0.2',
      tcpState: 'CLOSED',
    });
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields)), set(256, bytes, bytes)));
    expect(decoding.records).toHaveLength(2);
    expect(decoding.records[1]).toMatchObject({ sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', tcpState: 'CLOSED' });
  });

  it('with an element twice: the first is taken (§8)', () => {
    const fields = [...FLOW, 'sourceTransportPort', 'tcpState', 'tcpState'];
    const bytes = concat(flow(1), be(2, 2), record(['tcpState', 'egressName'], { tcpState: 'A', egressName: 'B' }));
    const decoding = new Decoding().feed(message({}, set(2, template(256, fields)), set(256, bytes)));
    expect(decoding.only).toMatchObject({ sourceTransportPort: 1, tcpState: 'A' });
  });

  it('with a length that the element’s type can’t have: the element is skipped', () => {
    const fields = [
      ...FLOW,
      ['flowEndSeconds', 8],
      ['protocolIdentifier', 4],
      ['flowType', 65535],
      ['octetTotalCount', 9],
    ] as const;
    const bytes = concat(
      flow(1),
      new Uint8Array(8).fill(1),
      new Uint8Array(4).fill(2),
      be(1, 1),
      be(3, 1),
      new Uint8Array(9).fill(4),
    );
    const decoding = new Decoding().feed(message({ exportTime: 77 }, set(2, template(256, fields)), set(256, bytes)));
    expect(decoding.only).toMatchObject({
      flowEndSeconds: 77,
      protocolIdentifier: 0,
      flowType: 0,
      octetTotalCount: 0n,
      carried: 0,
    });
  });
});

describe('options template records (RFC 7011 §3.4.2)', () => {
  it('are told from templates by their set, and their data is no flow', () => {
    const decoding = new Decoding().feed(
      message({}, set(3, optionsTemplate(256, 1, [scope, 'systemInitTimeMilliseconds']))),
    );
    decoding.feed(message({}, set(256, new Uint8Array(12))));
    expect(decoding).toMatchObject({ records: [], received: 0, skipped: {}, dropped: {} });
  });

  it.each([0, 3])('with %d scope fields of 2 fields are refused', (scopes) => {
    const bytes = message({}, set(3, optionsTemplate(256, scopes, [scope, scope])));
    expect(reasonOf(new Decoding(), bytes)).toBe('template_scope');
  });

  it('that end before their number of scope fields are refused', () => {
    expect(reasonOf(new Decoding(), message({}, set(3, concat(be(256, 2), be(1, 2)))))).toBe('template_length');
  });

  it('share their ids with templates', () => {
    const decoding = new Decoding({ isReliable: false }).feed(define(256));
    decoding.feed(message({}, set(3, optionsTemplate(256, 1, [scope]))), message({}, set(256, be(1, 4))));
    expect(decoding).toMatchObject({ records: [], received: 0 });
  });
});

describe('data of a template that is not known (RFC 7011 §9.3)', () => {
  it('is skipped and counted, and one line a session names the template', () => {
    const decoding = new Decoding().feed(data(256), data(257), define(256), data(256, 5));
    expect(decoding.skipped).toEqual({ unknown_template: 2 });
    expect(decoding.notices).toEqual([
      { notice: 'unknown_template', message: expect.stringContaining('template 256') },
    ]);
    expect(decoding.only).toMatchObject({ sourceTransportPort: 5 });
  });

  it('is skipped without disturbing the rest of its message', () => {
    const decoding = new Decoding().feed(
      message({}, set(2, template(256, FLOW)), set(300, flow(1)), set(256, flow(2))),
    );
    expect(decoding.only).toMatchObject({ sourceTransportPort: 2 });
  });
});

describe('templates live in a session and an observation domain (RFC 7011 §8)', () => {
  it('so one id means different things in different domains', () => {
    const decoding = new Decoding().feed(define(256), message({ domain: 2 }, set(2, template(256, SWAPPED))));
    decoding.feed(data(256, 7), message({ domain: 2 }, set(256, flow(8))), data(256, 9));
    expect(decoding.records).toMatchObject([
      { sourceTransportPort: 7 },
      { destinationTransportPort: 8 },
      { sourceTransportPort: 9 },
    ]);
  });

  it('so a session knows nothing of another’s', () => {
    const decoding = new Decoding().feed(define(256));
    decoding.feedTo(decoding.newSession(), data(256));
    expect(decoding).toMatchObject({ records: [], skipped: { unknown_template: 1 } });
  });

  it('and end with the session', () => {
    const decoding = new Decoding().feed(define(256), define(257, SWAPPED));
    expect(decoding.session.templateCount).toBe(2);
    decoding.session.close();
    expect(decoding.plans).toMatchObject({ users: 0, size: 0 });
    expect(decoding.feed(data(256)).records).toEqual([]);
  });
});

describe('withdrawal of templates over TCP (RFC 7011 §8.1)', () => {
  it('ends the use of a template, and its id can be used anew', () => {
    const decoding = new Decoding().feed(define(256), withdraw(2, 256), data(256), define(256, SWAPPED), data(256, 4));
    expect(decoding.skipped).toEqual({ unknown_template: 1 });
    expect(decoding.only).toMatchObject({ destinationTransportPort: 4 });
    expect(decoding.notices.map(({ notice }) => notice)).toEqual(['unknown_template']);
  });

  it('can stand among definitions in one set', () => {
    const mixed = set(2, template(257, FLOW), template(256, []), template(258, FLOW));
    const decoding = new Decoding().feed(define(256), message({}, mixed), data(256), data(257), data(258));
    expect(decoding.records).toHaveLength(2);
  });

  it('of all templates leaves options templates, and the other way round', () => {
    const options = message({}, set(3, optionsTemplate(300, 1, [scope])));
    const decoding = new Decoding().feed(define(256), define(257), options, withdraw(2, 2));
    expect(decoding.session.templateCount).toBe(1);
    decoding.feed(define(256), withdraw(3, 3));
    expect(decoding.session.templateCount).toBe(1);
    expect(decoding.feed(data(256)).records).toHaveLength(1);
  });

  it('of all templates is for one domain', () => {
    const other = message({ domain: 2 }, set(2, template(256, FLOW)));
    const decoding = new Decoding().feed(define(256), other, withdraw(2, 2));
    expect(decoding.session.templateCount).toBe(1);
  });

  it('of all templates has to be in a set of its kind', () => {
    expect(reasonOf(new Decoding(), withdraw(2, 3))).toBe('template_id');
    expect(reasonOf(new Decoding(), withdraw(3, 2))).toBe('template_id');
  });

  it('of what is not known, or of the other kind, is ignored and said', () => {
    const decoding = new Decoding().feed(define(256), withdraw(2, 999), withdraw(3, 256), data(256));
    expect(decoding.records).toHaveLength(1);
    expect(decoding.notices.map(({ notice }) => notice)).toEqual(['template_withdrawn_unknown']);
  });

  it('applies from its place in the message on', () => {
    const decoding = new Decoding().feed(define(256));
    decoding.feed(message({}, set(256, flow(1)), set(2, template(256, [])), set(256, flow(2))));
    expect(decoding.only).toMatchObject({ sourceTransportPort: 1 });
  });
});

describe('a template for an id in use over TCP (RFC 7011 §8.1)', () => {
  it('is no news if it is the same', () => {
    const decoding = new Decoding().feed(define(256), define(256), data(256));
    expect(decoding.notices).toEqual([]);
    expect(decoding.plans.users).toBe(1);
  });

  it('replaces another one, which is said: the exporter should have withdrawn it', () => {
    const decoding = new Decoding().feed(define(256), define(256, SWAPPED), data(256, 3));
    expect(decoding.only).toMatchObject({ destinationTransportPort: 3 });
    expect(decoding.notices.map(({ notice }) => notice)).toEqual(['template_redefined']);
  });

  it('applies from its place in the message on', () => {
    const decoding = new Decoding().feed(define(256));
    decoding.feed(message({}, set(256, flow(1)), set(2, template(256, SWAPPED)), set(256, flow(2))));
    expect(decoding.records).toMatchObject([{ sourceTransportPort: 1 }, { destinationTransportPort: 2 }]);
  });
});

describe('templates over UDP (RFC 7011 §8.4)', () => {
  const udp = (): Decoding => new Decoding({ isReliable: false });

  it('are replaced by another one of their id, as a matter of course', () => {
    const decoding = udp().feed(define(256), define(256, SWAPPED), data(256, 3));
    expect(decoding.only).toMatchObject({ destinationTransportPort: 3 });
    expect(decoding.notices).toEqual([]);
  });

  it('are not withdrawn: withdrawals are ignored', () => {
    const decoding = udp().feed(define(256), withdraw(2, 256), withdraw(2, 2), data(256));
    expect(decoding.records).toHaveLength(1);
  });

  it('expire if they are not sent again', () => {
    const decoding = udp();
    decoding.session.now = 100;
    decoding.feed(define(256), define(257));
    decoding.session.now = 200;
    decoding.feed(define(257));
    decoding.session.expireTemplates(101);
    decoding.feed(data(256), data(257));
    expect(decoding.records).toHaveLength(1);
    expect(decoding.skipped).toEqual({ unknown_template: 1 });
  });

  it('that are invalid remove the one they would have replaced', () => {
    for (const invalid of [template(256, [['paddingOctets', 0]]), template(256, FLOW).subarray(0, 10)]) {
      const decoding = udp().feed(define(256), define(257));
      expect(reasonOf(decoding, message({}, set(2, invalid)))).toBeDefined();
      decoding.feed(data(256), data(257));
      expect(decoding.records).toHaveLength(1);
    }
  });
});

describe('limits.maxTemplates', () => {
  it('bounds the templates of a session, of all its domains', () => {
    const decoding = new Decoding({ maxTemplates: 2 }).feed(
      define(256),
      message({ domain: 2 }, set(2, template(256, FLOW))),
    );
    expect(reasonOf(decoding, define(257))).toBe('too_many_templates');
    expect(decoding.plans.users).toBe(2);
    expect(reasonOf(decoding, define(256, SWAPPED))).toBeUndefined();
  });

  it('counts a template of many fields as several, so that memory is bounded', () => {
    const wide = Array.from({ length: 300 }, (_, i) => ({ enterpriseNumber: 9, id: i + 1, length: i % 2 ? 65535 : 1 }));
    const decoding = new Decoding({ maxTemplates: 3 });
    decoding.feed(message({}, set(2, template(256, wide))));
    expect(reasonOf(decoding, define(257))).toBe('too_many_templates');
    decoding.feed(withdraw(2, 256), define(257));
    expect(decoding.session.templateCount).toBe(1);
  });

  it('bounds the observation domains of a session', () => {
    const decoding = new Decoding({ maxTemplates: 2 }).feed(message({ domain: 1 }), message({ domain: 2 }));
    expect(reasonOf(decoding, message({ domain: 3 }))).toBe('too_many_domains');
    expect(reasonOf(decoding, message({ domain: 1 }))).toBeUndefined();
  });
});

describe('what all sessions together may hold', () => {
  const limited = (plans: number, uses: number): Decoding => new Decoding({ plans: new PlanCache({ plans, uses }) });
  const refusal = (decoding: Decoding, session: ExporterSession, bytes: Uint8Array): string | undefined => {
    try {
      decoding.feedTo(session, bytes);
    } catch (error) {
      return error instanceof IpfixError ? error.reason : String(error);
    }
    return undefined;
  };
  const inDomain = (domain: number, id = 256): Uint8Array => message({ domain }, set(2, template(id, FLOW)));

  it('is so many different templates: who has the same ones as others goes on', () => {
    const decoding = limited(2, 100).feed(define(256), define(257, SWAPPED));
    const other = decoding.newSession();
    expect(refusal(decoding, other, define(256))).toBeUndefined();
    expect(refusal(decoding, other, define(300, ['octetDeltaCount']))).toBe('too_many_templates');
    expect(decoding.plans).toMatchObject({ size: 2, users: 3 });
    expect(decoding.feed(data(256)).records).toHaveLength(1);
    // The last use of a template makes room.
    decoding.feed(withdraw(2, 257));
    expect(refusal(decoding, other, define(300, ['octetDeltaCount']))).toBeUndefined();
  });

  it('counts a template of many fields as several', () => {
    const wide = Array.from({ length: 300 }, (_, i) => ({ enterpriseNumber: 9, id: i + 1, length: 1 }));
    const decoding = limited(3, 100).feed(message({}, set(2, template(256, wide))));
    expect(refusal(decoding, decoding.newSession(), define(256))).toBe('too_many_templates');
    decoding.session.close();
    expect(refusal(decoding, decoding.newSession(), define(256))).toBeUndefined();
  });

  it('is so many uses of templates, shared ones too', () => {
    const decoding = limited(100, 2).feed(define(256));
    const other = decoding.newSession();
    expect(refusal(decoding, other, define(256))).toBeUndefined();
    expect(refusal(decoding, other, define(257))).toBe('too_many_templates');
    decoding.session.close();
    expect(refusal(decoding, other, define(257))).toBeUndefined();
  });

  it('counts an observation domain as eight uses, but for the first of each session', () => {
    const decoding = limited(100, 17).feed(inDomain(1), message({ domain: 2 }));
    const other = decoding.newSession();
    for (const domain of [1, 2]) expect(refusal(decoding, other, message({ domain }))).toBeUndefined();
    expect(refusal(decoding, other, message({ domain: 3 }))).toBe('too_many_domains');
    expect(refusal(decoding, other, inDomain(1))).toBe('too_many_templates');
    decoding.session.close();
    expect(refusal(decoding, other, message({ domain: 3 }))).toBeUndefined();
    other.close();
    other.close();
    expect(refusal(decoding, decoding.newSession(), inDomain(1))).toBeUndefined();
  });

  it('is enough for ten thousand exporters of a few kinds, and for more where more sessions are allowed', () => {
    const { plans, uses } = sharedLimitsOf(10_000);
    expect({ plans, uses }).toEqual({ plans: 65_536, uses: 1_048_576 });
    expect(sharedLimitsOf(1_000_000).uses).toBe(16_000_000);
  });
});

describe('plans', () => {
  it('are shared by sessions and domains with the same template', () => {
    const decoding = new Decoding().feed(define(256), define(300), message({ domain: 2 }, set(2, template(256, FLOW))));
    decoding.feedTo(decoding.newSession(), define(256));
    expect(decoding.plans).toMatchObject({ size: 1, users: 4 });
  });

  it('are not shared by a template and an options template of the same fields', () => {
    const decoding = new Decoding().feed(define(256), message({}, set(3, optionsTemplate(257, 1, FLOW))));
    expect(decoding.plans.size).toBe(2);
  });

  it('go when nobody uses them any more', () => {
    const decoding = new Decoding().feed(define(256), define(257), withdraw(2, 256));
    expect(decoding.plans).toMatchObject({ size: 1, users: 1 });
    decoding.feed(define(257, SWAPPED));
    expect(decoding.plans).toMatchObject({ size: 1, users: 1 });
    decoding.feed(withdraw(2, 2));
    expect(decoding.plans).toMatchObject({ size: 0, users: 0 });
  });
});
