import { flagRow, noDuration, ownTextRow, textRow, wordsRow, type Row } from './row.js';

const FORMS =
  'accepted is host:port[:proto], [IPv6 address]:port[:proto], host::proto or host, where proto is tcp or udp';

/** What makes the section complete. */
const given = { 'flowCollector.address': '"h:1"' };

const rows: Readonly<Record<string, Row>> = {
  enable: flagRow(false),
  address: {
    default: '',
    accepted: [
      ['h:4739', 'h:4739'],
      ['"h:4739:udp"', 'h:4739:udp'],
      ['"[2001:db8::1]:4739:tcp"', '[2001:db8::1]:4739:tcp'],
      ['"h::udp"', 'h::udp'],
      ['h', 'h'],
    ],
    refused: [
      ['', `is missing; ${FORMS}`],
      ['""', `is missing; ${FORMS}`],
      ['h:65536', `"h:65536" is not valid; ${FORMS}`],
      ['"h:1:sctp"', `"h:1:sctp" is not valid; ${FORMS}`],
      ['http://h:1', `"http://h:1" is not valid; ${FORMS}`],
    ],
  },
  observationDomainID: {
    default: 0,
    shown: "derived from the cluster's UUID",
    accepted: [
      ['1', 1],
      ['4294967295', 4_294_967_295],
      ['', 0],
      ['0', 0],
    ],
    refused: [
      ['4294967296', '4294967296 is out of range; accepted is an integer from 0 to 4294967295'],
      ['-1', '-1 is out of range; accepted is an integer from 0 to 4294967295'],
      ['x', '"x" is not valid; accepted is an integer'],
    ],
  },
  recordFormat: wordsRow('IPFIX', ['IPFIX', 'JSON'], 'IPFIX or JSON'),
  templateRefreshTimeout: {
    default: 600_000,
    shown: '10m',
    accepted: [
      ['999ms', 999],
      ['1h', 3_600_000],
      ['0s', 600_000],
      ['', 600_000],
      ['""', 600_000],
      ['0', 600_000],
    ],
    refused: [noDuration('600'), ['-1s', '-1s is too little; accepted is 0s or more']],
  },
  maxIPFIXMsgSize: {
    default: 0,
    shown: 'as much as the transport takes well',
    accepted: [
      ['0', 0],
      ['512', 512],
      ['65535', 65_535],
      ['', 0],
    ],
    refused: [
      ['511', '511 is out of range; accepted is 0 or an integer from 512 to 65535'],
      ['65536', '65536 is out of range; accepted is 0 or an integer from 512 to 65535'],
      ['-1', '-1 is out of range; accepted is 0 or an integer from 512 to 65535'],
    ],
  },
  'tls.enable': flagRow(false),
  'tls.caSecretName': textRow(''),
  'tls.serverName': textRow(''),
  'tls.clientSecretName': textRow(''),
  'tls.minVersion': wordsRow('VersionTLS12', ['VersionTLS12', 'VersionTLS13'], 'VersionTLS12 or VersionTLS13'),
  'tls.directory': ownTextRow('/etc/flow-aggregator/certs/flow-collector'),
  includeK8sNames: flagRow(true),
  includeK8sUIDs: flagRow(false),
};

/** Keys of flowCollector. */
export const COLLECTOR_ROWS: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.entries(rows).map(([name, row]) => [`flowCollector.${name}`, { ...row, given }]),
);
