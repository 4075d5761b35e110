import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Debian } from '../../src/setup/debian.ts';
import { FakeHost, never } from './fake-host.ts';

const yes = async () => true;

/** A Debian where only `cmake` is installed and apt-get writes down how it was called. */
function debianHost(host: FakeHost): string {
  const calls = join(host.root, 'calls');
  host.osRelease('debian');
  host.program('dpkg-query', 'echo "installed cmake"; echo "not-installed g++"; exit 1');
  host.program('env', 'exec /usr/bin/env "$@"');
  host.program('apt-get', `echo "$@" >> ${calls}`);
  return calls;
}

const debian = (host: FakeHost, uid = 0, consent: () => Promise<boolean> = yes) =>
  new Debian(host.system, { consent, uid, systemRoot: host.root });

describe('Debian packages', () => {
  it('knows Debian from what is made of it, and from the rest', () => {
    using host = new FakeHost();
    host.program('apt-get', '');
    host.osRelease('debian');
    expect([debian(host).isDebian(), debian(host).hasApt()]).toEqual([true, true]);
    host.osRelease('ubuntu', 'debian');
    expect([debian(host).isDebian(), debian(host).hasApt()]).toEqual([false, true]);
    host.osRelease('fedora');
    expect([debian(host).isDebian(), debian(host).hasApt()]).toEqual([false, false]);
  });

  it('installs only what is missing, after one update', async () => {
    using host = new FakeHost();
    const calls = debianHost(host);
    const packages = debian(host);
    await packages.install(['cmake', 'g++'], host.progress, never);
    await packages.install(['ninja-build'], host.progress, never);
    const [update, first, second, ...rest] = readFileSync(calls, 'utf8').trim().split('\n');
    expect(update).toMatch(/ update$/);
    expect(first).toMatch(/ install -y --no-install-recommends g\+\+$/);
    expect(second).toMatch(/ install -y --no-install-recommends ninja-build$/);
    expect(rest).toEqual([]);
  });

  it('does nothing, and asks nothing, when all is there', async () => {
    using host = new FakeHost();
    const calls = debianHost(host);
    const asked: string[] = [];
    const consent = async () => asked.push('asked') > 0;
    await debian(host, 0, consent).install(['cmake'], host.progress, never);
    expect(existsSync(calls)).toBe(false);
    expect(asked).toEqual([]);
  });

  it('names the command when it may not, and asks only once', async () => {
    using host = new FakeHost();
    const calls = debianHost(host);
    let asked = 0;
    const consent = async () => {
      asked += 1;
      return false;
    };
    const packages = debian(host, 1000, consent);
    const command = 'sudo apt-get install -y --no-install-recommends g++';
    await expect(packages.install(['g++'], host.progress, never)).rejects.toThrow(command);
    await expect(packages.install(['chromium'], host.progress, never)).rejects.toThrow('--yes');
    expect(asked).toBe(1);
    expect(existsSync(calls)).toBe(false);
  });

  it('goes through sudo where that asks for no password', async () => {
    using host = new FakeHost();
    const calls = debianHost(host);
    const sudo = join(host.root, 'sudo-calls');
    host.program('sudo', `printf "%s\\n" "$*" >> ${sudo}; shift; exec "$@"`);
    await debian(host, 1000).install(['g++'], host.progress, never);
    expect(readFileSync(sudo, 'utf8').split('\n')[0]).toBe('-n true');
    expect(readFileSync(calls, 'utf8')).toContain('install -y');
  });

  it('needs root where sudo would ask', async () => {
    using host = new FakeHost();
    debianHost(host);
    host.program('sudo', 'exit 1');
    await expect(debian(host, 1000).install(['g++'], host.progress, never)).rejects.toThrow(
      /takes root; run: sudo/,
    );
  });

  it('goes on when the lists cannot be updated, and tells why an installation failed', async () => {
    using host = new FakeHost();
    debianHost(host);
    host.program('apt-get', 'echo "E: Unable to locate package g++"; exit 100');
    const installing = debian(host).install(['g++'], host.progress, never);
    await expect(installing).rejects.toThrow('apt-get install failed: E: Unable to locate package g++');
    expect(host.said).toContainEqual(expect.stringContaining('apt-get update failed'));
  });
});
