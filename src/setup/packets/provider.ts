import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { System } from '../../system/types.ts';
import { type Debian, lastLines } from '../debian.ts';
import {
  findPacketAddon,
  PACKET_ADDON_FILE,
  PACKET_ADDON_FLAGS,
  packetAddonDirectory,
  packetAddonSources,
} from '../find-packet-addon.ts';
import { findProgram } from '../find-program.ts';
import { installedPackage, packageRoot } from '../package-root.ts';
import { runProgram } from '../run-program.ts';
import { type Provider, type Source, SourceFailed } from '../types.ts';

const COMPILE_TIMEOUT_MS = 180_000;
const LOAD_TIMEOUT_MS = 10_000;
const COMPILER_PACKAGES = ['g++'];

/** On macOS the symbols of Node-API are found in the program that loads the addon. */
const LINK_FLAGS = process.platform === 'darwin' ? ['-undefined', 'dynamic_lookup'] : [];

function compiler(env: System['env']): string | null {
  return (env.CXX && findProgram(env, env.CXX)) || findProgram(env, 'g++', 'c++', 'clang++');
}

/** Whether this Node loads the addon, asked of another process: a bad one takes its process with it. */
export async function addonLoads(system: System, addon: string): Promise<boolean> {
  const script = `process.dlopen({ exports: {} }, ${JSON.stringify(addon)})`;
  const result = await runProgram(system, process.execPath, ['-e', script], { timeoutMs: LOAD_TIMEOUT_MS });
  return result.exitCode === 0;
}

/** Compiles `native/packets` with the C++ compiler that is there, against the headers in `node-api-headers`. */
function compiledAddon(system: System, debian: Debian, root: string): Source {
  async function compile(signal: AbortSignal): Promise<void> {
    const program = compiler(system.env);
    const headers = installedPackage('node-api-headers');
    if (program === null) throw new SourceFailed('there is no C++ compiler');
    if (headers === null) throw new SourceFailed('the npm package node-api-headers is not installed');
    const sources = packetAddonSources(root);
    const target = packetAddonDirectory(system.env, sources);
    mkdirSync(dirname(target), { recursive: true });
    const work = mkdtempSync(join(dirname(target), 'packets-'));
    try {
      const addon = join(work, PACKET_ADDON_FILE);
      const units = sources.filter((source) => !/\.(h|hpp)$/.test(source));
      const include = `-I${join(headers.directory, 'include')}`;
      const args = [...PACKET_ADDON_FLAGS, include, '-o', addon, ...units, ...LINK_FLAGS];
      const result = await runProgram(system, program, args, { timeoutMs: COMPILE_TIMEOUT_MS, signal });
      signal.throwIfAborted();
      if (result.exitCode !== 0) throw new SourceFailed(`${program} failed: ${lastLines(result)}`);
      if (!(await addonLoads(system, addon)))
        throw new SourceFailed('the addon was built but Node does not load it');
      rmSync(target, { recursive: true, force: true });
      renameSync(work, target);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  return {
    async plan() {
      if (process.platform === 'win32') return null;
      const there = compiler(system.env) !== null;
      if (!there && !debian.hasApt()) return null;
      return [
        ...(there ? [] : [`install Debian packages: ${debian.command(COMPILER_PACKAGES)}`]),
        `compile native/packets into ${packetAddonDirectory(system.env, packetAddonSources(root))} (a few seconds)`,
      ];
    },
    async provide(progress, signal) {
      if (compiler(system.env) === null) await debian.install(COMPILER_PACKAGES, progress, signal);
      progress.step('  compiling native/packets');
      await compile(signal);
    },
  };
}

/** The native packet loop of synthetic participants and of the UDP prober. */
export function packetAddonProvider(system: System, debian: Debian, root = packageRoot()): Provider {
  return {
    name: 'native packet loop',
    essential: false,
    without: 'the TypeScript packet loop does its work, at several times the CPU a packet',
    async check() {
      const file = findPacketAddon(system.env, root);
      return file === null ? { found: false, why: 'not built yet' } : { found: true, what: file };
    },
    sources: [compiledAddon(system, debian, root)],
  };
}
