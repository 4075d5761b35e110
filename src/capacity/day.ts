import { seededRandom } from '../stats/random.ts';

export const MINUTES_A_DAY = 24 * 60;

/**
 * A working day of conferences, participants by minute: quiet nights, a peak in the morning and a lower one in the
 * afternoon with a dip between, steep edges at full hours when meetings begin. Seeded.
 */
export function syntheticDay(peakParticipants: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: MINUTES_A_DAY }, (_, minute) => {
    const hour = minute / 60;
    const morning = bell(hour, 10.5, 1.6);
    const afternoon = 0.85 * bell(hour, 15, 1.8);
    const evening = 0.15 * bell(hour, 20, 1.5);
    // Meetings fill up within minutes of the hour and empty before the next one.
    const inHour = minute % 60;
    const meeting = 1 - 0.25 * Math.exp(-inHour / 6) - 0.15 * Math.exp(-(59 - inHour) / 6);
    const share = Math.min(1, 0.02 + morning + afternoon + evening) * meeting;
    return Math.max(0, Math.round(peakParticipants * share * (1 + 0.04 * (random() - 0.5))));
  });
}

function bell(x: number, center: number, width: number): number {
  return Math.exp(-(((x - center) / width) ** 2));
}

/** A recorded series of any length and step, stretched or thinned to minutes; gaps keep the value before them. */
export function byMinute(series: readonly { tMs: number; participants: number }[]): number[] {
  const last = series.at(-1);
  if (last === undefined) return [];
  const minutes: number[] = [];
  let index = 0;
  for (let minute = 0; minute * 60_000 <= last.tMs; minute++) {
    let current = minutes.at(-1) ?? series[0]?.participants ?? 0;
    let peak: number | null = null;
    for (
      let next = series[index];
      next !== undefined && next.tMs < (minute + 1) * 60_000;
      next = series[++index]
    ) {
      peak = Math.max(peak ?? 0, next.participants);
      current = next.participants;
    }
    minutes.push(peak ?? current);
  }
  return minutes;
}
