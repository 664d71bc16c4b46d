import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { errorText } from '../../application/error-text.js';

/** What an agent is known by and whom it trusts, each as PEM text. */
export interface ClientCertificates {
  /** The CAs one of which must have signed the collector's certificate. */
  readonly authorities: string;
  /** The agents' certificate. */
  readonly certificate: string;
  /** Its key. A secret. */
  readonly privateKey: string;
}

/** The files in which a service outside Kubernetes keeps what its exporters need. */
const FILES = { authorities: 'ca.crt', certificate: 'client.crt', privateKey: 'client.key' } as const;

/**
 * Reads the client's files of a directory in which a service keeps its certificates.
 *
 * @throws Error that names the file that can't be read and says what to do, or says that what is in them does not belong together
 */
export function readClientCertificates(directory: string): ClientCertificates {
  const read = (file: string): string => {
    try {
      return readFileSync(join(directory, file), 'utf8');
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const advice = 'start the service first, it makes them; or --certificates DIR says where they are';
      const reason = isMissing ? `there is no ${join(directory, file)}: ${advice}` : `can't read ${errorText(error)}`;
      throw new Error(reason, { cause: error });
    }
  };
  const ca = read(FILES.authorities);
  const cert = read(FILES.certificate);
  const key = read(FILES.privateKey);
  try {
    createSecureContext({ ca, cert, key });
  } catch (error) {
    const files = Object.values(FILES).join(', ');
    throw new Error(`${files} in ${directory} are no certificates with a key: ${errorText(error)}`, { cause: error });
  }
  return { authorities: ca, certificate: cert, privateKey: key };
}
