import { describe, expect, it } from '@jest/globals';
import {
  exportedElements,
  type ElementChoice,
} from '../../../../../src/adapters/formats/ipfix/encode/exported-elements.js';

/** What Antrea's aggregator sends, written down by hand: an element a word, after its mark. */
const ORDER = {
  connection: `
    flowStartSeconds flowEndSeconds flowEndReason sourceTransportPort destinationTransportPort protocolIdentifier packetTotalCount
    octetTotalCount packetDeltaCount octetDeltaCount sourceIPv4Address destinationIPv4Address reversePacketTotalCount
    reverseOctetTotalCount reversePacketDeltaCount reverseOctetDeltaCount`,
  kubernetes: `
    N:sourcePodName N:sourcePodNamespace U:sourcePodUUID N:sourceNodeName U:sourceNodeUUID N:destinationPodName
    N:destinationPodNamespace U:destinationPodUUID N:destinationNodeName U:destinationNodeUUID destinationServicePort
    N:destinationServicePortName U:destinationServiceUUID N:ingressNetworkPolicyName N:ingressNetworkPolicyNamespace
    U:ingressNetworkPolicyUUID ingressNetworkPolicyType NU:ingressNetworkPolicyRuleName ingressNetworkPolicyRuleAction
    N:egressNetworkPolicyName N:egressNetworkPolicyNamespace U:egressNetworkPolicyUUID egressNetworkPolicyType
    NU:egressNetworkPolicyRuleName egressNetworkPolicyRuleAction tcpState flowType N:egressName U:egressUUID egressIP
    N:egressNodeName U:egressNodeUUID proxySnatPort proxySnatIPv4 destinationClusterIPv4 destinationServiceIPv4`,
  aggregate: `
    octetDeltaCountFromSourceNode octetDeltaCountFromDestinationNode octetTotalCountFromSourceNode octetTotalCountFromDestinationNode
    packetDeltaCountFromSourceNode packetDeltaCountFromDestinationNode packetTotalCountFromSourceNode
    packetTotalCountFromDestinationNode reverseOctetDeltaCountFromSourceNode reverseOctetDeltaCountFromDestinationNode
    reverseOctetTotalCountFromSourceNode reverseOctetTotalCountFromDestinationNode reversePacketDeltaCountFromSourceNode
    reversePacketDeltaCountFromDestinationNode reversePacketTotalCountFromSourceNode reversePacketTotalCountFromDestinationNode
    flowEndSecondsFromSourceNode flowEndSecondsFromDestinationNode throughput throughputFromSourceNode
    throughputFromDestinationNode reverseThroughput reverseThroughputFromSourceNode reverseThroughputFromDestinationNode`,
  labels: 'sourcePodLabels destinationPodLabels clusterId',
  proxy: 'originalObservationDomainId originalExporterIPv4Address originalExporterIPv6Address flowDirection',
};

function expected(parts: (keyof typeof ORDER)[], marks: string): string[] {
  return parts
    .flatMap((part) => ORDER[part].trim().split(/\s+/))
    .map((word) => word.split(':'))
    .filter(([mark, name]) => name === undefined || Array.from(mark!).some((letter) => marks.includes(letter)))
    .map((parts) => parts.at(-1)!);
}

const AGGREGATE: (keyof typeof ORDER)[] = ['connection', 'kubernetes', 'aggregate', 'labels'];
const PROXY: (keyof typeof ORDER)[] = ['connection', 'kubernetes', 'labels', 'proxy'];

const names = (family: 'IPv4' | 'IPv6', choice: ElementChoice): string[] =>
  exportedElements(family, choice).map(({ name }) => name);

const CHOICES = [
  { includeK8sNames: false, includeK8sUIDs: false, marks: '' },
  { includeK8sNames: true, includeK8sUIDs: false, marks: 'N' },
  { includeK8sNames: false, includeK8sUIDs: true, marks: 'U' },
  { includeK8sNames: true, includeK8sUIDs: true, marks: 'NU' },
];

describe.each(CHOICES)('exportedElements, names $includeK8sNames, UIDs $includeK8sUIDs', ({ marks, ...include }) => {
  it('has the elements of Aggregate mode in order', () => {
    expect(names('IPv4', { mode: 'aggregate', ...include })).toEqual(expected(AGGREGATE, marks));
  });

  it('has the elements of Proxy mode in order', () => {
    expect(names('IPv4', { mode: 'proxy', ...include })).toEqual(expected(PROXY, marks));
  });

  it('has the same for IPv6, with the addresses that belong to it', () => {
    expect(names('IPv6', { mode: 'aggregate', ...include })).toEqual(
      expected(AGGREGATE, marks).map((name) => name.replace('IPv4', 'IPv6')),
    );
  });
});

describe('exportedElements', () => {
  it("has an original exporter's addresses of both families in each template", () => {
    const choice = { mode: 'proxy', includeK8sNames: true, includeK8sUIDs: true } as const;
    for (const family of ['IPv4', 'IPv6'] as const) {
      expect(names(family, choice)).toEqual(
        expect.arrayContaining(['originalExporterIPv4Address', 'originalExporterIPv6Address']),
      );
    }
  });
});
