import fc from 'fast-check';
import { COUNTER_FIELDS, FLOW_FIELDS, type CounterName, type FlowFieldName } from '../../src/domain/flow/fields.js';
import type { FlowRecord } from '../../src/domain/flow/flow-record.js';
import { aRecord } from './a-record.js';
import type { NaiveRecord } from './naive-flow-table.js';

const COUNTERS = Object.keys(COUNTER_FIELDS) as CounterName[];

/** Texts and addresses a record may bring, beside tcpState, the Pods' names, proxySnatIP and the exporter's. */
const TEXTS = (Object.keys(FLOW_FIELDS) as FlowFieldName[]).filter(
  (name) =>
    FLOW_FIELDS[name].kind === 'text' &&
    !['tcpState', 'sourcePodName', 'destinationPodName', 'destinationServiceUID'].includes(name) &&
    !name.endsWith('PodLabels'),
);
const ADDRESSES = ['destinationClusterIP', 'destinationServiceIP', 'egressIP'] as const;
const NUMBERS = ['destinationServicePort', 'ingressNetworkPolicyType', 'egressNetworkPolicyType'] as const;

/** Totals and deltas with what is hard about 64 bits. */
const counter = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 40n }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 61n, 2n ** 63n, 2n ** 64n - 1n),
  },
);

const PAIRS = [
  ['10.0.0.1', '10.0.1.1'],
  ['10.0.0.2', '10.0.1.1'],
  ['fd00::1', 'fd00::9'],
] as const;

const shape = fc.record({
  pair: fc.constantFrom(...PAIRS),
  sourcePort: fc.constantFrom(1000, 1001),
  protocol: fc.constantFrom(6, 6, 6, 17),
  flowType: fc.constantFrom(0, 0, 1, 2, 2, 2, 2, 3, 4, 4),
  pods: fc.constantFrom('source', 'source', 'destination', 'destination', 'both', 'none'),
  ingressAction: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
  egressAction: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
  snat: fc.constantFrom('', '', 'set'),
  snatPort: fc.constantFrom(1000, 1001),
  start: fc.integer({ min: 90, max: 104 }),
  end: fc.integer({ min: 100, max: 112 }),
  reason: fc.constantFrom(1, 2, 2, 2, 3, 4, 5),
  state: fc.constantFrom('', 'SYN-SENT', 'ESTABLISHED', 'CLOSED'),
  exporter: fc.constantFrom('192.0.2.1', '192.0.2.1', '192.0.2.2', '2001:db8::1'),
  domain: fc.constantFrom(1, 1, 1, 2),
  texts: fc.array(fc.nat(2), { minLength: TEXTS.length, maxLength: TEXTS.length }),
  addresses: fc.array(fc.nat(2), { minLength: ADDRESSES.length, maxLength: ADDRESSES.length }),
  numbers: fc.array(fc.nat(2), { minLength: NUMBERS.length, maxLength: NUMBERS.length }),
  counters: fc.array(counter, { minLength: COUNTERS.length, maxLength: COUNTERS.length }),
  carries: fc.oneof({ weight: 2, arbitrary: fc.constant(0xff) }, { weight: 1, arbitrary: fc.nat(0xff) }),
});

/**
 * Records of few flows, so that they meet often: both IP versions, halves of every kind, denied ones, those without a type, of several
 * exporters, with counters that reset, that are missing and that are close to what 64 bits hold.
 *
 * @param text the texts a record may have, made of a field's name and 1 or 2
 */
export function anyRecord(text: (name: string, variant: number) => string = short): fc.Arbitrary<NaiveRecord> {
  return shape.map((drawn) => {
    const [sourceIP, destinationIP] = drawn.pair;
    const pick = (name: string, variant: number): string => (variant === 0 ? '' : text(name, variant));
    const isIPv6 = sourceIP.includes(':');
    const snat = isIPv6 ? 'fd00::1' : '10.0.0.2';
    const fields = {
      ...Object.fromEntries(
        Object.entries(FLOW_FIELDS).map(([name, { kind }]) => [name, kind === 'text' || kind === 'address' ? '' : 0]),
      ),
      ...Object.fromEntries(TEXTS.map((name, i) => [name, pick(name, drawn.texts[i]!)])),
      ...Object.fromEntries(ADDRESSES.map((name, i) => [name, ['', '10.96.0.1', '2001:db8::5'][drawn.addresses[i]!]!])),
      ...Object.fromEntries(NUMBERS.map((name, i) => [name, drawn.numbers[i]!])),
      sourceIP,
      destinationIP,
      sourceTransportPort: drawn.sourcePort,
      destinationTransportPort: 80,
      protocolIdentifier: drawn.protocol,
      flowType: drawn.flowType,
      sourcePodName: drawn.pods === 'source' || drawn.pods === 'both' ? text('client', 1) : '',
      destinationPodName: drawn.pods === 'destination' || drawn.pods === 'both' ? text('server', 1) : '',
      ingressNetworkPolicyRuleAction: drawn.ingressAction,
      egressNetworkPolicyRuleAction: drawn.egressAction,
      proxySnatIP: drawn.snat && snat,
      proxySnatPort: drawn.snat ? drawn.snatPort : 0,
      flowStartSeconds: drawn.start,
      flowEndSeconds: drawn.end,
      flowEndReason: drawn.reason,
      tcpState: drawn.state && text(drawn.state, 1),
      exporterIP: drawn.exporter,
      observationDomainId: drawn.domain,
    } as NaiveRecord['fields'];
    const carries = new Set(COUNTERS.filter((_, i) => drawn.carries & (1 << i)));
    const counters = Object.fromEntries(
      COUNTERS.map((name, i) => [name, carries.has(name) ? drawn.counters[i]! : 0n]),
    ) as NaiveRecord['counters'];
    return { fields, counters, carries };
  });
}

const short = (name: string, variant: number): string => `${name}-${variant}`;

/** The record as a decoder would hand it over. */
export function recordOf({ fields, counters, carries }: NaiveRecord): FlowRecord {
  return aRecord({ ...fields, ...counters, carries: [...carries] });
}
