import { it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What each program that tests talk to comes with: a package of Debian, or a script of ours. */
const PACKAGES = {
  tshark: 'tshark',
  softflowd: 'softflowd',
  pmacctd: 'pmacct',
  'ovs-vswitchd': 'openvswitch-switch',
  'ovsdb-server': 'openvswitch-switch',
  nfcapd: 'nfdump',
  logrotate: 'logrotate',
  prlimit: 'util-linux',
  nfdump: 'nfdump',
  nfacctd: 'pmacct',
  openssl: 'openssl',
  python3: 'python3',
  etcd: 'etcd-server',
  'kube-apiserver': 'kube-apiserver (node scripts/kube-apiserver.mjs)',
} as const;

/** A program that a test needs and a machine may lack. */
export type Peer = keyof typeof PACKAGES;

/** Where Debian puts programs for administrators, which the PATH of others lacks. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];

const SCRIPTS = fileURLToPath(new URL('../../../../scripts/', import.meta.url));

/** Where one of our scripts puts the program that it builds. */
function built(script: string): string {
  return execFileSync(process.execPath, [join(SCRIPTS, script), '--path'], { encoding: 'utf8' }).trim();
}

/** The path of a peer's program, undefined if it is not installed. */
export function findPeer(peer: Peer): string | undefined {
  const paths = peer === 'kube-apiserver' ? [built(`${peer}.mjs`)] : FOLDERS.map((folder) => join(folder, peer));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The path of a peer's program. @throws Error naming the package if it is not installed */
export function requirePeer(peer: Peer): string {
  const path = findPeer(peer);
  if (path === undefined) throw new Error(`${PACKAGES[peer]} is not installed`);
  return path;
}

const said = new Set<string>();

/** Says why tests are skipped, once a file: Jest shows no names of a file whose tests are all skipped. */
function say(reason: string): void {
  if (said.has(reason)) return;
  said.add(reason);
  process.stderr.write(`${reason}\n`);
}

/**
 * `it` for a test that needs peers. Where one is missing the test is skipped, and says so; in CI, which installs them, it fails.
 */
export function itWith(peers: readonly Peer[], name: string, test: () => Promise<void>, timeoutMs?: number): void {
  const missing = peers.find((peer) => findPeer(peer) === undefined);
  if (missing !== undefined && process.env['CI'] !== 'true') {
    const reason = `skipped: ${PACKAGES[missing]} is not installed`;
    say(reason);
    it.skip(`${name} (${reason})`, test);
    return;
  }
  const check = async (): Promise<void> => {
    peers.forEach(requirePeer);
    await test();
  };
  it(name, check, timeoutMs);
}
