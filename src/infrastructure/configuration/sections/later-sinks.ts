import { AtLeast, ComesLater, NoEffectYet } from '../checks.js';
import { Key, Section } from '../key.js';
import { duration, flag, integer, oneOf, text, url } from '../kinds.js';
import { formatDuration } from '../values/duration.js';

const isTrue = (value: unknown): boolean => value === true;
const asDuration = (value: number): string => formatDuration(value);

/** clickHouse.tls: how the connection to ClickHouse is secured. */
export class ClickHouseTlsSection {
  @Key(flag, { default: false, doc: "Does not check the server's certificate." })
  insecureSkipVerify!: boolean;

  @Key(flag, { default: false, doc: "Trusts the CA that is mounted for it instead of the system's roots." })
  caCert!: boolean;
}

/** clickHouse: flows as rows of a ClickHouse table. */
export class ClickHouseSection {
  @Key(flag, { default: false, doc: 'Writes flows to ClickHouse.' })
  @ComesLater(isTrue, 'ClickHouse comes', 'set clickHouse.enable to false')
  enable!: boolean;

  @Key(text, { default: 'default', doc: 'Database that has the table `flows`.' })
  database!: string;

  @Key(url, { default: 'tcp://clickhouse-clickhouse.flow-visibility.svc:9000', doc: 'URL of the server.' })
  databaseURL!: string;

  @Section(ClickHouseTlsSection, 'How the connection to ClickHouse is secured.')
  tls!: ClickHouseTlsSection;

  @Key(flag, { default: false, doc: 'Logs what the client does.' })
  debug!: boolean;

  @Key(flag, { default: true, doc: 'Compresses what is sent.' })
  compress!: boolean;

  @Key(duration, { default: 8000, doc: 'How often rows are committed.' })
  @AtLeast(1000, asDuration)
  commitInterval!: number;
}

/** s3Uploader: flows as objects in a bucket. */
export class S3UploaderSection {
  @Key(flag, { default: false, doc: 'Uploads flows to S3.' })
  @ComesLater(isTrue, 'S3 comes', 'set s3Uploader.enable to false')
  enable!: boolean;

  @Key(text, { default: '', doc: 'The bucket.' })
  bucketName!: string;

  @Key(text, { default: '', doc: 'Folder in the bucket.' })
  bucketPrefix!: string;

  @Key(text, { default: '', defaultDoc: 'AWS_REGION, else us-west-2', doc: 'Region to ask for the bucket.' })
  region!: string;

  @Key(oneOf(['CSV', 'Parquet']), { default: 'CSV', doc: 'Format of the objects.' })
  recordFormat!: 'CSV' | 'Parquet';

  @Key(flag, { default: true, doc: 'Compresses the objects.' })
  compress!: boolean;

  @Key(integer, { default: 1_000_000, doc: 'Most flows in an object.' })
  @AtLeast(0, String)
  maxRecordsPerFile!: number;

  @Key(duration, { default: 60_000, doc: 'How often an object is uploaded.' })
  @AtLeast(1000, asDuration)
  uploadInterval!: number;
}

/** flowStreamService: flows streamed to clients over gRPC. */
export class FlowStreamServiceSection {
  @Key(flag, { default: false, doc: 'Streams flows to clients that ask for them.' })
  @NoEffectYet(isTrue, 'the live stream comes', 'nobody can connect to it until then')
  enable!: boolean;
}
