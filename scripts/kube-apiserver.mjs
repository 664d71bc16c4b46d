/**
 * Builds Kubernetes' API server, which end-to-end tests talk to, from test/e2e/support/kube-apiserver: `node scripts/kube-apiserver.mjs`
 * takes some minutes, or nothing if that version was built before; `--path` only says where it is, or is to be. It is kept outside of the
 * checkout, as many of those share it. Needs Go.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const module = fileURLToPath(new URL('../test/e2e/support/kube-apiserver', import.meta.url));
const [, version, major, minor] = /^\s*k8s\.io\/kubernetes (v(\d+)\.(\d+)\S*)$/m.exec(
  readFileSync(join(module, 'go.mod'), 'utf8'),
);
const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const path = join(cache, 'weir-e2e', `kube-apiserver-${version}`);

if (!process.argv.includes('--path') && !existsSync(path)) build();
console.log(path);

function build() {
  console.error(`Building kube-apiserver ${version} …`);
  const begun = Date.now();
  mkdirSync(dirname(path), { recursive: true });
  // Never is there half a program under its name.
  const unfinished = `${path}.${process.pid}`;
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const said = Object.entries(variables).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  const options = ['-buildvcs=false', '-ldflags', ['-s', '-w', ...said].join(' '), '-o', unfinished];
  const { status, error } = spawnSync('go', ['build', ...options, '.'], { cwd: module, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    rmSync(unfinished, { force: true });
    console.error(`kube-apiserver ${version} could not be built${error === undefined ? '' : `: ${error.message}`}.`);
    process.exit(1);
  }
  renameSync(unfinished, path);
  console.error(`kube-apiserver ${version} took ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
}
