import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  applySysctl,
  parsePreviousValues,
  requireWritable,
  revertSysctl,
  type SysctlPlace,
} from '../../../src/probe/tune/sysctl.ts';

let folder: string;
let place: SysctlPlace;
const value = (name: string) => Number(readFileSync(join(place.procSys, ...name.split('.')), 'utf8'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rtcb-sysctl-'));
  place = { dropIn: join(folder, '60-rtc-bench-udp.conf'), procSys: join(folder, 'sys') };
  mkdirSync(join(folder, 'sys', 'net', 'core'), { recursive: true });
  writeFileSync(join(folder, 'sys/net/core/rmem_max'), '212992\n');
  writeFileSync(join(folder, 'sys/net/core/rmem_default'), '212992\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = (name: string, to: number) => ({ name, value: to, current: null, host: 'here' as const });

describe('applySysctl and revertSysctl', () => {
  it('loads the values, keeps the old ones in the file, and restores them', async () => {
    await applySysctl(
      [line('net.core.rmem_max', 4_194_304), line('net.core.rmem_default', 1_048_576)],
      place,
    );
    expect([value('net.core.rmem_max'), value('net.core.rmem_default')]).toEqual([4_194_304, 1_048_576]);
    const text = readFileSync(place.dropIn, 'utf8');
    expect(text).toContain('\nnet.core.rmem_max = 4194304\n');
    expect(text).toContain('# was net.core.rmem_max = 212992');
    expect(await revertSysctl(place)).toEqual(
      new Map([
        ['net.core.rmem_max', 212_992],
        ['net.core.rmem_default', 212_992],
      ]),
    );
    expect([value('net.core.rmem_max'), value('net.core.rmem_default')]).toEqual([212_992, 212_992]);
    expect(() => readFileSync(place.dropIn)).toThrow();
  });

  it('keeps the values from before the first of two applies', async () => {
    await applySysctl([line('net.core.rmem_max', 1_000_000)], place);
    await applySysctl([line('net.core.rmem_max', 2_000_000)], place);
    await revertSysctl(place);
    expect(value('net.core.rmem_max')).toBe(212_992);
  });

  it('changes nothing when one of the settings does not exist here', async () => {
    const lines = [line('net.core.rmem_max', 1_000_000), line('net.core.wmem_max', 1_000_000)];
    await expect(applySysctl(lines, place)).rejects.toMatchObject({ code: 'RTCB_TUNE_KERNEL', exitCode: 3 });
    expect(value('net.core.rmem_max')).toBe(212_992);
    expect(() => readFileSync(place.dropIn)).toThrow();
  });

  it('says who may when the file cannot be written', async () => {
    const closed = { ...place, dropIn: join(folder, 'missing', 'x.conf') };
    await expect(applySysctl([line('net.core.rmem_max', 1_000_000)], closed)).rejects.toMatchObject({
      code: 'RTCB_TUNE_APPLY',
      hint: expect.stringContaining('root'),
    });
    expect(value('net.core.rmem_max')).toBe(212_992);
  });

  it('leaves what an earlier one applied when it fails', async () => {
    await applySysctl([line('net.core.rmem_max', 1_000_000)], place);
    const text = readFileSync(place.dropIn, 'utf8');
    // The kernel refuses a value, as it does one that is out of its range.
    rmSync(join(folder, 'sys/net/core/rmem_default'));
    mkdirSync(join(folder, 'sys/net/core/rmem_default'));
    await expect(
      applySysctl([line('net.core.rmem_max', 2_000_000), line('net.core.rmem_default', 5)], place),
    ).rejects.toMatchObject({ exitCode: 3 });
    expect(value('net.core.rmem_max')).toBe(1_000_000);
    expect(readFileSync(place.dropIn, 'utf8')).toBe(text);
  });

  it('is known beforehand to be impossible where file or kernel cannot be written', async () => {
    await requireWritable(place);
    const missing = { ...place, dropIn: join(folder, 'missing', 'x.conf') };
    const hint = expect.stringContaining('root');
    await expect(requireWritable(missing)).rejects.toMatchObject({ code: 'RTCB_TUNE_APPLY', hint });
    const foreign = { ...place, procSys: join(folder, 'elsewhere') };
    await expect(requireWritable(foreign)).rejects.toMatchObject({ code: 'RTCB_TUNE_APPLY', exitCode: 3 });
  });

  it('has nothing to revert where nothing was applied', async () => {
    await expect(revertSysctl(place)).rejects.toMatchObject({ code: 'RTCB_TUNE_NOTHING', exitCode: 2 });
  });

  it('takes no path out of a file that somebody wrote', () => {
    expect(
      parsePreviousValues('# was ../../etc/passwd = 1\n# was net..core = 2\n# was net.core.x = 3'),
    ).toEqual(new Map([['net.core.x', 3]]));
  });
});
