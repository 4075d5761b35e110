import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Debian } from '../../src/setup/debian.ts';
import {
  findPacketAddon,
  packetAddonDirectory,
  packetAddonSources,
} from '../../src/setup/find-packet-addon.ts';
import { packetAddonProvider } from '../../src/setup/packets/provider.ts';
import { runSetup } from '../../src/setup/setup.ts';
import { FakeHost, never } from './fake-host.ts';

/** A host with two sources of an addon in a root of its own. */
function withSources(host: FakeHost) {
  const directory = join(host.root, 'native', 'packets');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'loop.cc'), '// one');
  writeFileSync(join(directory, 'loop.h'), '// two');
  const debian = new Debian(host.system, { consent: async () => true, uid: 0, systemRoot: host.root });
  return { directory, provider: packetAddonProvider(host.system, debian, host.root) };
}

describe('the native packet loop', () => {
  it('is another one for other sources', () => {
    using host = new FakeHost();
    const { directory } = withSources(host);
    const before = packetAddonDirectory(host.env, packetAddonSources(host.root));
    writeFileSync(join(directory, 'loop.h'), '// three');
    expect(packetAddonDirectory(host.env, packetAddonSources(host.root))).not.toBe(before);
  });

  it('is found where set-up puts it', () => {
    using host = new FakeHost();
    withSources(host);
    expect(findPacketAddon(host.env, host.root)).toBeNull();
    const directory = packetAddonDirectory(host.env, packetAddonSources(host.root));
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'packets.node'), '');
    expect(findPacketAddon(host.env, host.root)).toBe(join(directory, 'packets.node'));
  });

  it('is done without where there is no compiler and no way to one, and set-up is content', async () => {
    using host = new FakeHost();
    const { provider } = withSources(host);
    const [outcome] = await runSetup([provider], host.progress, never);
    expect(outcome).toMatchObject({ finding: { found: false }, provider: { essential: false } });
    expect(host.said.at(-1)).toMatch(/missing; the TypeScript packet loop does its work/);
  });

  it.each([
    ['the compiler error', 'echo "loop.cc:1: error: what is this"; exit 1', /g\+\+ failed: loop.cc:1: error/],
    [
      'that Node does not load it',
      'while [ "$1" != -o ]; do shift; done; echo junk > "$2"',
      /does not load it/,
    ],
  ])('tells %s and keeps nothing', async (_what, script, message) => {
    using host = new FakeHost();
    const { provider } = withSources(host);
    host.program('g++', script);
    const [outcome] = await runSetup([provider], host.progress, never);
    expect(outcome?.failures[0]).toMatch(message);
    expect(readdirSync(join(host.cache, 'rtc-bench'))).toEqual([]);
  });
});
