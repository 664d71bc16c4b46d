import { AtLeast, Between, check, ComesLater, Required } from '../checks.js';
import { OwnKey, OwnMap, Section } from '../key.js';
import { amount, duration, flag, integer, oneOf, text, url } from '../kinds.js';
import { formatDuration } from '../values/duration.js';
import { quoted } from '../values/quoted.js';
import { isHttpUrl, withoutPassword } from '../values/url.js';

const MAX_U32 = 2 ** 32 - 1;

const ENVIRONMENTS: readonly unknown[] = ['development', 'staging', 'production'];

const SOURCES = 'an http or https URL, or the path of a file';

/** Accepts URLs that can be fetched, and anything that is no URL: the path of a file. */
function UrlOrPath(): PropertyDecorator {
  return check(
    'urlOrPath',
    'error',
    (value) => !/^[a-z][a-z\d+.-]*:\/\//i.test(value as string) || isHttpUrl(value as string),
    (value) => `${quoted(withoutPassword(value as string))} is not valid; accepted is ${SOURCES}`,
    { narrows: SOURCES },
  );
}

/** Dashboards group by it; a name of one's own is taken. */
function KnownEnvironment(): PropertyDecorator {
  return check(
    'knownEnvironment',
    'warning',
    (value) => ENVIRONMENTS.includes(value),
    (value) =>
      `${quoted(value as string)} is not usual and taken as it is; accepted is development, staging or production`,
    { narrows: 'usually development, staging or production' },
  );
}

/** Without a region nothing in the cloud could be told from what is elsewhere in it. */
function RegionOfCloud(): PropertyDecorator {
  return check(
    'regionOfCloud',
    'error',
    (value, section) => {
      const { enable, cloud } = section as CloudLabelsSection;
      return !enable || cloud === '' || value !== '';
    },
    () => "is missing; accepted is a region of cloudLabels.cloud, as the provider's document writes it",
  );
}

/** cloudLabels.sources: which addresses are the clouds'. */
export class CloudSourcesSection {
  @OwnKey(url, { default: 'https://ip-ranges.amazonaws.com/ip-ranges.json', doc: "AWS's ranges." })
  @Required(SOURCES)
  @UrlOrPath()
  aws!: string;

  @OwnKey(url, { default: 'https://www.gstatic.com/ipranges/cloud.json', doc: "Google Cloud's ranges." })
  @Required(SOURCES)
  @UrlOrPath()
  gcp!: string;

  @OwnKey(url, { default: 'https://www.gstatic.com/ipranges/goog.json', doc: "Ranges of Google's services." })
  @Required(SOURCES)
  @UrlOrPath()
  google!: string;

  @OwnKey(url, {
    default:
      'https://download.microsoft.com/download/7/1/D/71D86715-5596-4529-9B13-DA13A5DE5B63/ServiceTags_Public_{date}.json',
    doc: "Azure's ranges. {date} is the day, YYYYMMDD: today's (UTC), then day by day back to 90 days.",
  })
  @Required(SOURCES)
  @UrlOrPath()
  azure!: string;
}

/** cloudLabels: in which cloud, region and service the other side of a connection is, and what it costs. */
export class CloudLabelsSection {
  @OwnKey(flag, { default: false, doc: 'Labels flows.' })
  @ComesLater((value) => value === true, 'cloud labels come', 'set cloudLabels.enable to false')
  enable!: boolean;

  @OwnKey(oneOf(['aws', 'gcp', 'azure', ''], { foldCase: true }), {
    default: '',
    doc: 'The cloud that the cluster is in; "" on premises.',
  })
  cloud!: 'aws' | 'gcp' | 'azure' | '';

  @OwnKey(text, { default: '', doc: "Its region, as the provider's document writes it; required with a cloud." })
  @RegionOfCloud()
  region!: string;

  @OwnKey(text, { default: '', doc: 'A name for the cluster.' })
  cluster!: string;

  @OwnKey(text, { default: 'production', doc: "What the cluster is for, in kubenetmon's table." })
  @KnownEnvironment()
  environment!: string;

  @OwnKey(duration, { default: 24 * 3_600_000, doc: "How often the providers' documents are fetched." })
  @AtLeast(1000, formatDuration)
  refreshInterval!: number;

  @Section(CloudSourcesSection, "Where the providers' lists of their addresses are.")
  sources!: CloudSourcesSection;

  @OwnKey(flag, { default: false, doc: 'Leaves UDP without labels.' })
  ignoreUDP!: boolean;

  @OwnKey(text, { default: 'control-plane-id', doc: 'Label of a Pod that has its instance ID.' })
  instanceLabel!: string;

  @OwnMap(amount, { keys: 'connection classes', doc: 'Price of a GiB, from which the estimated cost is reckoned.' })
  prices!: Readonly<Record<string, number>>;

  @OwnKey(flag, { default: false, doc: "Also writes kubenetmon's table; needs clickHouse or store." })
  networkFlowsTable!: boolean;

  @OwnKey(integer, {
    default: 0,
    doc: 'Private enterprise number under which IPFIX carries the labels; 0: it carries none.',
  })
  @Between(0, MAX_U32)
  ipfixEnterpriseID!: number;
}
