import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/expression.ts';
import { METRICS, type MetricName } from '../../src/metrics/catalogue.ts';

describe('a gate', () => {
  it.each([
    [
      'max(bridge.stress) < 0.8',
      { aggregate: { kind: 'max' }, metric: 'bridge.stress', operator: '<', bound: 0.8 },
    ],
    ['avg( bridge.stress )<=1', { aggregate: { kind: 'mean' }, operator: '<=', bound: 1 }],
    ['p99.9(participant.rtt_ms) >= 5e1', { aggregate: { kind: 'quantile', quantile: 0.999 }, bound: 50 }],
    ['mean(track.loss_ratio) != 1%', { operator: '!=', bound: 0.01 }],
    ['count(host.cpu_ratio) == .5', { aggregate: { kind: 'count' }, operator: '==', bound: 0.5 }],
    ['sum(generator.socket_drops) > -1', { aggregate: { kind: 'sum' }, operator: '>', bound: -1 }],
    [
      'p95(participant.rtt_ms{ engine = browser , bridge="b, {1}\\"" }) < 50',
      { labels: { engine: 'browser', bridge: 'b, {1}"' } },
    ],
    ['max(track.jitter_ms{room="=cmd()",kind=audio}) < 3', { labels: { room: '=cmd()', kind: 'audio' } }],
  ])('%s', (text, expected) => {
    expect(parseGate(text)).toMatchObject({ ok: true, gate: { text, ...expected } });
  });

  it('takes every metric there is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(METRICS) as MetricName[])), (metric) => {
        expect(parseGate(`max(${metric}) < 1`)).toMatchObject({ ok: true, gate: { metric } });
      }),
    );
  });
});

describe('a wrong gate', () => {
  it.each([
    ['mx(bridge.stress) < 1', 0, 2, 'unknown aggregate "mx"', 'did you mean "max"?'],
    ['max(bridge.stres) < 1', 4, 12, 'unknown metric "bridge.stres"', 'did you mean "bridge.stress"?'],
    [
      'max(completely.different) < 1',
      4,
      20,
      'unknown metric "completely.different"',
      'docs/metrics.md lists them',
    ],
    ['max(bridge.stress{brigde=x}) < 1', 18, 6, 'unknown label "brigde"', 'did you mean "bridge"?'],
    ['max(host.cpu_ratio{engine=x}) < 1', 19, 6, 'unknown label "engine"', 'host.cpu_ratio has no labels'],
    ['p100(bridge.stress) < 1', 0, 4, 'a percentile lies between p0 and p100', 'as in'],
    ['max(bridge.stress) 1', 19, 1, 'expected one of < <= > >= == !=', 'as in'],
    ['max(bridge.stress) = 1', 19, 1, 'expected one of < <= > >= == !=', 'as in'],
    ['max(bridge.stress) < high', 21, 1, 'expected a number', 'as in'],
    ['max(bridge.stress) < 1 or', 23, 1, 'nothing may follow the number', 'as in'],
    ['max bridge.stress < 1', 4, 1, 'expected "("', 'as in'],
    ['max(bridge.stress{bridge=a,bridge=b}) < 1', 27, 6, '"bridge" is there twice', ''],
    [
      'max(track.jitter_ms{room=a,engine=browser}) < 1',
      27,
      6,
      '"engine" cannot go with "room"',
      'kind and direction',
    ],
    [
      'min(track.frames_per_second{sender=fierfox,receiver=chromium}) > 0',
      35,
      7,
      'unknown sender "fierfox"',
      'did you mean "firefox"?',
    ],
    ['max(track.jitter_ms{kind="vidoe"}) < 1', 25, 7, 'unknown kind "vidoe"', 'did you mean "video"?'],
    ['', 0, 1, 'expected an aggregate', 'as in'],
  ])('%s', (text, offset, length, message, hint) => {
    const parse = parseGate(text);
    expect(parse).toMatchObject({ ok: false, problem: { offset, length, message } });
    if (!parse.ok) expect(parse.problem.hint).toContain(hint);
  });

  it('is told with a place inside it, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const parse = parseGate(text);
        if (parse.ok) return;
        expect(parse.problem.offset).toBeGreaterThanOrEqual(0);
        expect(parse.problem.offset).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
