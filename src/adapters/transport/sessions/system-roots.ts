import { readFile } from 'node:fs/promises';

/**
 * Where Linux distributions keep the certificates of the authorities they trust: Debian, Ubuntu and Alpine; Fedora and RHEL; openSUSE;
 * CentOS and RHEL; the plain OpenSSL. Node has them on its own only from version 22.15 on, and asks where its own OpenSSL was built to look.
 */
export const SYSTEM_ROOT_FILES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * The system's root certificates, of the first file that can be read; undefined if there is none, as in an image without
 * ca-certificates: then those that Node has built in (and NODE_EXTRA_CA_CERTS) must do.
 */
export async function systemRoots(files: readonly string[] = SYSTEM_ROOT_FILES): Promise<Buffer | undefined> {
  for (const file of files) {
    try {
      return await readFile(file);
    } catch {
      // The next system's file.
    }
  }
  return undefined;
}
