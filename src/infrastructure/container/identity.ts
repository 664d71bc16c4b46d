import { dataDirectoryOf } from '../../adapters/identity/data-directory.js';
import { keptUuid } from '../../adapters/identity/kept-uuid.js';
import type { Logger } from '../../application/ports/logger.js';
import { clusterIdentity, type ClusterIdentity } from '../../domain/cluster/cluster-identity.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';

/**
 * Who this instance is: the cluster's own UUID or else the kept one, and what the configuration says instead of what follows from it.
 *
 * @param ownUuid undefined if the cluster has none
 */
export function identityOf(
  { dataDirectory, clusterID, flowCollector }: WeirConfiguration,
  ownUuid: string | undefined,
  logger: Logger,
): ClusterIdentity {
  const uuid = ownUuid ?? keptUuid(dataDirectoryOf(dataDirectory), logger);
  return clusterIdentity(uuid, clusterID, flowCollector.observationDomainID);
}
