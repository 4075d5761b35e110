import { describe, expect, it } from 'vitest';
import { environmentError } from '../../src/errors.ts';
import { type HostReader, hostChecks } from '../../src/setup/doctor/host.ts';
import { portsCheck } from '../../src/setup/doctor/ports.ts';
import { type CheckReport, runChecks } from '../../src/setup/doctor/run-checks.ts';
import type { Check } from '../../src/setup/doctor/types.ts';
import { createSystem } from '../../src/system/real.ts';

const system = createSystem();
const GOOD: Record<string, string> = {
  '/proc/self/limits':
    'Limit  Soft Limit  Hard Limit  Units\nMax open files            65536      65536      files\n',
  '/proc/sys/net/core/rmem_max': '8388608\n',
  '/proc/sys/net/core/wmem_max': '8388608\n',
  '/proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
  '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n',
};

function host(
  changed: Record<string, string | null> = {},
  shmMebibytes = 1024,
  freeMebibytes = 10_000,
): HostReader {
  const texts: Record<string, string | null> = { ...GOOD, ...changed };
  return {
    text: (path) => texts[path] ?? null,
    fileSystem: (path) => ({
      sizeBytes: (path === '/dev/shm' ? shmMebibytes : 100_000) * 1024 * 1024,
      freeBytes: freeMebibytes * 1024 * 1024,
    }),
  };
}

async function reports(reader: HostReader): Promise<Map<string, CheckReport>> {
  const found = new Map<string, CheckReport>();
  const checks = [...hostChecks(system, reader), portsCheck(reader)];
  for await (const report of runChecks(checks)) found.set(report.name, report);
  return found;
}

describe('the doctor', () => {
  it('finds a good host good', async () => {
    const found = await reports(host());
    for (const name of ['/dev/shm', 'open files', 'UDP buffers', 'clock source', 'disk', 'ports']) {
      expect(found.get(name), name).toMatchObject({ status: 'ok' });
      expect(found.get(name)?.mend, name).toBeUndefined();
    }
  });

  it.each([
    [
      'open files',
      host({ '/proc/self/limits': 'Max open files   1024   1024   files' }),
      'warning',
      'ulimit -n',
    ],
    ['UDP buffers', host({ '/proc/sys/net/core/rmem_max': '212992' }), 'note', 'rtc-bench tune'],
    [
      'clock source',
      host({ '/sys/devices/system/clocksource/clocksource0/current_clocksource': 'hpet' }),
      'warning',
      'tsc',
    ],
    [
      'ports',
      host({ '/proc/sys/net/ipv4/ip_local_port_range': '60000 60999' }),
      'warning',
      'ip_local_port_range',
    ],
    ['/dev/shm', host({}, 64), 'warning', '--shm-size'],
    ['disk', host({}, 1024, 10), 'warning', '--out'],
  ] as const)('names the mend for %s', async (name, reader, status, mend) => {
    const report = (await reports(reader)).get(name);
    expect(report?.status).toBe(status);
    expect(report?.mend).toContain(mend);
  });

  it('says what this platform does not tell, instead of a number', async () => {
    const silent: HostReader = { text: () => null, fileSystem: () => null };
    const found = await reports(silent);
    for (const name of ['/dev/shm', 'open files', 'UDP buffers', 'clock source']) {
      expect(found.get(name), name).toMatchObject({ status: 'note', detail: 'this platform does not say' });
    }
  });

  it('measures the CPU', async () => {
    expect((await reports(host())).get('CPU')?.detail).toMatch(
      /^\d+ × .*, [1-9]\d*k AES-GCM packets\/s a core$/,
    );
  });

  it('reports what a check throws as its failure, with the hint as the mend, and goes on', async () => {
    const throws = (error: Error): Check => ({
      name: error.message,
      run: async () => {
        throw error;
      },
    });
    const found: CheckReport[] = [];
    const checks = [
      throws(environmentError('RTCB_X', 'none', { hint: 'get one' })),
      throws(new Error('odd')),
    ];
    for await (const report of runChecks(checks)) found.push(report);
    expect(found).toEqual([
      { name: 'none', status: 'failure', detail: 'none', mend: 'get one' },
      { name: 'odd', status: 'failure', detail: 'odd' },
    ]);
  });
});
