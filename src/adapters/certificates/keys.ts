import { generateKeyPair, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** Kinds of keys that are made. */
export type KeyKind = 'rsa-2048' | 'p-256';

type Algorithm = webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams;

const generate = promisify(generateKeyPair);

/** NIST's curves by the names that OpenSSL has for them. */
const CURVES: Readonly<Partial<Record<string, string>>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** Makes a key. Takes a good part of a second for RSA, in Node's thread pool. */
export async function makeKey(kind: KeyKind): Promise<KeyObject> {
  const { privateKey } =
    kind === 'rsa-2048'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'prime256v1' });
  return privateKey;
}

/** Whether {@link signingKey} takes it. */
export function canSign(key: KeyObject): boolean {
  return algorithmOf(key) !== undefined;
}

/**
 * A key in the form by which certificates are signed, with SHA-256.
 *
 * @throws Error for other keys than RSA and those on NIST's curves
 */
export async function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const algorithm = algorithmOf(key);
  if (algorithm === undefined)
    throw new Error(`certificates are not signed with ${String(key.asymmetricKeyType)} keys`);
  return webcrypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), algorithm, false, ['sign']);
}

function algorithmOf(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const namedCurve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  return key.asymmetricKeyType === 'ec' && namedCurve !== undefined ? { name: 'ECDSA', namedCurve } : undefined;
}
