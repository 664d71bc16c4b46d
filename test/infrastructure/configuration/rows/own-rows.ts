import {
  comingLater,
  listenRow,
  noDuration,
  optionalListenRow,
  ownFlagRow,
  ownTextRow,
  wordsRow,
  type Reported,
  type Row,
} from './row.js';
import { retentionRow } from './sink-rows.js';

const SIZE = 'accepted is bytes, or a number with Ki, Mi or Gi such as "512Mi"';

const reach = (written: string): Reported => [
  `"${written}"`,
  `"${written}" can be reached from other machines and console.tokenFile is empty; accepted is a loopback address such as 127.0.0.1:8080, or a console.tokenFile`,
];

const rangeRow = (byDefault: number, low: number, high: number): Row => ({
  default: byDefault,
  accepted: [
    [String(low), low],
    [String(high), high],
    ['', byDefault],
  ],
  refused: [
    ['0', `0 is out of range; accepted is an integer from ${low} to ${high}`],
    [String(high + 1), `${high + 1} is out of range; accepted is an integer from ${low} to ${high}`],
    ['""', '"" is not valid; accepted is an integer'],
  ],
});

/** Weir's own keys but those of its own sections in Antrea's, and cloudLabels. */
export const OWN_ROWS: Readonly<Record<string, Row>> = {
  'listen.ipfix': listenRow('[::]:4739'),
  'listen.grpc': listenRow('[::]:14739'),
  'listen.flowStream': listenRow('[::]:14740'),
  'listen.api': { ...optionalListenRow(''), shown: '[::] at apiServer.apiPort' },
  'listen.metrics': optionalListenRow('[::]:9090'),
  'listen.kubenetmon': listenRow('[::]:8884'),
  dataDirectory: { ...ownTextRow(''), shown: '/var/lib/weir, or ./weir-data where that is not writable' },
  'kubernetes.enable': {
    default: 'auto',
    accepted: [
      ['auto', 'auto'],
      ['true', true],
      ['false', false],
      ['no', false],
      ['', 'auto'],
    ],
    refused: [
      ['maybe', '"maybe" is not valid; accepted is auto, true or false'],
      ['""', '"" is not valid; accepted is auto, true or false'],
    ],
  },
  'kubernetes.kubeconfig': ownTextRow(''),
  'correlation.uncorrelated': {
    ...wordsRow('export', [], 'export or drop'),
    accepted: [
      ['export', 'export'],
      ['drop', 'drop'],
      ['', 'export'],
    ],
    refused: [
      ['keep', '"keep" is not valid; accepted is export or drop'],
      ['""', '"" is not valid; accepted is export or drop'],
    ],
  },
  'limits.maxFlows': rangeRow(2_000_000, 1, 2 ** 28),
  'limits.maxStrings': {
    default: 512 * 2 ** 20,
    shown: '512Mi',
    accepted: [
      ['1Mi', 2 ** 20],
      ['4 GiB', 2 ** 32],
      ['1e9', 1e9],
      ['', 512 * 2 ** 20],
    ],
    refused: [
      ['1Ki', '1Ki is out of range; accepted is a size from 1Mi to 4Gi'],
      ['5Gi', '5Gi is out of range; accepted is a size from 1Mi to 4Gi'],
      ['0', '0 is out of range; accepted is a size from 1Mi to 4Gi'],
      ['1 TB', `"1 TB" is not valid; ${SIZE}`],
    ],
  },
  'limits.maxMemory': {
    default: 0,
    shown: "70 % of the container's or machine's memory",
    accepted: [
      ['0', 0],
      ['1.5Gi', 1.5 * 2 ** 30],
      ['', 0],
    ],
    refused: [
      ['1 TB', `"1 TB" is not valid; ${SIZE}`],
      ['-1', `"-1" is not valid; ${SIZE}`],
      ['""', `"" is not valid; ${SIZE}`],
    ],
  },
  'limits.maxSessions': rangeRow(10_000, 1, 10_000_000),
  'limits.maxTemplates': rangeRow(4096, 1, 65_536),
  'limits.idleTimeout': {
    default: 0,
    shown: '0s',
    accepted: [
      ['0', 0],
      ['5m', 300_000],
      ['', 0],
    ],
    refused: [noDuration('5'), ['-1s', '-1s is too little; accepted is 0s or more']],
  },
  'console.enable': {
    ...ownFlagRow(false),
    accepted: [
      ['false', false],
      ['', false],
    ],
    warned: [['true', 'ignored: the console comes in a later version of Weir; nothing listens for it until then']],
  },
  'console.listen': {
    ...listenRow('127.0.0.1:8080'),
    accepted: [
      ['127.0.0.1:0', '127.0.0.1:0'],
      ['127.1.2.3:80', '127.1.2.3:80'],
      ['"[::1]:8080"', '[::1]:8080'],
      ['"[::ffff:127.0.0.1]:8080"', '[::ffff:127.0.0.1]:8080'],
      ['localhost:8080', 'localhost:8080'],
      ['', '127.0.0.1:8080'],
    ],
    refused: [
      ...listenRow('').refused.filter(([written]) => written !== '":4739"'),
      reach('[::]:8080'),
      reach(':8080'),
      reach('0.0.0.0:8080'),
      reach('192.0.2.1:8080'),
      reach('console.example.org:8080'),
    ],
  },
  'console.tokenFile': ownTextRow(''),
  'store.enable': comingLater(
    ownFlagRow(false),
    'the embedded store comes in a later version of Weir; set store.enable to false',
  ),
  'store.retention': retentionRow(168 * 3_600_000, '168h'),
  'store.maxSize': {
    default: 10 * 2 ** 30,
    shown: '10Gi',
    accepted: [
      ['0', 0],
      ['10 GiB', 10 * 2 ** 30],
      ['', 10 * 2 ** 30],
    ],
    refused: [['ten', `"ten" is not valid; ${SIZE}`]],
  },
};
