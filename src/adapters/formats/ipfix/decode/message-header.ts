import { IpfixError } from './ipfix-error.js';

/** Version number of IPFIX messages (RFC 7011 §3.1). */
export const IPFIX_VERSION = 10;

/** Octets of a message's header, and the least that a message can have. */
export const MESSAGE_HEADER_LENGTH = 16;

/** Octets of the header after which {@link readMessageLength} can be asked: version and length. */
export const MESSAGE_PREFIX_LENGTH = 4;

/** Where the header has what the decoder needs. */
export const HEADER = { length: 2, exportTime: 4, sequenceNumber: 8, observationDomain: 12 } as const;

/** Versions that exporters send when they are set to another protocol, for the hint in the log. */
const OTHER_PROTOCOLS: Readonly<Record<number, string>> = { 5: 'NetFlow v5', 9: 'NetFlow v9' };

/**
 * The length of the message that begins at `at`, of which at least {@link MESSAGE_PREFIX_LENGTH} octets are there.
 *
 * @throws IpfixError if no IPFIX message can begin so
 */
export function readMessageLength(bytes: Uint8Array, at: number): number {
  const version = (bytes[at]! << 8) | bytes[at + 1]!;
  if (version !== IPFIX_VERSION) {
    const hint = OTHER_PROTOCOLS[version];
    throw new IpfixError(
      'version',
      0,
      `version ${version}${hint ? ` (${hint})` : ''} is not IPFIX, which is version ${IPFIX_VERSION}`,
    );
  }
  const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  if (length < MESSAGE_HEADER_LENGTH) {
    throw new IpfixError('message_length', HEADER.length, `a message of ${length} octets has no room for its header`);
  }
  return length;
}
