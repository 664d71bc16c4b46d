import { flagRow, noDuration, textRow, wordsRow, type Row } from './row.js';

const SUITES = 'accepted are IANA names such as "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", separated by commas';

const timeoutRow = (milliseconds: number, shown: string): Row => ({
  default: milliseconds,
  shown,
  accepted: [
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['1s', 1000],
    ['', milliseconds],
    ['""', milliseconds],
    ['0', milliseconds],
  ],
  refused: [noDuration('60'), noDuration('1 s'), noDuration('1d'), noDuration('300000000h')],
  warned: [
    ['999ms', '"999ms" is too little and taken as 1s; accepted is 1s or more'],
    ['0s', '"0s" is too little and taken as 1s; accepted is 1s or more'],
    ['-5s', '"-5s" is too little and taken as 1s; accepted is 1s or more'],
  ],
});

/** Keys at the top of Antrea's file, recordContents and apiServer. */
export const TOP_ROWS: Readonly<Record<string, Row>> = {
  mode: {
    ...wordsRow('Aggregate', ['Aggregate', 'Proxy'], 'Aggregate or Proxy'),
    refused: [['proxy', '"proxy" is not valid; accepted is Aggregate or Proxy']],
  },
  activeFlowRecordTimeout: timeoutRow(60_000, '1m'),
  inactiveFlowRecordTimeout: timeoutRow(90_000, '1m30s'),
  aggregatorTransportProtocol: {
    default: 'TLS',
    accepted: [
      ['tls', 'TLS'],
      ['"tcp"', 'TCP'],
      ['Udp', 'UDP'],
      ['none', 'None'],
      ['NONE', 'None'],
      ['', 'TLS'],
      ['""', 'TLS'],
    ],
    refused: [['SCTP', '"SCTP" is not valid; accepted is TLS, TCP, UDP or None']],
  },
  flowAggregatorAddress: {
    default: '',
    accepted: [
      ['flows.example.org', 'flows.example.org'],
      ['192.0.2.1', '192.0.2.1'],
      ['"2001:db8::1"', '2001:db8::1'],
      ['', ''],
      ['""', ''],
    ],
    refused: [
      ['a b', '"a b" is not valid; accepted is a DNS name or an IP address'],
      ['h:1', '"h:1" is not valid; accepted is a DNS name or an IP address'],
    ],
  },
  'recordContents.podLabels': flagRow(false),
  'apiServer.apiPort': {
    default: 10_348,
    accepted: [
      ['1', 1],
      ['65535', 65_535],
      ['"443"', 443],
      ['', 10_348],
      ['0', 10_348],
    ],
    refused: [
      ['65536', '65536 is out of range; accepted is an integer from 1 to 65535'],
      ['-1', '-1 is out of range; accepted is an integer from 1 to 65535'],
      ['https', '"https" is not valid; accepted is an integer'],
    ],
  },
  'apiServer.tlsCipherSuites': {
    default: '',
    accepted: [
      ['TLS_RSA_WITH_RC4_128_SHA', 'TLS_RSA_WITH_RC4_128_SHA'],
      [
        'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256',
        'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_AES_128_GCM_SHA256',
      ],
      ['', ''],
      ['""', ''],
    ],
    refused: [
      ['TLS_AES_128_GCM_SHA256, TLS_FOO', `"TLS_FOO" is no cipher suite; ${SUITES}`],
      ['"AES128-SHA,"', `"AES128-SHA", "" are no cipher suites; ${SUITES}`],
      ['"a,b,c,d,e,f"', `"a", "b", "c", "d", "e", … are no cipher suites; ${SUITES}`],
    ],
  },
  'apiServer.tlsMinVersion': wordsRow(
    'VersionTLS12',
    ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'],
    'VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13',
  ),
  recordBufferSize: {
    default: 8192,
    accepted: [
      ['1', 1],
      ['2147483647', 2_147_483_647],
      ['1e+06', 1_000_000],
      ['0x10', 16],
      ['0b11', 3],
      ['0o17', 15],
      ['017', 15],
      ['1_000', 1000],
      ['100.0', 100],
      ['"8192"', 8192],
      ['', 8192],
      ['""', 8192],
      ['0', 8192],
      ['-0', 8192],
      ['0.0', 8192],
    ],
    refused: [
      ['-1', '-1 is out of range; accepted is an integer from 1 to 2147483647'],
      ['2147483648', '2147483648 is out of range; accepted is an integer from 1 to 2147483647'],
      ['9007199254740993', '"9007199254740993" is not valid; accepted is an integer'],
      ['1.5', '"1.5" is not valid; accepted is an integer'],
      ['many', '"many" is not valid; accepted is an integer'],
    ],
  },
  clusterID: {
    ...textRow(''),
    shown: "the cluster's UUID",
    refused: [...textRow('').refused, ['ä'.repeat(128), 'is too long with 256 octets; accepted are up to 255']],
  },
  'flowStreamService.enable': {
    ...flagRow(false),
    accepted: flagRow(false).accepted.filter(([, value]) => value !== true),
    warned: [
      ['true', 'ignored: the live stream comes in a later version of Weir; nobody can connect to it until then'],
    ],
  },
};
