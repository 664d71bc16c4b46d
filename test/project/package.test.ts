import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

type Versions = Readonly<Record<string, string>>;

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  dependencies: Versions;
  devDependencies: Versions;
  overrides: Readonly<Record<string, string | Versions>>;
};
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Readonly<Record<string, { optionalDependencies?: Versions }>>;
};
/** Overrides for all, and those for what one package asks for. */
const overrides = Object.entries(manifest.overrides).flatMap(([name, version]) =>
  typeof version === 'string' ? [[name, version] as const] : Object.entries(version),
);
const declared = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });

describe('package.json', () => {
  it.each([...declared, ...overrides])('pins %s to one exact version', (_name, version) => {
    expect(version).toMatch(/^(npm:[a-z@/-]+@)?\d+\.\d+\.\d+$/);
  });

  it.each([...declared, ...overrides])('%s is justified in docs/dependencies.md', (name) => {
    expect(readFileSync('docs/dependencies.md', 'utf8')).toContain(`\n| \`${name}\` `);
  });
});

describe('package-lock.json', () => {
  it('lists the optional packages of every platform, so that a lock made on one installs on all', () => {
    const locked = Object.keys(lock.packages);
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !locked.some((other) => other.endsWith(`node_modules/${name}`)))
        .map((name) => `${name}, of ${path}`),
    );
    expect(missing).toEqual([]);
  });
});
