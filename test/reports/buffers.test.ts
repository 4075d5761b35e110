import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeRecordedRun } from '../../bench/lib/recorded-run.ts';
import { writeFolder } from '../../src/cli/probe/tune-files.ts';
import { adviseBuffers } from '../../src/probe/tune/advice.ts';
import type { SizeTrial, SweepResult, TuneResult } from '../../src/probe/tune/types.ts';
import { renderBuffersPage } from '../../src/reports/buffers/page.ts';
import { readCalibration } from '../../src/reports/calibration/model.ts';
import { renderCalibrationPage } from '../../src/reports/calibration/page.ts';
import { HtmlReporter } from '../../src/reports/html/reporter.ts';
import { parseSwept } from '../../src/reports/model/buffers.ts';
import { buildReport } from '../../src/reports/model/build.ts';
import { RunReader } from '../../src/results/reader.ts';
import { withFolder } from '../support/cli.ts';
import { sampleCapacity, writeCalibrationFolder } from './calibration-sample.ts';
import { HOSTILE_NAMES, PASSING } from './runs.ts';

const KIB = 1024;
const HOSTILE = HOSTILE_NAMES[0] ?? '';

function trial(askedBytes: number, socketDrops: number, part: Partial<SizeTrial['drops']> = {}): SizeTrial {
  const drops = { socketDrops, receiveBufferErrors: socketDrops, sendBufferErrors: 0, backlogDrops: 0 };
  return {
    askedBytes,
    grantedBytes: askedBytes === 0 ? 208 * KIB : askedBytes * 2,
    clamped: false,
    sentPackets: 40_000,
    lostPackets: socketDrops + 200,
    lossRatio: (socketDrops + 200) / 40_000,
    drops: { ...drops, networkLost: 200, ...part },
    passed: socketDrops === 0,
  };
}

const sweep: SweepResult = {
  limits: {
    rmemMax: 212_992,
    wmemMax: 212_992,
    rmemDefault: 212_992,
    wmemDefault: 212_992,
    netdevMaxBacklog: 1000,
  },
  unasked: trial(0, 4000),
  receive: [trial(64 * KIB, 8000), trial(128 * KIB, 40, { backlogDrops: null }), trial(208 * KIB, 0)],
  send: [{ ...trial(16 * KIB, 0, { sendBufferErrors: 77 }), passed: false }, trial(208 * KIB, 0)],
  smallestReceiveBytes: 208 * KIB,
  networkLossRatio: 0.005,
  notTested: ['receive buffers of 32768 KiB'],
};
const burst = {
  ratePps: 20_000,
  sizeBytes: 1200,
  senders: 32,
  pauseMs: 50,
  pauseEveryMs: 500,
  trialMs: 2000,
};

function tuned(part: Partial<TuneResult> = {}): TuneResult {
  return {
    schemaVersion: 1,
    kind: 'udp-buffer-sweep',
    createdAt: '2026-01-02T03:04:05.678Z',
    server: null,
    burst,
    sweep,
    advice: adviseBuffers(sweep, burst),
    applied: null,
    after: null,
    warnings: [],
    ...part,
  };
}

const pageOf = (result: TuneResult) => renderBuffersPage(parseSwept(JSON.stringify(result)), null);

describe('the page of a sweep', () => {
  it('shades by how much was lost and says to whom, and what is not known is a dash', () => {
    const page = pageOf(tuned());
    const row = (name: string) =>
      [
        ...(new RegExp(`${name}</th>(.*?)</tr>`).exec(page)?.[1] ?? '').matchAll(
          /class="n (heat-\d)">([^<]*)</g,
        ),
      ].map(([, shade, text]) => [shade, text]);
    expect(row('this buffer was full')).toEqual([
      ['heat-4', '10 %'],
      ['heat-5', '20 %'],
      ['heat-1', '0.1 %'],
      ['heat-0', '0 %'],
    ]);
    expect(row('the network')).toEqual(Array.from({ length: 4 }, () => ['heat-2', '0.5 %']));
    expect(row('a CPU’s backlog was full')[2]).toEqual(['heat-0', '–']);
    expect(page).toContain('<th scope="col" class="n chosen">208 KiB</th>');
    expect(page).toMatch(/Send buffer.*77/s);
    expect(page).toContain('Not tested: receive buffers of 32768 KiB');
  });

  it('has both sweeps where settings were applied between', () => {
    const page = pageOf(tuned({ applied: { dropIn: '/etc/x.conf', lines: [] }, after: sweep }));
    expect(page).toContain('Before: share of the packets lost');
    expect(page).toContain('After /etc/x.conf');
    expect(page.match(/<table class="heat">/g)).toHaveLength(2);
  });

  it('says whose settings they are where the receiver was elsewhere, and escapes what came from there', () => {
    const advice = adviseBuffers(sweep, burst, { isRemote: true });
    const page = pageOf(tuned({ server: { host: HOSTILE, port: 45_678 }, advice }));
    expect(page).toContain('the receiving host</td>');
    expect(page).not.toContain(HOSTILE);
  });

  it('of a sweep in which nothing held says so', () => {
    const failed = { ...sweep, smallestReceiveBytes: null };
    expect(pageOf(tuned({ sweep: failed, advice: adviseBuffers(failed, burst) }))).toContain('ESTIMATED');
  });
});

describe('where a sweep is left', () => {
  it('is a folder of its own, with document, rows and page', () =>
    withFolder(async (folder) => {
      expect(await writeFolder(tuned(), folder, undefined)).toBe(
        'reports/udp-buffers-2026-01-02T030405Z/report.html',
      );
      const dir = join(folder, 'reports/udp-buffers-2026-01-02T030405Z');
      const rows = (await readFile(join(dir, 'tune.csv'), 'utf8')).trim().split('\n');
      expect(rows).toHaveLength(1 + 4 + 2);
      expect(rows[1]).toBe('first,receive,,212992,40000,4200,4000,4000,0,0,200,false');
      expect(rows[3]).toBe('first,receive,131072,262144,40000,240,40,40,0,,200,false');
      expect(parseSwept(await readFile(join(dir, 'tune.json'), 'utf8')).sweep.receive).toHaveLength(3);
    }));

  it('is the folder of a run, whose own report then shows it', () =>
    withFolder(async (folder) => {
      const dir = join(folder, 'run');
      await writeRecordedRun(dir, PASSING);
      await writeFile(join(dir, 'report.html'), 'the page of the run');
      expect(await writeFolder(tuned(), folder, 'run')).toBe('rtc-bench report run');
      expect(await readFile(join(dir, 'report.html'), 'utf8')).toBe('the page of the run');
      const page = new HtmlReporter(null).render(await buildReport(await RunReader.open(dir)));
      expect(page).toContain('<section id="buffers">');
    }));

  it('is the folder of a calibration, whose page shows it too', () =>
    withFolder(async (folder) => {
      const dir = join(folder, 'calibration');
      await mkdir(dir);
      await writeCalibrationFolder(dir, sampleCapacity());
      await writeFolder(tuned(), folder, 'calibration');
      const report = await readCalibration(dir);
      if (report === null) throw new Error('no calibration');
      expect(renderCalibrationPage(report, null)).toContain('<section id="buffers">');
    }));
});
