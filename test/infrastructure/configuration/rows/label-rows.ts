import { comingLater, noDuration, ownFlagRow, ownTextRow, type Row } from './row.js';

const SOURCES = 'accepted is an http or https URL, or the path of a file';

const sourceRow = (byDefault: string): Row => ({
  default: byDefault,
  accepted: [
    ['http://mirror/ranges.json', 'http://mirror/ranges.json'],
    ["'https://mirror/ranges_{date}.json'", 'https://mirror/ranges_{date}.json'],
    ['/etc/weir/ranges.json', '/etc/weir/ranges.json'],
    ['ranges.json', 'ranges.json'],
    ['', byDefault],
  ],
  refused: [
    ['""', `is empty; ${SOURCES}`],
    ['ftp://mirror/ranges.json', `"ftp://mirror/ranges.json" is not valid; ${SOURCES}`],
    ['https://u:p@mirror:x/', `"https://u:***@mirror:x/" is not valid; ${SOURCES}`],
  ],
});

const environment = (written: string): readonly [string, string] => [
  written,
  `"${written.replaceAll('"', '')}" is not usual and taken as it is; accepted is development, staging or production`,
];

/** Keys of cloudLabels. */
export const LABEL_ROWS: Readonly<Record<string, Row>> = {
  'cloudLabels.enable': comingLater(
    ownFlagRow(false),
    'cloud labels come in a later version of Weir; set cloudLabels.enable to false',
  ),
  'cloudLabels.cloud': {
    default: '',
    accepted: [
      ['aws', 'aws'],
      ['AWS', 'aws'],
      ['gcp', 'gcp'],
      ['Azure', 'azure'],
      ['""', ''],
      ['', ''],
    ],
    refused: [['alibaba', '"alibaba" is not valid; accepted is aws, gcp, azure or ""']],
    given: { 'cloudLabels.region': 'us-east-1' },
  },
  'cloudLabels.region': {
    ...ownTextRow(''),
    accepted: [['us-east-1', 'us-east-1']],
    refused: [
      ['""', "is missing; accepted is a region of cloudLabels.cloud, as the provider's document writes it"],
      ['', "is missing; accepted is a region of cloudLabels.cloud, as the provider's document writes it"],
      ['[a]', 'a list is not valid; accepted is text'],
    ],
    given: { 'cloudLabels.cloud': 'aws' },
  },
  'cloudLabels.cluster': ownTextRow(''),
  'cloudLabels.environment': {
    default: 'production',
    accepted: [
      ['development', 'development'],
      ['staging', 'staging'],
      ['production', 'production'],
      ['', 'production'],
    ],
    refused: [['[a]', 'a list is not valid; accepted is text']],
    warned: [environment('prod'), environment('Production'), environment('""')],
  },
  'cloudLabels.refreshInterval': {
    default: 86_400_000,
    shown: '24h',
    accepted: [
      ['1s', 1000],
      ['12h', 43_200_000],
      ['', 86_400_000],
    ],
    refused: [
      noDuration('1d'),
      ['0', '0s is too little; accepted is 1s or more'],
      ['-1h', '-1h is too little; accepted is 1s or more'],
    ],
  },
  'cloudLabels.sources.aws': sourceRow('https://ip-ranges.amazonaws.com/ip-ranges.json'),
  'cloudLabels.sources.gcp': sourceRow('https://www.gstatic.com/ipranges/cloud.json'),
  'cloudLabels.sources.google': sourceRow('https://www.gstatic.com/ipranges/goog.json'),
  'cloudLabels.sources.azure': sourceRow(
    'https://download.microsoft.com/download/7/1/D/71D86715-5596-4529-9B13-DA13A5DE5B63/ServiceTags_Public_{date}.json',
  ),
  'cloudLabels.ignoreUDP': ownFlagRow(false),
  'cloudLabels.instanceLabel': ownTextRow('control-plane-id'),
  'cloudLabels.prices': {
    default: {},
    accepted: [
      [
        '{INTRA_VPC: 0, INTER_REGION: 0.02, PUBLIC_INTERNET: 9e-2}',
        { INTRA_VPC: 0, INTER_REGION: 0.02, PUBLIC_INTERNET: 0.09 },
      ],
      ['{anything: "1"}', { anything: 1 }],
      ['{}', {}],
      ['""', {}],
      ['', {}],
    ],
    refused: [
      ['5', '"5" is no mapping; accepted is a mapping of connection classes to a number of 0 or more'],
      ['[a]', 'a list is no mapping; accepted is a mapping of connection classes to a number of 0 or more'],
    ],
  },
  'cloudLabels.networkFlowsTable': {
    ...ownFlagRow(false),
    given: { 'clickHouse.enable': 'true' },
  },
  'cloudLabels.ipfixEnterpriseID': {
    default: 0,
    accepted: [
      ['0', 0],
      ['4294967295', 4_294_967_295],
      ['', 0],
    ],
    refused: [
      ['4294967296', '4294967296 is out of range; accepted is an integer from 0 to 4294967295'],
      ['-1', '-1 is out of range; accepted is an integer from 0 to 4294967295'],
    ],
  },
};
