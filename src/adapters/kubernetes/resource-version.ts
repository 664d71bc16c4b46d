/** Versions as Kubernetes' API servers make them. They are meant to be opaque: of others nothing is concluded. */
const NUMBER = /^\d{1,20}$/;

/** Whether a version is certainly an earlier one than another: what the server has now is another history (etcd was restored, say). */
export function isEarlier(version: string, than: string): boolean {
  return NUMBER.test(version) && NUMBER.test(than) && BigInt(version) < BigInt(than);
}
