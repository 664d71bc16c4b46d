/** RFC 4122's text form; any version, since clusters have been given all of them. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const FNV_OFFSET_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The UUID in lower case without surrounding space, or undefined if the text is none. */
export function parseUuid(text: string): string | undefined {
  const uuid = text.trim().toLowerCase();
  return UUID.test(uuid) ? uuid : undefined;
}

/** The 16 bytes of a UUID that {@link parseUuid} gave. */
export function uuidBytes(uuid: string): Uint8Array {
  const digits = uuid.replaceAll('-', '');
  return Uint8Array.from({ length: 16 }, (_, index) => parseInt(digits.slice(2 * index, 2 * index + 2), 16));
}

/**
 * The observation domain of a cluster whose configuration names none: FNV-1 in 32 bits over the UUID's 16 bytes
 * (information-elements.md, header rules). The same cluster has the same domain after every restart.
 */
export function observationDomainOf(uuid: string): number {
  let hash = FNV_OFFSET_BASIS;
  for (const byte of uuidBytes(uuid)) hash = Math.imul(hash, FNV_PRIME) ^ byte;
  return hash >>> 0;
}
