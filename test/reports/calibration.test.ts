import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CapacityFile } from '../../src/capacity/capacity-file.ts';
import { main } from '../../src/cli/main.ts';
import { boundOf, readCalibration } from '../../src/reports/calibration/model.ts';
import { renderCalibrationPage } from '../../src/reports/calibration/page.ts';
import { fakeSystem } from '../support/fake-system.ts';
import { sampleCapacity, writeCalibrationFolder } from './calibration-sample.ts';
import { HOSTILE_NAMES, PASSING, recorded } from './runs.ts';

const NOT_FOUND: Partial<CapacityFile> = {
  maxPacketRatePps: null,
  interval: null,
  spreadRatio: null,
  limitedBy: 'generator',
  perParticipant: null,
  perConsumer: null,
  knee: null,
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtcb-calibration-'));
  await writeCalibrationFolder(join(folder, 'found'), sampleCapacity());
  await writeCalibrationFolder(
    join(folder, 'open'),
    sampleCapacity(NOT_FOUND),
    'the generator was at its end before the bridge',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function cli(args: string[]) {
  const system = { ...fakeSystem(), cwd: folder, exit: () => undefined as never };
  const exitCode = await main(args, system);
  return { exitCode, stdout: system.stdout.text, stderr: system.stderr.text };
}

async function page(name: string): Promise<string> {
  const report = await readCalibration(join(folder, name));
  if (report === null) throw new Error(`no calibration in ${name}`);
  return renderCalibrationPage(report, null);
}

function section(text: string, id: string): string {
  return new RegExp(`<section id="${id}">[\\s\\S]*?</section>`).exec(text)?.[0] ?? '';
}

test('report makes the page of a calibration again, for its user only, and tells the number', async () => {
  const { exitCode, stdout, stderr } = await cli(['report', 'found']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('One bridge carries 50,920 packets/s');
  expect(stdout).toContain(join('found', 'report.html'));
  const path = join(folder, 'found', 'report.html');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const first = await readFile(path, 'utf8');
  await cli(['report', 'found', '--html', 'again.html']);
  expect(await readFile(join(folder, 'again.html'), 'utf8')).toBe(first);
});

test('report --json is the capacity file, --quiet one line and the path', async () => {
  expect(JSON.parse((await cli(['report', 'found', '--json'])).stdout)).toEqual(sampleCapacity());
  expect((await cli(['--quiet', 'report', 'open'])).stdout).toBe(
    'INCONCLUSIVE hall <b>: No capacity can be stated: the generator was at its end before the bridge.\nopen/report.html\n',
  );
});

test('gates are not asked of a calibration', async () => {
  const { exitCode, stderr } = await cli(['report', 'found', '--junit', 'x.xml']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('has no gates');
});

test('the number is told first, with how sure it is and what ended it', async () => {
  const text = await page('found');
  const header = text.slice(text.indexOf('<header>'), text.indexOf('</header>'));
  expect(header).toContain(
    'One bridge carries 50,920 packets a second in and out (49,400 to 53,100 with 95 % confidence). What ended it: the bridge&#39;s CPU.',
  );
  expect(header).toContain('2 min 36 s');
  expect(header).toContain('11 min 42 s');
});

test('every step is a dot of its kind, with the maximum and the knee and their bands', async () => {
  const delay = /<figure[^>]*id="c-delay">[\s\S]*?<\/figure>/.exec(
    section(await page('found'), 'curve'),
  )?.[0];
  const count = (kind: string) => delay?.match(new RegExp(`href="#dot-${kind}" x="[\\d.]+%"`, 'g'))?.length;
  expect({ held: count('held'), broke: count('broke'), doubted: count('doubted') }).toEqual({
    held: 12,
    broke: 9,
    doubted: 3,
  });
  for (const mark of ['band-maximum', 'mark-maximum', 'band-knee', 'mark-knee'])
    expect(delay).toContain(`class="${mark}"`);
  expect(delay).toContain('at most 50');
  expect(delay).toContain('3 beyond the axis are drawn at its upper edge');
});

test('every step is in the table, with why it broke or was not believed', async () => {
  const steps = section(await page('found'), 'steps');
  expect(steps.match(/<tr>/g)).toHaveLength(1 + 24);
  expect(steps).toContain('p95(track.one_way_delay_ms) &lt;= 50: 97.1');
  expect(steps).toContain('? not believed');
});

test('advice is there with a capacity and not without', async () => {
  expect(section(await page('found'), 'advice')).toContain('packet-rate.load-threshold = 50920');
  const open = await page('open');
  expect(section(open, 'advice')).toBe('');
  expect(open).toContain('INCONCLUSIVE');
  expect(open).not.toContain('mark-maximum" x1');
});

test('a step without a packet rate has no place on the curve and is said to be in the table', async () => {
  const capacity = sampleCapacity();
  const [first, ...rest] = capacity.curve;
  const curve = first === undefined ? [] : [{ ...first, packetRatePps: null, delayP95Ms: null }, ...rest];
  await writeCalibrationFolder(join(folder, 'gap'), { ...capacity, curve });
  expect(section(await page('gap'), 'curve')).toContain(
    '1 step gave no packet rate and is only in the table',
  );
});

test('names that others chose do no harm, and the page asks nothing of anybody', async () => {
  const name = HOSTILE_NAMES.join(' ');
  await writeCalibrationFolder(
    join(folder, 'hostile'),
    sampleCapacity({
      scenario: { name, sha256: name },
      traffic: [name],
      objective: [name],
      bridge: { kind: name, software: name },
      machine: { cpuModel: name },
    }),
  );
  const text = await page('hostile');
  expect(text).not.toContain('<script>alert(1)</script>');
  expect(text.replace(/<script[\s\S]*?<\/script>/g, '')).not.toMatch(/(?:src|href)=["']?(?!#)[^"'#>]/i);
  expect(text).not.toMatch(/\sstyle=|\son[a-z]+=/);
});

test('three repeats of fifty steps stay a small page', async () => {
  const { curve } = sampleCapacity();
  await writeCalibrationFolder(
    join(folder, 'long'),
    sampleCapacity({ curve: Array.from({ length: 7 }, () => curve).flat() }),
  );
  expect((await page('long')).length).toBeLessThan(400_000);
});

test('the folder of a run is none of a calibration; a broken capacity.json is said to be', async () => {
  await recorded(folder, PASSING, 'run');
  expect(await readCalibration(join(folder, 'run'))).toBeNull();
  await writeFile(join(folder, 'run', 'capacity.json'), '{}');
  const { exitCode, stderr } = await cli(['report', 'run']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('capacity.json');
});

test('the bound of a metric is read from the objective', () => {
  expect(boundOf(['mean(track.loss_ratio) <= 0.01'], 'track.loss_ratio')).toBe(0.01);
  expect(boundOf(['mean(track.frames_per_second) > 20', 'nonsense'], 'track.frames_per_second')).toBeNull();
});
