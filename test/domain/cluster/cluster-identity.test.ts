import { describe, expect, it } from '@jest/globals';
import { clusterIdentity } from '../../../src/domain/cluster/cluster-identity.js';
import { observationDomainOf, parseUuid, uuidBytes } from '../../../src/domain/cluster/cluster-uuid.js';

const UUID = '6d0e2b1c-9f3a-4c5d-8e7f-0123456789ab';

describe("a cluster's UUID", () => {
  it('is read in either case and trimmed', () => {
    expect(parseUuid(` ${UUID.toUpperCase()}\n`)).toBe(UUID);
  });

  it.each(['', UUID.slice(1), `${UUID}0`, UUID.replaceAll('-', ''), UUID.replace('6', 'g')])('is not %j', (text) => {
    expect(parseUuid(text)).toBeUndefined();
  });

  it('has 16 bytes in the order of its text', () => {
    expect(Buffer.from(uuidBytes(UUID)).toString('hex')).toBe(UUID.replaceAll('-', ''));
  });
});

describe('observationDomainOf', () => {
  /** FNV-1 as its authors define it, in exact arithmetic. */
  const reference = (uuid: string): number => {
    let hash = 2_166_136_261n;
    for (const byte of Buffer.from(uuid.replaceAll('-', ''), 'hex'))
      hash = ((hash * 16_777_619n) & 0xffff_ffffn) ^ BigInt(byte);
    return Number(hash);
  };

  it.each([UUID, '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'])(
    'is FNV-1 in 32 bits over the bytes of %s',
    (uuid) => {
      expect(observationDomainOf(uuid)).toBe(reference(uuid));
    },
  );
});

describe('clusterIdentity', () => {
  it('follows from the UUID', () => {
    expect(clusterIdentity(UUID, '', 0)).toEqual({
      uuid: UUID,
      clusterId: UUID,
      observationDomainId: observationDomainOf(UUID),
    });
  });

  it('takes what is configured, each for itself', () => {
    expect(clusterIdentity(UUID, 'prod', 0)).toMatchObject({
      clusterId: 'prod',
      observationDomainId: observationDomainOf(UUID),
    });
    expect(clusterIdentity(UUID, '', 7)).toMatchObject({ clusterId: UUID, observationDomainId: 7 });
  });
});
