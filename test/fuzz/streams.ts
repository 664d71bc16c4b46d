import { ANTREA_IPV4, ANTREA_IPV6, OPEN_VSWITCH, PMACCTD, SOFTFLOWD } from '../support/exporter-templates.js';
import {
  type FieldSpec,
  message,
  optionsTemplate,
  record,
  set,
  template,
  type Values,
} from '../support/ipfix-messages.js';

const ANTREA: Values = {
  sourceIPv4Address: '10.0.0.1',
  destinationIPv4Address: '10.0.0.2',
  sourceIPv6Address: 'fd00::1',
  destinationIPv6Address: 'fd00::2',
  destinationClusterIPv4: '10.96.0.1',
  destinationClusterIPv6: 'fd00:96::1',
  flowStartSeconds: 1_700_000_000,
  flowEndSeconds: 1_700_000_010,
  octetTotalCount: 12_345n,
  sourcePodName: 'client-7d9f',
  sourcePodNamespace: 'shop',
  destinationServicePortName: 'stock/backend:https',
  ingressNetworkPolicyName: 'x'.repeat(260),
  tcpState: 'ESTABLISHED',
  flowType: 2,
  egressIP: '203.0.113.7',
};

const PROBE: Values = {
  sourceIPv4Address: '192.0.2.1',
  destinationIPv4Address: '192.0.2.2',
  octetDeltaCount: 1000,
  packetDeltaCount: 2,
};

const SCOPE: FieldSpec = { enterpriseNumber: 0, id: 149, length: 4 };
const OPTIONS = [SCOPE, 'systemInitTimeMilliseconds', 'samplingInterval'];

const EVERY_FIX_UP: readonly FieldSpec[] = [
  'sourceIPv4Address',
  'sourceIPv6Address',
  'destinationIPv4Address',
  'destinationIPv6Address',
  'destinationClusterIPv4',
  'destinationClusterIPv6',
  'proxySnatIPv6',
  'flowStartSysUpTime',
  'flowEndNanoseconds',
  'flowDurationMilliseconds',
  ['egressIP', 65535],
  ['sourcePodUUID', 65535],
  'egressUUID',
  ['octetDeltaCount', 5],
  ['tcpState', 12],
  { enterpriseNumber: 9, id: 3, length: 65535 },
  'samplingInterval',
];

const announced = (id: number, fields: readonly FieldSpec[], values: Values, domain: number): Uint8Array[] => {
  const one = record(fields, values);
  return [
    message({ domain }, set(2, template(id, fields))),
    message({ domain }, set(id, one)),
    message({ domain, sequence: 1 }, set(id, one, record(fields), one)),
  ];
};

/** What sound exporters send, message by message: the material that mutations start from. */
export const STREAMS: readonly (readonly Uint8Array[])[] = [
  announced(256, ANTREA_IPV4, ANTREA, 1),
  announced(257, ANTREA_IPV6, ANTREA, 1),
  announced(1024, SOFTFLOWD, PROBE, 0),
  announced(1025, PMACCTD, PROBE, 0),
  announced(300, OPEN_VSWITCH, PROBE, 7),
  announced(400, EVERY_FIX_UP, { ...ANTREA, egressIP: 'fd00::9', egressUUID: new Uint8Array(16).fill(7) }, 2),
  [
    message(
      {},
      set(3, optionsTemplate(999, 1, OPTIONS)),
      set(2, template(256, ANTREA_IPV4), template(257, ANTREA_IPV6)),
    ),
    message(
      {},
      set(999, record(OPTIONS, { systemInitTimeMilliseconds: 1_600_000_000_000 })),
      set(256, record(ANTREA_IPV4, ANTREA)),
    ),
    message({}, set(2, template(256, [])), set(256, record(ANTREA_IPV4))),
    message({}, set(2, template(2, [])), set(3, template(3, []))),
    message({}, set(2, template(256, SOFTFLOWD)), set(256, record(SOFTFLOWD, PROBE), new Uint8Array(3))),
  ],
];
