import { AtLeast, check, ComesLater, RequiredWhenEnabled } from '../checks.js';
import { Key, OwnKey } from '../key.js';
import { duration, flag, integer, oneOf, text, url } from '../kinds.js';
import { formatDuration } from '../values/duration.js';
import { PLACEHOLDERS, unknownPlaceholder } from '../values/key-template.js';
import { quoted } from '../values/quoted.js';
import { isHttpUrl, withoutPassword } from '../values/url.js';

const PLACEHOLDER_LIST = PLACEHOLDERS.map((name) => `{${name}}`).join(' ');

/** Accepts a store's own address, or "". */
function Endpoint(): PropertyDecorator {
  return check(
    'endpoint',
    'error',
    (value) => value === '' || isHttpUrl(value as string),
    (value) => `${quoted(withoutPassword(value as string))} is not valid; accepted is an http or https URL, or ""`,
    { narrows: 'an http or https URL, or ""' },
  );
}

/** Accepts templates whose braces hold known placeholders. */
function KeyTemplate(): PropertyDecorator {
  return check(
    'keyTemplate',
    'error',
    (value) => unknownPlaceholder(value as string) === undefined,
    (value) =>
      `${quoted(unknownPlaceholder(value as string)!)} is no placeholder; accepted in braces are ${PLACEHOLDER_LIST}`,
    { narrows: `in braces ${PLACEHOLDER_LIST}` },
  );
}

/** Two objects of one key are one: the second takes the place of the first. */
function UniqueKeys(): PropertyDecorator {
  return check(
    'uniqueKeys',
    'warning',
    (value) => value === '' || (value as string).includes('{random}'),
    (value) =>
      `${quoted(value as string)} has no {random}, so that one object may take the place of another; accepted as it is`,
  );
}

/** s3Uploader: flows as objects in a bucket. */
export class S3UploaderSection {
  @Key(flag, { default: false, doc: 'Uploads flows to S3.' })
  @ComesLater((value) => value === true, 'S3 comes', 'set s3Uploader.enable to false')
  enable!: boolean;

  @Key(text, { default: '', doc: 'The bucket.' })
  @RequiredWhenEnabled('the name of a bucket')
  bucketName!: string;

  @Key(text, { default: '', doc: 'Folder in the bucket.' })
  bucketPrefix!: string;

  @Key(text, {
    default: '',
    defaultDoc: 'AWS_REGION, else us-west-2',
    doc: "Region to ask for the bucket, whose own is looked up. Credentials are found as the AWS SDK's default chain finds them.",
  })
  region!: string;

  @Key(oneOf(['CSV', 'Parquet']), { default: 'CSV', doc: 'Format of the objects.' })
  recordFormat!: 'CSV' | 'Parquet';

  @Key(flag, { default: true, doc: 'Compresses the objects.' })
  compress!: boolean;

  @Key(integer, { default: 1_000_000, doc: 'Most flows in an object.' })
  @AtLeast(0, String)
  maxRecordsPerFile!: number;

  @Key(duration, { default: 60_000, doc: 'How often an object is uploaded.' })
  @AtLeast(1000, formatDuration)
  uploadInterval!: number;

  @OwnKey(url, { default: '', doc: 'Address of an S3-compatible store; "" is AWS.' })
  @Endpoint()
  endpoint!: string;

  @OwnKey(flag, { default: false, doc: 'Puts the bucket into the path rather than into the name of the host.' })
  forcePathStyle!: boolean;

  @OwnKey(text, {
    default: '',
    defaultDoc: "as Antrea's key",
    doc: `Key of an object, of text and ${PLACEHOLDER_LIST}: bucketPrefix, the day and hour (UTC) in which the object was begun, letters drawn at random, and csv, csv.gz or parquet.`,
  })
  @KeyTemplate()
  @UniqueKeys()
  keyTemplate!: string;
}
