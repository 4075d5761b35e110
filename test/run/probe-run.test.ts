import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentError } from '../../src/errors.ts';
import { parseProbe } from '../../src/reports/model/probed.ts';
import type { TimelineRecord } from '../../src/results/records.ts';
import { asTimelineRecord } from '../../src/results/validate.ts';
import { probeForRun } from '../../src/run/probe-run.ts';
import { Interrupted } from '../../src/run/runner.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { createSystem } from '../../src/system/real.ts';
import { probeResult } from '../probe/result.ts';
import { withFolder } from '../support/cli.ts';

type Measure = NonNullable<Parameters<typeof probeForRun>[3]>;

const SCENARIO = `version: 1
name: probed
target: { bridges: 1 }
rooms: [{ name: a }]
participants: [{ name: p, count: 1 }]
load: { stages: [{ kind: ramp }, { kind: hold, duration: 5s }] }
`;

/** Probes for a run of that scenario in a folder of its own. */
function probe(scenario: string, measure?: Measure, stop = new AbortController()) {
  return withFolder(async (dir) => {
    const records: TimelineRecord[] = [];
    const phases: string[] = [];
    const probed = await probeForRun(
      {
        system: createSystem(),
        scenario: loadScenario(scenario, 'probed.yaml'),
        toolVersion: '1.2.3',
        dir,
        onProgress: ({ phase }) => phases.push(phase),
      },
      { record: (record) => records.push(record) },
      stop.signal,
      measure,
    );
    const path = join(dir, 'probe.json');
    const saved = await readFile(path, 'utf8').catch(() => null);
    const mode = saved === null ? null : (await stat(path)).mode & 0o777;
    return { ...probed, records, phases, saved, mode };
  });
}

test('a scenario without a probe block is not probed', async () => {
  const { files, phases, saved } = await probe(SCENARIO, () => Promise.reject(new Error('not asked for')));
  expect({ files, phases, saved }).toEqual({ files: [], phases: [], saved: null });
});

test('the real path of this host is measured, saved, recorded and said to be measured', async () => {
  const { files, warnings, records, phases, saved, mode } = await probe(
    `${SCENARIO}probe: { duration: 1s, rate: 500, size: 300 }\n`,
  );
  expect({ files, warnings, phases, mode }).toEqual({
    files: ['probe.json'],
    warnings: [],
    phases: ['probing'],
    mode: 0o600,
  });
  const { settings, total, proberVersion } = parseProbe(saved ?? '');
  expect(settings).toMatchObject({ sizeBytes: 300, offeredPacketRatePps: 500 });
  expect(proberVersion).toContain('1.2.3');
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    tMs: 0,
    type: 'path-probed',
    sizeBytes: 300,
    bitrateBps: total.throughputBps,
    packetRatePps: total.packetRatePps,
  });
  expect(asTimelineRecord({ ...records[0] })).not.toBeNull();
});

test('a searched maximum is what is recorded', async () => {
  const { records } = await probe(`${SCENARIO}probe: {}\n`, async () =>
    probeResult({
      total: { throughputBps: 5, packetRatePps: 6 },
      findMax: {
        lossBoundRatio: 0.001,
        repetitions: 1,
        trialDurationMs: 1000,
        maxPacketRatePps: 100,
        maxThroughputBps: 960_000,
        maxIpBitrateBps: null,
        spreadRatio: null,
        perRepetitionPps: [100],
        senderLimited: false,
        trials: [],
      },
    }),
  );
  expect(records[0]).toMatchObject({ bitrateBps: 960_000, packetRatePps: 100 });
});

test('a path that cannot be probed is a warning, in the record too', async () => {
  const { files, warnings, records, saved } = await probe(`${SCENARIO}probe: {}\n`, () =>
    Promise.reject(environmentError('RTCB_PROBE_UNREACHABLE', 'nobody answers', { hint: 'start it' })),
  );
  const message = 'the UDP path could not be probed: nobody answers';
  expect({ files, warnings, saved }).toEqual({ files: [], warnings: [message], saved: null });
  expect(records).toEqual([{ tMs: 0, type: 'warning', code: 'RTCB_PROBE_UNREACHABLE', message }]);
});

test('who interrupts the run interrupts the probe, without a warning', async () => {
  const stop = new AbortController();
  const { warnings, records } = await probe(
    `${SCENARIO}probe: {}\n`,
    async (_input, signal) => {
      stop.abort(new Interrupted('SIGINT'));
      signal.throwIfAborted();
      return null;
    },
    stop,
  );
  expect({ warnings, records }).toEqual({ warnings: [], records: [] });
});
