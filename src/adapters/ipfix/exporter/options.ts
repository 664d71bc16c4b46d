import type { CollectorTarget } from '../../transport/sessions/open-session.js';

/** Where and how flows are exported as IPFIX. */
export interface IpfixExporterOptions extends CollectorTarget {
  /** The sink's name in logs and metrics. @default 'ipfix' */
  readonly name?: string;
  /** Observation domain of all messages, 0 to 2³² − 1. */
  readonly observationDomainId: number;
  /** What the element clusterId says. */
  readonly clusterId: string;
  /** Over UDP the templates are sent again this often, in milliseconds. @default 600000 */
  readonly templateRefreshTimeoutMs?: number;
  /** Bytes of a message, headers included, 512 to 65535; 0 is what `messageBytes` says. @default 0 */
  readonly maxMessageSize?: number;
  /** MTU of the Pod's interface, where Weir runs in a Pod. */
  readonly podMtu?: number;
  /** Whether flows are aggregated from two halves, or records passed on one by one. @default 'aggregate' */
  readonly mode?: 'aggregate' | 'proxy';
  /** Whether names of Kubernetes objects are sent. @default true */
  readonly includeK8sNames?: boolean;
  /** Whether their UIDs are. @default false */
  readonly includeK8sUIDs?: boolean;
}
