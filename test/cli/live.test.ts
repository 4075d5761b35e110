import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { formatClock, renderLive, renderPlainLine } from '../../src/cli/live/render.ts';
import type { LiveState } from '../../src/cli/live/state.ts';
import { plainView, terminalView } from '../../src/cli/live/view.ts';
import type { BridgeRow } from '../../src/results/records.ts';
import type { TextStream } from '../../src/system/types.ts';
import { FakeClock } from '../support/fake-clock.ts';

const noPaint = new Chalk({ level: 0 });

function state(part: Partial<LiveState> = {}): LiveState {
  return {
    phase: 'running',
    scenarioName: 'quickstart',
    tMs: 30_000,
    durationMs: 60_000,
    stage: 'hold',
    planned: 22,
    quality: {
      joined: 20,
      target: 22,
      failed: 1,
      rttMs: { samples: 20, p50: 1.25, p95: 3, max: 4 },
      lossRatio: { samples: 20, p50: 0, p95: 0, max: 0.0012 },
      jitterMs: null,
      framesPerSecond: null,
      packetRateUpPps: 0,
      packetRateDownPps: 0,
      controlDatagramRatePps: null,
    },
    bridges: [{ bridgeId: 'bridge-1', stress: 0.25, packetRatePps: 5000.4, cpuRatio: 0.4 } as BridgeRow],
    gates: [
      {
        expression: 'max(bridge.stress) < 0.8',
        level: 'error',
        value: 0.25,
        samples: 30,
        outcome: 'passed',
        note: null,
      },
    ],
    notice: null,
    ...part,
  };
}

class MemoryStream implements TextStream {
  text = '';
  columns = 80;
  isTTY = true;
  write(text: string) {
    this.text += text;
  }
}

describe('the live view', () => {
  it('shows progress, participants, bridges and gates', () => {
    expect(renderLive(state(), 100, noPaint)).toMatchInlineSnapshot(`
      [
        "quickstart  ━━━━━━━━━━━━────────────  0:30 of 1:00  hold",
        "participants  20 of 22 due, 22 planned  1 failed  RTT median 1.3 ms  loss max 0.12 %",
        "bridge-1      stress 0.250     5,000 packets/s  CPU 40 %",
        "✓ max(bridge.stress) < 0.8",
      ]
    `);
  });

  it('fits any width, colours not counted', () => {
    const paint = new Chalk({ level: 1 });
    for (const columns of [20, 40, 80]) {
      for (const line of renderLive(state({ notice: 'x'.repeat(200) }), columns, paint)) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: colour sequences start with ESC
        expect([...line.replace(/\u001b\[[0-9;]*m/g, '')].length).toBeLessThan(columns);
      }
    }
  });

  it('lets no escape sequence of a name through', () => {
    const lines = renderLive(state({ scenarioName: '\u001b[2Jgone', notice: 'a\u0007b' }), 100, noPaint);
    for (const control of ['\u001b', '\u0007']) expect(lines.join('')).not.toContain(control);
    expect(renderPlainLine(state({ phase: 'starting', scenarioName: '\u001b[2J' }))).not.toContain('\u001b');
  });

  it('says what goes on before the clock does', () => {
    for (const [phase, words] of [
      ['probing', 'quickstart: measuring the UDP path, before anybody joins'],
      ['starting', 'quickstart: starting the target and the engines'],
    ] as const) {
      expect(renderPlainLine(state({ phase }))).toBe(words);
      expect(renderLive(state({ phase }), 100, noPaint)).toEqual([words.replace(': ', '  ')]);
    }
  });

  it('redraws at most ten times a second and leaves the cursor visible', () => {
    const [stream, clock] = [new MemoryStream(), new FakeClock()];
    const view = terminalView(stream, clock, noPaint);
    for (let i = 0; i < 50; i += 1) {
      view.update(state());
      clock.stall(10);
    }
    view.close();
    expect(stream.text.split('quickstart').length - 1).toBe(5);
    expect(stream.text.endsWith('\u001b[?25h')).toBe(true);
    view.update(state());
    expect(stream.text.endsWith('\u001b[?25h')).toBe(true);
  });

  it('gives a pipe one line every ten seconds and one at each change', () => {
    const [stream, clock] = [new MemoryStream(), new FakeClock()];
    const view = plainView(stream, clock);
    for (let second = 0; second < 25; second += 1) {
      view.update(state({ stage: second < 12 ? 'ramp' : 'hold', tMs: second * 1000 }));
      clock.stall(1000);
    }
    expect(
      stream.text
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[0]),
    ).toEqual(['0:00/1:00 ramp', '0:10/1:00 ramp', '0:12/1:00 hold', '0:22/1:00 hold']);
  });
});

describe('formatClock', () => {
  it('knows hours', () => {
    expect([formatClock(0), formatClock(65_000), formatClock(3_723_000)]).toEqual([
      '0:00',
      '1:05',
      '1:02:03',
    ]);
  });
});
