import { expect, test } from 'vitest';
import { describeSpread, whyRepeatsDiffer } from '../../src/capacity/spread-words.ts';
import { sampleCapacity } from '../reports/calibration-sample.ts';

const [repeat] = sampleCapacity().repeats;
if (repeat === undefined) throw new Error('the sample has repeats');
const differing = (spreadRatio: number, costs: (number | null)[]) =>
  sampleCapacity({ spreadRatio, repeats: costs.map((cpuPerPacketUs) => ({ ...repeat, cpuPerPacketUs })) });

test('repeats in which a packet cost more CPU were measured on a slower core, and that is told', () => {
  expect(whyRepeatsDiffer(differing(0.14, [7.7, 9.1, 8]))).toMatch(/7\.7, 9\.1, 8\.0 µs .* 18 % apart/);
});

test.each([
  ['they are alike', differing(0.04, [7.7, 9.1, 8])],
  ['a packet cost the same in all', differing(0.14, [8, 8.1, 8])],
  ['a cost is not known', differing(0.14, [8, null, 9.5])],
  ['something else ended it', { ...differing(0.14, [7.7, 9.1, 8]), limitedBy: 'network' as const }],
])('nothing is told where %s', (_why, capacity) => {
  expect(whyRepeatsDiffer(capacity)).toBeNull();
});

test('the spread is told at equal speed too where that is known', () => {
  expect(describeSpread(sampleCapacity({ spreadRatio: 0.243, equalSpeed: null }))).toBe(
    '24.3 % of the median',
  );
  const equalSpeed = { cpuPerPacketUs: 7.6, spreadRatio: 0.029 };
  expect(describeSpread(sampleCapacity({ spreadRatio: 0.243, equalSpeed }))).toBe(
    '24.3 % of the median; 2.9 % at equal speed of the cores',
  );
  expect(describeSpread(sampleCapacity({ spreadRatio: null }))).toBeNull();
});
