import { readFileSync } from 'node:fs';
import type { IpfixRecord, IpfixValue } from '../../support/ipfix-reader.js';

/** What one Node's agent sent of a flow, as the ledger of `weir simulate` has it. */
export interface LedgerHalf {
  readonly side: 'source' | 'destination';
  readonly records: number;
  readonly totals: Readonly<Record<string, string | number>>;
  readonly flowStartSeconds: number;
  readonly flowEndSeconds: number;
}

/** A flow of the ledger. */
export interface LedgerFlow {
  readonly requiresCorrelation: boolean;
  readonly denial: unknown;
  readonly identity: Readonly<Record<string, string | number>>;
  readonly ended: boolean;
  readonly flowEndReason: number;
  readonly halves: readonly LedgerHalf[];
}

/** Reads the file that `weir simulate --ledger` wrote. */
export function readLedger(file: string): LedgerFlow[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LedgerFlow);
}

const familyOf = (address: unknown): 4 | 6 => (String(address).includes(':') ? 6 : 4);

/** Names that elements of addresses have before their family. */
const ADDRESSES: Readonly<Record<string, (family: 4 | 6) => string>> = {
  sourceIP: (family) => `sourceIPv${family}Address`,
  destinationIP: (family) => `destinationIPv${family}Address`,
  destinationClusterIP: (family) => `destinationClusterIPv${family}`,
  destinationServiceIP: (family) => `destinationServiceIPv${family}`,
  proxySnatIP: (family) => `proxySnatIPv${family}`,
};

/** The family of a flow in the ledger. */
export function ledgerFamily({ identity }: LedgerFlow): 4 | 6 {
  return familyOf(identity['sourceIP']);
}

/** The connection that a flow of the ledger is about. */
export function ledgerKey({ identity }: LedgerFlow): string {
  const { sourceIP, destinationIP, protocolIdentifier, sourceTransportPort, destinationTransportPort } = identity;
  return [sourceIP, destinationIP, protocolIdentifier, sourceTransportPort, destinationTransportPort].join(' ');
}

/** The connection that an exported flow is about. */
export function exportedKey(record: IpfixRecord): string {
  return [
    record['sourceIPv4Address'] ?? record['sourceIPv6Address'],
    record['destinationIPv4Address'] ?? record['destinationIPv6Address'],
    record['protocolIdentifier'],
    record['sourceTransportPort'],
    record['destinationTransportPort'],
  ].join(' ');
}

/** Who an exported flow has to say it is, by element: all that its halves know together. */
export function expectedIdentity(flow: LedgerFlow): IpfixRecord {
  const family = ledgerFamily(flow);
  const none = family === 4 ? '0.0.0.0' : '::';
  return Object.fromEntries(
    Object.entries(flow.identity).map(([name, value]): [string, IpfixValue] => {
      const address = ADDRESSES[name];
      if (address) return [address(family), String(value) || none];
      return [name, typeof value === 'number' ? BigInt(value) : value];
    }),
  );
}

/** The totals and the end that each side of the exported flow has to have, by element. A flow that needs no second half has one half's on both. */
export function expectedSides({ halves }: LedgerFlow): IpfixRecord {
  const sides = (['source', 'destination'] as const).map((side) => ({
    suffix: `From${side === 'source' ? 'Source' : 'Destination'}Node`,
    half: halves.length === 1 ? halves[0]! : halves.find((half) => half.side === side)!,
  }));
  return Object.fromEntries(
    sides.flatMap(({ suffix, half }) => [
      ...totalsOf(half).map(([name, total]): [string, bigint] => [`${name}${suffix}`, total]),
      [`flowEndSeconds${suffix}`, BigInt(half.flowEndSeconds)] as const,
    ]),
  );
}

/** A half's totals as elements. */
export function totalsOf({ totals }: LedgerHalf): [name: string, total: bigint][] {
  return Object.entries(totals).map(([name, total]) => [name, BigInt(total)]);
}
