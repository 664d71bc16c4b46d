import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { errorText } from '../../../application/error-text.js';
import { systemRoots } from './system-roots.js';

/** How a collector is spoken to over TLS, and whom it is taken for. */
export interface ClientTlsOptions {
  /** Folder of ca.crt, tls.crt and tls.key. They are read again for each connection: certificates are replaced while Weir runs. */
  readonly directory: string;
  /** Whether ca.crt says whom to trust; otherwise the system's roots do. */
  readonly ownAuthority: boolean;
  /** Whether Weir shows the certificate in tls.crt to the collector. */
  readonly clientCertificate: boolean;
  /** Name or address that the collector's certificate must be for; "" is the one it is connected by. */
  readonly serverName: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Section of the configuration that these are from, for messages. @default 'flowCollector.tls' */
  readonly section?: string;
  /** Files of root certificates, of which the first there is serves. @default SYSTEM_ROOT_FILES */
  readonly systemRootFiles?: readonly string[];
}

/** The section if none is given. */
export const DEFAULT_SECTION = 'flowCollector.tls';

/**
 * Reads the certificates a connection needs.
 *
 * @throws Error that names the file and the key that asks for it, if it is missing or is not what it should be
 */
export async function readTlsFiles(options: ClientTlsOptions): Promise<SecureContext> {
  const { directory, ownAuthority, clientCertificate, minVersion, section = DEFAULT_SECTION } = options;
  const read = async (name: string, key: string): Promise<Buffer> => {
    const file = join(directory, name);
    try {
      return await readFile(file);
    } catch (error) {
      throw new Error(`${file} is needed since ${section}.${key} is set, and can't be read: ${errorText(error)}`, {
        cause: error,
      });
    }
  };
  const ca = ownAuthority ? await read('ca.crt', 'caSecretName') : await systemRoots(options.systemRootFiles);
  // OpenSSL takes a file without a certificate for an empty list, and then trusts nobody.
  if (ownAuthority) checkCertificate(join(directory, 'ca.crt'), ca!);
  const context = { minVersion, ...(ca && { ca }) };
  if (!clientCertificate) return createSecureContext(context);
  const cert = await read('tls.crt', 'clientSecretName');
  const key = await read('tls.key', 'clientSecretName');
  checkCertificate(join(directory, 'tls.crt'), cert);
  try {
    return createSecureContext({ ...context, cert, key });
  } catch (error) {
    throw new Error(`tls.key in ${directory} is no key for the certificate in tls.crt: ${errorText(error)}`, {
      cause: error,
    });
  }
}

function checkCertificate(file: string, pem: Buffer): void {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new Error(`${file} has no certificate (PEM): ${errorText(error)}`, { cause: error });
  }
}
