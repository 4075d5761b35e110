import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installedPackage, packageRoot } from '../../src/setup/package-root.ts';

interface LockedPackage {
  version?: string;
  integrity?: string;
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}
const lock = JSON.parse(readFileSync(join(packageRoot(), 'package-lock.json'), 'utf8'));
const packages = Object.entries(lock.packages as Record<string, LockedPackage>).filter(
  ([path]) => path !== '',
);

describe('package-lock.json', () => {
  // Where a registry lacks the binary of some platform, npm leaves it out of the lock file and then refuses that file.
  it('has the package of every platform, without which npm ci refuses it', () => {
    const names = new Set(packages.map(([path]) => path.split('node_modules/').at(-1)));
    const wanted = packages.flatMap(([, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}),
    );
    expect(wanted.filter((name) => !names.has(name))).toEqual([]);
  });

  it('pins each package by its content and names no registry', () => {
    expect(packages.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
    expect(packages.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });
});

describe('installed packages', () => {
  it('are found without being loaded', () => {
    expect(installedPackage('mediasoup')?.version).toMatch(/^3\./);
    expect(installedPackage('no-such-package')).toBeNull();
  });
});

describe('docs/dependencies.md', () => {
  it('gives each dependency its reason', () => {
    const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
    const documented = readFileSync(join(packageRoot(), 'docs', 'dependencies.md'), 'utf8');
    const rows = documented.split('\n').filter((line) => line.startsWith('|'));
    const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(names.filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))).toEqual([]);
  });
});
