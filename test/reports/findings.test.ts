import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Chalk } from 'chalk';
import { beforeAll, expect, test } from 'vitest';
import { type RecordedRunOptions, writeRecordedRun } from '../../bench/lib/recorded-run.ts';
import type { ObserverSummary } from '../../src/observer/summary.ts';
import { headroomLines } from '../../src/reports/console/headroom.ts';
import { HtmlReporter } from '../../src/reports/html/reporter.ts';
import { buildReport } from '../../src/reports/model/build.ts';
import { parseObserved } from '../../src/reports/model/observed.ts';
import type { RunReport } from '../../src/reports/model/types.ts';
import { RunReader } from '../../src/results/reader.ts';
import { withFolder } from '../support/cli.ts';
import { HOSTILE_NAMES, PASSING, recorded } from './runs.ts';

const ORIGIN_MS = Date.parse('2026-11-20T09:00:00.000Z');
const HOSTILE = HOSTILE_NAMES[0] ?? '';

function flow(bytes: number) {
  return { bytes, averageBitrateBps: bytes * 8, peakBitrateBps: bytes * 9 };
}

/** `clients` in each of `calls`; all join in the first third and leave in the last. */
function summary(calls: number, clients: number, durationMs: number): ObserverSummary {
  const at = (share: number) => ORIGIN_MS + Math.round(share * durationMs);
  return {
    schemaVersion: 1,
    calls: Array.from({ length: calls }, (_, call) => ({
      serviceId: 's',
      roomId: `r${String(call + 1).padStart(3, '0')}`,
      callId: `call-${call}`,
      startedMs: at(0.01),
      endedMs: call === 0 ? null : at(0.99),
      clients: Array.from({ length: clients }, (_, i) => ({
        clientId: call === 0 && i === 0 ? HOSTILE : `c${call}-${i}`,
        userId: null,
        joinedMs: at(0.01),
        lastSeenMs: at(0.9),
        matchedTracks: 3,
        unmatchedTracks: call === 0 && i === 0 ? 1 : 0,
        up: { audio: flow(1000), video: flow(50_000 + i), data: flow(0) },
        down: { audio: flow(2000), video: flow(100_000), data: flow(0) },
      })),
      events: Array.from({ length: clients }, (_, i) => ({ share: (0.33 * i) / clients, i })).flatMap(
        ({ share, i }) => [
          { timestampMs: at(0.01 + share), name: 'CLIENT_JOINED', clientId: `c${i}`, trackId: null },
          { timestampMs: at(0.66 + share), name: 'CLIENT_LEFT', clientId: `c${i}`, trackId: null },
        ],
      ),
      eventsLeftOut: 0,
    })),
  };
}

async function reportOf(options: RecordedRunOptions, files: Record<string, string>): Promise<RunReport> {
  return withFolder(async (folder) => {
    const dir = join(folder, 'run');
    await writeRecordedRun(dir, options);
    for (const [name, text] of Object.entries(files)) {
      await mkdir(join(dir, name, '..'), { recursive: true });
      await writeFile(join(dir, name), text);
    }
    return buildReport(await RunReader.open(dir));
  });
}

const PROBE = {
  kind: 'udp-probe',
  prober: 'builtin',
  proberVersion: '0.1.0',
  mode: 'local',
  server: null,
  settings: { sizeBytes: 1200, offeredPacketRatePps: null, durationMs: 5000 },
  total: {
    throughputBps: 900e6,
    packetRatePps: 93_750,
    lossRatio: 0.0004,
    jitterMs: 0.02,
    outOfOrderPackets: 0,
    duplicatePackets: 0,
  },
  cpu: { senderRatio: 0.9, receiverRatio: 0.6 },
  findMax: {
    lossBoundRatio: 0.001,
    maxPacketRatePps: 100_000,
    maxThroughputBps: 960e6,
    senderLimited: false,
    trials: [
      {
        offeredPacketRatePps: 140_000,
        deliveredPacketRatePps: 101_000,
        lossRatio: 0.2,
        passed: false,
        reason: 'loss',
      },
      {
        offeredPacketRatePps: 100_000,
        deliveredPacketRatePps: 100_000,
        lossRatio: 0,
        passed: true,
        reason: null,
      },
    ],
  },
  warnings: [`${HOSTILE} was slow`],
};

let plain: RunReport;
let full: RunReport;
let page: string;
beforeAll(async () => {
  plain = await withFolder((folder) => recorded(folder, PASSING));
  full = await reportOf(PASSING, {
    'observer/summary.json': JSON.stringify(summary(2, 9, 120_000)),
    'probe.json': JSON.stringify(PROBE),
  });
  page = new HtmlReporter(null).render(full);
});

function section(id: string, text = page): string {
  return new RegExp(`<section id="${id}">[\\s\\S]*?</section>`).exec(text)?.[0] ?? '';
}

test('without an observer or a probe the page says nothing of them', () => {
  const text = new HtmlReporter(null).render(plain);
  expect(section('calls', text)).toBe('');
  expect(section('path', text)).toBe('');
  expect(text).not.toContain('href="#calls"');
});

test('calls are drawn on the run’s own time, with every join and leave', () => {
  const [first] = full.observed?.calls ?? [];
  expect(first).toMatchObject({ clients: 9, matchedTracks: 27, unmatchedTracks: 1, endMs: null });
  expect(first?.joinsMs).toHaveLength(9);
  expect(first?.joinsMs[0]).toBe(1200);
  const calls = section('calls');
  expect(calls).toContain('1 of 55 inbound tracks found no track');
  expect(calls.match(/class="came" d="(?:M[\d.]+ 0v7){9}"/g)).toHaveLength(2);
  expect(calls.match(/class="went" d="(?:M[\d.]+ 25v7){9}"/g)).toHaveLength(2);
  expect(calls).toContain('aria-label="');
});

test('what each client sent and received is told by medium', () => {
  expect(full.observed?.clients[0]?.clientId).toBe('c0-8');
  const calls = section('calls');
  expect(calls).toContain('16 kbit/s<br><small>to 18 kbit/s</small><br><small>2 kB</small>');
  expect(calls).toContain('800 kbit/s<br><small>to 900 kbit/s</small><br><small>100 kB</small>');
});

test('names that others chose do no harm in these sections either', () => {
  expect(page).not.toContain(HOSTILE);
  expect(section('calls')).toContain('&lt;script&gt;');
  expect(section('path')).toContain('&lt;script&gt;alert(1)&lt;/script&gt; was slow');
});

test('the path is told with each bridge’s share of it', () => {
  const path = section('path');
  expect(path).toContain('960 Mbit/s');
  expect(path).toContain('too much was lost');
  const [load] = full.steadyLoads;
  expect(load?.packetRatePps).toBeGreaterThan(0);
  expect(path).toContain(`data-v="${Number(((load?.packetRatePps ?? 0) / 100_000).toPrecision(5))}"`);
});

test('a file of another kind is a warning, not the end of the report', async () => {
  const report = await reportOf(PASSING, { 'observer/summary.json': '{"calls":3}', 'probe.json': 'no' });
  expect(report.observed).toBeNull();
  expect(report.probe).toBeNull();
  expect(report.warnings.filter((text) => /is not what it should be/.test(text))).toHaveLength(2);
});

test('headroom is told for each bridge, for all, and for the loss of one', () => {
  const { headroom, steadyLoads } = full;
  const [bridge] = headroom?.bridges ?? [];
  expect(bridge?.sparePps).toBeCloseTo(
    0.8 * (headroom?.maxPacketRatePps ?? 0) - (steadyLoads[0]?.packetRatePps ?? 0),
  );
  const text = headroomLines(full, new Chalk({ level: 0 }));
  expect(text).toMatch(/bridge-1 .*\n {2}bridge-2 .*\n {2}all/);
  expect(text).toMatch(/Survives|Does not survive/);
  expect(section('stress')).toContain('Headroom, until');
});

test('without a maximum packet rate nobody knows the headroom', () => {
  expect(headroomLines({ ...full, headroom: null }, new Chalk({ level: 0 }))).toBe('');
});

test('times are the call’s own where the run’s origin is unknown', () => {
  const { calls } = parseObserved(JSON.stringify(summary(1, 2, 1000)), Number.NaN);
  expect(calls[0]?.startMs).toBe(0);
  expect(calls[0]?.joinsMs[0]).toBe(0);
});

test('an hour of a thousand in a hundred calls adds little to the page', async () => {
  const report = await reportOf(PASSING, {
    'observer/summary.json': JSON.stringify(summary(100, 10, 3_600_000)),
  });
  expect(section('calls', new HtmlReporter(null).render(report)).length).toBeLessThan(60_000);
  const one = await reportOf(PASSING, {
    'observer/summary.json': JSON.stringify(summary(1, 1000, 3_600_000)),
  });
  expect(section('calls', new HtmlReporter(null).render(one)).length).toBeLessThan(60_000);
});
