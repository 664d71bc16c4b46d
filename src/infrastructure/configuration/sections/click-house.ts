import { AtLeast, Between, check, ComesLater } from '../checks.js';
import { Key, OwnKey, Section } from '../key.js';
import { duration, flag, integer, text, url } from '../kinds.js';
import { formatDuration } from '../values/duration.js';
import { quoted } from '../values/quoted.js';
import { parseDatabaseUrl, withoutPassword } from '../values/url.js';

const DATABASE_URLS = 'tcp, tls, http or https://host[:port] without path, query or user';

/** Accepts URLs of a server alone; the credentials come from the environment. */
function DatabaseUrl(): PropertyDecorator {
  return check(
    'databaseUrl',
    'error',
    (value) => parseDatabaseUrl(value as string) !== undefined,
    (value) => `${quoted(withoutPassword(value as string))} is not valid; accepted is ${DATABASE_URLS}`,
    { narrows: DATABASE_URLS },
  );
}

/** clickHouse.tls: how the connection to ClickHouse is secured. */
export class ClickHouseTlsSection {
  @Key(flag, { default: false, doc: "Does not check the server's certificate." })
  insecureSkipVerify!: boolean;

  @Key(flag, { default: false, doc: "Trusts the CA that is mounted for it, ca.crt, instead of the system's roots." })
  caCert!: boolean;

  @OwnKey(text, { default: '/etc/flow-aggregator/certs/clickhouse', doc: 'Where the Secret with ca.crt is mounted.' })
  directory!: string;
}

/** clickHouse: flows as rows of a ClickHouse table. */
export class ClickHouseSection {
  @Key(flag, {
    default: false,
    doc: "Writes flows to ClickHouse, as the user of CH_USERNAME and CH_PASSWORD; without both as the server's default user.",
  })
  @ComesLater((value) => value === true, 'ClickHouse comes', 'set clickHouse.enable to false')
  enable!: boolean;

  @Key(text, { default: 'default', doc: 'Database that has the table `flows`.' })
  database!: string;

  @Key(url, {
    default: 'tcp://clickhouse-clickhouse.flow-visibility.svc:9000',
    doc: 'The server. Weir speaks HTTP to it: tcp means http and tls https, port 9000 means 8123 and 9440 means 8443.',
  })
  @DatabaseUrl()
  databaseURL!: string;

  @OwnKey(flag, { default: true, doc: 'Makes the table `flows` if there is none.' })
  createTable!: boolean;

  @OwnKey(duration, {
    default: 720 * 3_600_000,
    doc: 'Age at which rows of a table that Weir makes are deleted; 0 keeps them.',
  })
  @AtLeast(1000, formatDuration, { orZero: true })
  retention!: number;

  @OwnKey(integer, {
    default: 0,
    doc: "The server's port for HTTP, where it is not the one that follows from databaseURL; 0 is that.",
  })
  @Between(1, 65_535, { orZero: true })
  httpPort!: number;

  @Section(ClickHouseTlsSection, 'How the connection to ClickHouse is secured.')
  tls!: ClickHouseTlsSection;

  @Key(flag, { default: false, doc: 'Logs what the client does.' })
  debug!: boolean;

  @Key(flag, { default: true, doc: 'Compresses what is sent.' })
  compress!: boolean;

  @Key(duration, { default: 8000, doc: 'How often rows are committed.' })
  @AtLeast(1000, formatDuration)
  commitInterval!: number;
}
