import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileCertificateStore } from '../../adapters/certificates/file-certificate-store.js';
import { serverNames } from '../../adapters/certificates/server-names.js';
import { dataDirectoryOf } from '../../adapters/identity/data-directory.js';
import type { CertificateStore } from '../../application/ports/certificate-store.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';

/** Folder of the data directory that has the certificates. */
const FOLDER = 'certificates';

/** The certificates of Weir's own servers: files in the data directory. */
export function certificateStore(
  { dataDirectory, flowAggregatorAddress }: WeirConfiguration,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): CertificateStore {
  const data = dataDirectoryOf(dataDirectory);
  const options = {
    directory: data === undefined ? undefined : join(data, FOLDER),
    serverNames: serverNames({ flowAggregatorAddress, hostName: hostname() }),
  };
  return new FileCertificateStore(options, clock, logger);
}
