import { AtLeast, Between, check, RequiredWhenEnabled } from '../checks.js';
import { Key, OwnKey, Section } from '../key.js';
import { collectorAddress, duration, flag, integer, oneOf, text } from '../kinds.js';
import { formatDuration } from '../values/duration.js';
import { parseCollectorAddress } from '../values/network-address.js';

const MAX_U32 = 2 ** 32 - 1;

/** RFC 7011 §3.1: a message's length has 16 bits. Below 512 octets Antrea's templates do not fit. */
const MESSAGE_SIZE = { low: 512, high: 65_535 };

/** flowCollector.tls: how the connection to the collector is secured. */
export class FlowCollectorTlsSection {
  @Key(flag, { default: false, doc: 'Sends over TLS.' })
  enable!: boolean;

  @Key(text, {
    default: '',
    doc: "Secret with the CA of the collector, ca.crt; without one the system's roots are trusted.",
  })
  caSecretName!: string;

  @Key(text, { default: '', doc: "Name in the collector's certificate; without one it is the host of the address." })
  serverName!: string;

  @Key(text, {
    default: '',
    doc: 'Secret with what Weir shows the collector, tls.crt and tls.key; without one it shows nothing.',
  })
  clientSecretName!: string;

  @Key(oneOf(['VersionTLS12', 'VersionTLS13']), {
    default: 'VersionTLS12',
    doc: 'Oldest version of TLS that is spoken.',
  })
  minVersion!: 'VersionTLS12' | 'VersionTLS13';

  @OwnKey(text, {
    default: '/etc/flow-aggregator/certs/flow-collector',
    doc: "Where the Secrets are mounted: ca.crt of the collector's CA, tls.crt and tls.key for Weir. Read at each connection.",
  })
  directory!: string;
}

/** TLS over UDP would be DTLS. */
function NoTlsOverUdp(): PropertyDecorator {
  return check(
    'noTlsOverUdp',
    'error',
    (address, section) => {
      const { enable, tls } = section as FlowCollectorSection;
      return !enable || !tls.enable || parseCollectorAddress(address as string)?.transport !== 'udp';
    },
    () =>
      'is reached over UDP, but flowCollector.tls is enabled, and Weir does no DTLS; accepted is tcp with TLS, or tls.enable: false',
  );
}

/** flowCollector: an external collector that flows are sent to. */
export class FlowCollectorSection {
  @Key(flag, { default: false, doc: 'Sends flows to an external collector.' })
  enable!: boolean;

  @Key(collectorAddress, {
    default: '',
    doc: 'The collector: host:port[:proto], [IPv6 address]:port[:proto], host::proto or host. proto is tcp or udp; the port is 4739 if not given.',
  })
  @RequiredWhenEnabled(collectorAddress.accepts)
  @NoTlsOverUdp()
  address!: string;

  @Key(integer, {
    default: 0,
    defaultDoc: "derived from the cluster's UUID",
    doc: 'Observation domain of the messages that Weir sends.',
  })
  @Between(0, MAX_U32)
  observationDomainID!: number;

  @Key(oneOf(['IPFIX', 'JSON']), { default: 'IPFIX', doc: 'Format of what is sent.' })
  recordFormat!: 'IPFIX' | 'JSON';

  @Key(duration, { default: 600_000, doc: 'Over UDP, how often the templates are sent again.' })
  @AtLeast(0, (value) => formatDuration(value))
  templateRefreshTimeout!: number;

  @Key(integer, {
    default: 0,
    defaultDoc: 'as much as the transport takes well',
    doc: 'Longest message in octets, 512 to 65535.',
  })
  @Between(MESSAGE_SIZE.low, MESSAGE_SIZE.high, { orZero: true })
  maxIPFIXMsgSize!: number;

  @Section(FlowCollectorTlsSection, 'How the connection to the collector is secured.')
  tls!: FlowCollectorTlsSection;

  @Key(flag, { default: true, doc: 'Includes the names of Pods, Nodes, Services, policies and Egresses.' })
  includeK8sNames!: boolean;

  @Key(flag, { default: false, doc: 'Includes their UIDs.' })
  includeK8sUIDs!: boolean;
}
