import { Between, MaxOctets, NameOrAddress } from './checks.js';
import { FlowsTableNeedsDatabase, NotInProxyMode } from './cross-rules.js';
import { Key, OwnKey, Section } from './key.js';
import { duration, integer, oneOf, text } from './kinds.js';
import { ClickHouseSection } from './sections/click-house.js';
import { CloudLabelsSection } from './sections/cloud-labels.js';
import { ConsoleSection } from './sections/console.js';
import { FlowCollectorSection } from './sections/flow-collector.js';
import { FlowLoggerSection } from './sections/flow-logger.js';
import { FlowStreamServiceSection } from './sections/flow-stream-service.js';
import { KubernetesSection } from './sections/kubernetes.js';
import { S3UploaderSection } from './sections/s3-uploader.js';
import {
  ApiServerSection,
  CorrelationSection,
  LimitsSection,
  ListenSection,
  RecordContentsSection,
} from './sections/small-sections.js';
import { StoreSection } from './sections/store.js';

/**
 * The configuration file. What it declares is all there is: reading, checking, printing and the reference documentation follow from it.
 * Durations are in milliseconds, sizes in bytes.
 */
export class WeirConfiguration {
  @Key(oneOf(['Aggregate', 'Proxy']), {
    default: 'Aggregate',
    doc: 'Aggregate joins the two halves of each connection and sends one flow; Proxy sends each record on by itself.',
  })
  mode!: 'Aggregate' | 'Proxy';

  @Key(duration, {
    default: 60_000,
    doc: 'How often a flow that goes on is exported. At least a second.',
    raisedTo: 1000,
  })
  activeFlowRecordTimeout!: number;

  @Key(duration, {
    default: 90_000,
    doc: 'How long a flow is kept that nobody reports any more. At least a second.',
    raisedTo: 1000,
  })
  inactiveFlowRecordTimeout!: number;

  @Key(oneOf(['TLS', 'TCP', 'UDP', 'None'], { foldCase: true }), {
    default: 'TLS',
    doc: 'How exporters deliver IPFIX. With None there is no IPFIX; gRPC is listened for whatever is set.',
  })
  aggregatorTransportProtocol!: 'TLS' | 'TCP' | 'UDP' | 'None';

  @Key(text, { default: '', doc: "One more DNS name or address for the server's certificate." })
  @NameOrAddress()
  flowAggregatorAddress!: string;

  @Section(RecordContentsSection, 'What flows carry beside what exporters report.')
  recordContents!: RecordContentsSection;

  @Section(ApiServerSection, 'The server that antctl asks. Not in this version of Weir.')
  apiServer!: ApiServerSection;

  @Section(FlowCollectorSection, 'An external collector that flows are sent to.')
  flowCollector!: FlowCollectorSection;

  @Section(ClickHouseSection, 'Flows as rows of a ClickHouse table. Not in this version of Weir.')
  @NotInProxyMode('enable', 'clickHouse.enable')
  clickHouse!: ClickHouseSection;

  @Section(S3UploaderSection, 'Flows as objects in a bucket. Not in this version of Weir.')
  @NotInProxyMode('enable', 's3Uploader.enable')
  s3Uploader!: S3UploaderSection;

  @Section(FlowLoggerSection, 'Flows as lines of a file.')
  @NotInProxyMode('enable', 'flowLogger.enable')
  flowLogger!: FlowLoggerSection;

  @Section(FlowStreamServiceSection, 'Flows streamed to clients over gRPC. Not in this version of Weir.')
  flowStreamService!: FlowStreamServiceSection;

  @Key(integer, { default: 8192, doc: 'Flows that may wait for each sink, at least.' })
  @Between(1, 2 ** 31 - 1)
  recordBufferSize!: number;

  @Key(text, {
    default: '',
    defaultDoc: "the cluster's UUID",
    doc: 'What the element clusterId says. At most 255 octets.',
  })
  @MaxOctets(255)
  clusterID!: string;

  @Section(ListenSection, 'Where Weir listens.')
  listen!: ListenSection;

  @OwnKey(text, {
    default: '',
    defaultDoc: '/var/lib/weir, or ./weir-data where that is not writable',
    doc: 'What Weir keeps: the UUID of a cluster that has none, and certificates outside Kubernetes.',
  })
  dataDirectory!: string;

  @Section(KubernetesSection, 'The API server that the names and labels of Pods come from.')
  kubernetes!: KubernetesSection;

  @Section(CorrelationSection, 'What becomes of flows of which one half is missing.')
  correlation!: CorrelationSection;

  @Section(LimitsSection, 'What keeps memory bounded, whatever exporters send.')
  limits!: LimitsSection;

  @Section(ConsoleSection, 'The query API and the web console. Not in this version of Weir.')
  console!: ConsoleSection;

  @Section(StoreSection, 'Flows kept by Weir itself. Not in this version of Weir.')
  @NotInProxyMode('enable', 'store.enable')
  store!: StoreSection;

  @Section(
    CloudLabelsSection,
    'Where the other side of a connection is, and what that costs. Not in this version of Weir.',
  )
  @NotInProxyMode('networkFlowsTable', 'cloudLabels.networkFlowsTable')
  @FlowsTableNeedsDatabase()
  cloudLabels!: CloudLabelsSection;
}
