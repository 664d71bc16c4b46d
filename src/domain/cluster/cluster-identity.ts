import { observationDomainOf } from './cluster-uuid.js';

/** Who this instance is to those it sends to. */
export interface ClusterIdentity {
  /** UUID of the cluster, lower case. */
  readonly uuid: string;
  /** What the element clusterId says. */
  readonly clusterId: string;
  /** Observation domain of the messages that are sent. */
  readonly observationDomainId: number;
}

/**
 * What a cluster's UUID and the configuration make of it.
 *
 * @param clusterId "" for the UUID
 * @param observationDomainId 0 for the one that follows from the UUID
 */
export function clusterIdentity(uuid: string, clusterId: string, observationDomainId: number): ClusterIdentity {
  return {
    uuid,
    clusterId: clusterId || uuid,
    observationDomainId: observationDomainId || observationDomainOf(uuid),
  };
}
