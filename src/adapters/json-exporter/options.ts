import type { CollectorTarget } from '../transport/sessions/open-session.js';

/** Where and how flows are exported as JSON. */
export interface JsonExporterOptions extends CollectorTarget {
  /** The sink's name in logs and metrics. @default 'json' */
  readonly name?: string;
  /** What the element clusterId says. */
  readonly clusterId: string;
  /** Whether flows are aggregated from two halves, or records passed on one by one. @default 'aggregate' */
  readonly mode?: 'aggregate' | 'proxy';
  /** Whether names of Kubernetes objects are sent. @default true */
  readonly includeK8sNames?: boolean;
  /** Whether their UIDs are. @default false */
  readonly includeK8sUIDs?: boolean;
}
