import { AtLeast, Between, CipherSuites, Required, SizeBetween } from '../checks.js';
import { Key, OwnKey } from '../key.js';
import { duration, flag, integer, listenAddress, oneOf, size, text } from '../kinds.js';
import { formatDuration } from '../values/duration.js';
import { formatSize } from '../values/size.js';

/** Within the dictionary an address has 32 bits; less than the lower bound holds no cluster's names. */
const STRING_BYTES = { low: 2 ** 20, high: 2 ** 32 };

/** recordContents: what flows carry beside what exporters report. */
export class RecordContentsSection {
  @Key(flag, { default: false, doc: 'Adds the labels of both Pods.' })
  podLabels!: boolean;
}

/** apiServer: the server that antctl asks. */
export class ApiServerSection {
  @Key(integer, { default: 10_348, doc: 'Port of the API server.' })
  @Between(1, 65_535)
  apiPort!: number;

  @Key(text, { default: '', doc: 'Cipher suites of TLS 1.2 by their IANA names, separated by commas.' })
  @CipherSuites()
  tlsCipherSuites!: string;

  @Key(oneOf(['VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13']), {
    default: 'VersionTLS12',
    doc: 'Oldest version of TLS that is spoken.',
  })
  tlsMinVersion!: 'VersionTLS10' | 'VersionTLS11' | 'VersionTLS12' | 'VersionTLS13';
}

/** listen: where Weir listens. */
export class ListenSection {
  @OwnKey(listenAddress, {
    default: '[::]:4739',
    doc: 'IPFIX, over what aggregatorTransportProtocol says. [::] is both families; port 0 is any that is free.',
  })
  @Required(listenAddress.accepts)
  ipfix!: string;

  @OwnKey(listenAddress, {
    default: '[::]:14739',
    doc: 'The gRPC collector, with TLS. Listens whatever aggregatorTransportProtocol says.',
  })
  @Required(listenAddress.accepts)
  grpc!: string;

  @OwnKey(listenAddress, {
    default: '[::]:14740',
    doc: 'The live stream of flowStreamService. Not in this version of Weir.',
  })
  @Required(listenAddress.accepts)
  flowStream!: string;

  @OwnKey(listenAddress, {
    default: '',
    defaultDoc: '[::] at apiServer.apiPort',
    doc: 'The API server; "" is the default. Not in this version of Weir.',
  })
  api!: string;

  @OwnKey(listenAddress, {
    default: '[::]:9090',
    doc: 'Metrics for Prometheus, /livez and /readyz; "" turns them off.',
  })
  metrics!: string;

  @OwnKey(listenAddress, {
    default: '[::]:8884',
    doc: "kubenetmon's agents; open only with cloudLabels.networkFlowsTable. Not in this version of Weir.",
  })
  @Required(listenAddress.accepts)
  kubenetmon!: string;
}

/** Where the API server listens: what listen.api says, or else at apiServer.apiPort. */
export function apiListenAddress({
  listen,
  apiServer,
}: {
  listen: ListenSection;
  apiServer: ApiServerSection;
}): string {
  return listen.api || `[::]:${apiServer.apiPort}`;
}

/** correlation: what becomes of flows of which one half is missing. */
export class CorrelationSection {
  @OwnKey(oneOf(['export', 'drop']), {
    default: 'export',
    doc: 'What is done with a flow whose other half never came: it is exported as it is, or dropped and counted.',
  })
  uncorrelated!: 'export' | 'drop';
}

/** limits: what keeps memory bounded, whatever exporters send. */
export class LimitsSection {
  @OwnKey(integer, {
    default: 2_000_000,
    doc: 'Flows that are tracked at a time; beyond it, those silent longest are exported and forgotten.',
  })
  @Between(1, 2 ** 28)
  maxFlows!: number;

  @OwnKey(size, { default: 512 * 2 ** 20, doc: 'Bytes of the names and addresses that flows refer to, 1Mi to 4Gi.' })
  @SizeBetween(STRING_BYTES.low, STRING_BYTES.high)
  maxStrings!: number;

  @OwnKey(size, {
    default: 0,
    defaultDoc: "70 % of the container's or machine's memory",
    doc: "Bytes of flows, names and queues above which flows are evicted and, while the sinks' queues are full, exporters held back.",
  })
  @AtLeast(0, formatSize)
  maxMemory!: number;

  @OwnKey(integer, {
    default: 10_000,
    doc: 'Connections over TCP, TLS and gRPC, and exporters over UDP, at a time and of each; more are refused.',
  })
  @Between(1, 10_000_000)
  maxSessions!: number;

  @OwnKey(integer, { default: 4096, doc: 'Templates, and observation domains, of a session.' })
  @Between(1, 65_536)
  maxTemplates!: number;

  @OwnKey(duration, {
    default: 0,
    doc: 'Silence after which an exporter over TCP, TLS or gRPC is disconnected; 0 never does.',
  })
  @AtLeast(0, (value) => formatDuration(value))
  idleTimeout!: number;
}
