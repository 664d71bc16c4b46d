import {
  actionsRow,
  comingLater,
  countRow,
  flagRow,
  noDuration,
  ownFlagRow,
  ownTextRow,
  textRow,
  wordsRow,
  type Row,
} from './row.js';

const DATABASE_URL = 'accepted is tcp, tls, http or https://host[:port] without path, query or user';

const intervalRow = (milliseconds: number, shown: string): Row => ({
  default: milliseconds,
  shown,
  accepted: [
    ['1s', 1000],
    ['1m30s', 90_000],
    ['0s', milliseconds],
    ['0', milliseconds],
    ['', milliseconds],
    ['""', milliseconds],
  ],
  refused: [
    noDuration('8'),
    ['999ms', '999ms is too little; accepted is 1s or more'],
    ['-1s', '-1s is too little; accepted is 1s or more'],
  ],
});

/** How long rows are kept. */
export const retentionRow = (milliseconds: number, shown: string): Row => ({
  default: milliseconds,
  shown,
  accepted: [
    ['0', 0],
    ['0s', 0],
    ['1s', 1000],
    ['24h', 86_400_000],
    ['', milliseconds],
  ],
  refused: [
    noDuration('30d'),
    ['500ms', '500ms is too little; accepted is 0s or at least 1s'],
    ['-1h', '-1h is too little; accepted is 0s or at least 1s'],
  ],
});

/** Keys of clickHouse, s3Uploader and flowLogger. */
export const SINK_ROWS: Readonly<Record<string, Row>> = {
  'clickHouse.enable': comingLater(
    flagRow(false),
    'ClickHouse comes in a later version of Weir; set clickHouse.enable to false',
  ),
  'clickHouse.database': textRow('default'),
  'clickHouse.databaseURL': {
    default: 'tcp://clickhouse-clickhouse.flow-visibility.svc:9000',
    accepted: [
      ['tcp://ch:9000', 'tcp://ch:9000'],
      ['tls://ch:9440', 'tls://ch:9440'],
      ['http://192.0.2.1:8123/', 'http://192.0.2.1:8123/'],
      ['https://[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
      ['http://ch', 'http://ch'],
      ['', 'tcp://clickhouse-clickhouse.flow-visibility.svc:9000'],
      ['""', 'tcp://clickhouse-clickhouse.flow-visibility.svc:9000'],
    ],
    refused: [
      ['ch:9000', `"ch:9000" is not valid; ${DATABASE_URL}`],
      ['udp://ch:9000', `"udp://ch:9000" is not valid; ${DATABASE_URL}`],
      ['tcp://ch:9000/flows', `"tcp://ch:9000/flows" is not valid; ${DATABASE_URL}`],
      ['tcp://ch:9000?debug=1', `"tcp://ch:9000?debug=1" is not valid; ${DATABASE_URL}`],
      ['tcp://ch:65536', `"tcp://ch:65536" is not valid; ${DATABASE_URL}`],
      ['tcp://weir@ch:9000', `"tcp://weir@ch:9000" is not valid; ${DATABASE_URL}`],
      ['tcp://weir:s3cret@ch:9000', `"tcp://weir:***@ch:9000" is not valid; ${DATABASE_URL}`],
      ['"tcp://:9000"', `"tcp://:9000" is not valid; ${DATABASE_URL}`],
    ],
  },
  'clickHouse.createTable': ownFlagRow(true),
  'clickHouse.retention': retentionRow(720 * 3_600_000, '720h'),
  'clickHouse.httpPort': {
    default: 0,
    accepted: [
      ['0', 0],
      ['1', 1],
      ['65535', 65_535],
      ['', 0],
    ],
    refused: [
      ['65536', '65536 is out of range; accepted is 0 or an integer from 1 to 65535'],
      ['-1', '-1 is out of range; accepted is 0 or an integer from 1 to 65535'],
      ['http', '"http" is not valid; accepted is an integer'],
    ],
  },
  'clickHouse.tls.insecureSkipVerify': flagRow(false),
  'clickHouse.tls.caCert': flagRow(false),
  'clickHouse.tls.directory': ownTextRow('/etc/flow-aggregator/certs/clickhouse'),
  'clickHouse.debug': flagRow(false),
  'clickHouse.compress': flagRow(true),
  'clickHouse.commitInterval': intervalRow(8000, '8s'),

  's3Uploader.enable': comingLater(
    flagRow(false),
    'S3 comes in a later version of Weir; set s3Uploader.enable to false',
  ),
  's3Uploader.bucketName': {
    default: '',
    accepted: [
      ['flows', 'flows'],
      ['007', '007'],
    ],
    refused: [
      ['', 'is missing; accepted is the name of a bucket'],
      ['""', 'is missing; accepted is the name of a bucket'],
      ['[a]', 'a list is not valid; accepted is text'],
    ],
  },
  's3Uploader.bucketPrefix': textRow(''),
  's3Uploader.region': { ...textRow(''), shown: 'AWS_REGION, else us-west-2' },
  's3Uploader.recordFormat': wordsRow('CSV', ['CSV', 'Parquet'], 'CSV or Parquet'),
  's3Uploader.compress': flagRow(true),
  's3Uploader.maxRecordsPerFile': countRow(1_000_000),
  's3Uploader.uploadInterval': intervalRow(60_000, '1m'),
  's3Uploader.endpoint': {
    default: '',
    accepted: [
      ['http://minio:9000', 'http://minio:9000'],
      ['https://s3.example.org/path', 'https://s3.example.org/path'],
      ['', ''],
      ['""', ''],
    ],
    refused: [
      ['minio:9000', '"minio:9000" is not valid; accepted is an http or https URL, or ""'],
      ['ftp://minio', '"ftp://minio" is not valid; accepted is an http or https URL, or ""'],
      ['http://', '"http://" is not valid; accepted is an http or https URL, or ""'],
      ['https://u:p@h:x', '"https://u:***@h:x" is not valid; accepted is an http or https URL, or ""'],
    ],
  },
  's3Uploader.forcePathStyle': ownFlagRow(false),
  's3Uploader.keyTemplate': {
    default: '',
    shown: "as Antrea's key",
    accepted: [
      ["'{prefix}/{date}/{hour}/{random}.{ext}'", '{prefix}/{date}/{hour}/{random}.{ext}'],
      ["'flows-{random}'", 'flows-{random}'],
      ['', ''],
      ['""', ''],
    ],
    refused: [
      ["'{random}-{node}'", '"{node}" is no placeholder; accepted in braces are {prefix} {date} {hour} {random} {ext}'],
      [
        "'{Random}{random}'",
        '"{Random}" is no placeholder; accepted in braces are {prefix} {date} {hour} {random} {ext}',
      ],
      ["'{random}{}'", '"{}" is no placeholder; accepted in braces are {prefix} {date} {hour} {random} {ext}'],
      ["'{random}}'", '"}" is no placeholder; accepted in braces are {prefix} {date} {hour} {random} {ext}'],
      ["'{ {random}'", '"{" is no placeholder; accepted in braces are {prefix} {date} {hour} {random} {ext}'],
    ],
    warned: [
      [
        "'{date}.{ext}'",
        '"{date}.{ext}" has no {random}, so that one object may take the place of another; accepted as it is',
      ],
    ],
  },

  'flowLogger.enable': flagRow(false),
  'flowLogger.path': { ...textRow(''), shown: "antrea-flows.log in the system's temporary directory" },
  'flowLogger.maxSize': countRow(100),
  'flowLogger.maxBackups': {
    ...countRow(3),
    accepted: [
      ['0', 0],
      ['10', 10],
      ['', 3],
    ],
  },
  'flowLogger.maxAge': countRow(0),
  'flowLogger.compress': flagRow(true),
  'flowLogger.recordFormat': wordsRow('CSV', ['CSV'], 'CSV'),
  'flowLogger.filters[].ingressNetworkPolicyRuleActions': actionsRow,
  'flowLogger.filters[].egressNetworkPolicyRuleActions': actionsRow,
  'flowLogger.prettyPrint': flagRow(true),
};
