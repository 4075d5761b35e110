import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { byMinute, syntheticDay } from '../../capacity/day.ts';
import { errorMessage, usageError } from '../../errors.ts';
import { numberFlag, type SimulateFlags } from './options.ts';

export interface Demand {
  participants: number[];
  /** Where it comes from, for the answer. */
  told: string;
}

interface Point {
  tMs: number;
  participants: number;
}

/** Participants by minute: a recorded run, a file, or a made-up day. */
export async function readDemand(flags: SimulateFlags, cwd: string): Promise<Demand> {
  const peak = numberFlag('peak', flags.peak, 1, 1_000_000);
  if (flags.run === undefined && flags.day === undefined) {
    const seed = numberFlag('seed', flags.seed, 0, 2 ** 32 - 1);
    return {
      participants: syntheticDay(peak, seed),
      told: `a synthetic working day with ${peak} at its peak`,
    };
  }
  const series =
    flags.run === undefined
      ? await readDay(resolve(cwd, flags.day ?? ''))
      : await readRun(resolve(cwd, flags.run));
  const last = series.at(-1);
  const highest = Math.max(0, ...series.map((point) => point.participants));
  if (last === undefined || highest === 0) {
    throw usageError('RTCB_NO_LOAD', 'the recorded load has no participants in it');
  }
  // A run lasts minutes and has as many as one machine could make; its shape is what is wanted.
  const stretch =
    flags.hours === undefined
      ? 1
      : (numberFlag('hours', flags.hours, 0.1, 24 * 31) * 3_600_000) / Math.max(1, last.tMs);
  const stretched = series.map((point) => ({
    tMs: point.tMs * stretch,
    participants: Math.round((point.participants * peak) / highest),
  }));
  return {
    participants: byMinute(stretched),
    told: `the load of ${flags.run ?? flags.day}, scaled to ${peak} at its peak`,
  };
}

async function readRun(dir: string): Promise<Point[]> {
  const { RunReader } = await import('../../results/reader.ts');
  const series: Point[] = [];
  const reader = await RunReader.open(dir);
  await reader.timeline((record) => {
    if (record.type === 'quality') series.push({ tMs: record.tMs, participants: record.sample.joined });
  });
  return series;
}

/** Lines of `minute,participants`, with or without a header. */
async function readDay(path: string): Promise<Point[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw usageError('RTCB_NO_LOAD', `cannot read ${path}: ${errorMessage(error)}`);
  }
  const points: Point[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [minute = '', participants = ''] = line.split(',').map((cell) => cell.trim());
    if (line.trim() === '' || (index === 0 && Number.isNaN(Number(minute)))) continue;
    const point = { tMs: Number(minute) * 60_000, participants: Number(participants) };
    const usable = minute !== '' && participants !== '' && point.tMs >= 0 && point.participants >= 0;
    if (!usable || point.tMs < (points.at(-1)?.tMs ?? 0)) {
      throw usageError('RTCB_NO_LOAD', `${path}:${index + 1}: expected minute,participants in order of time`);
    }
    points.push(point);
  }
  return points;
}
