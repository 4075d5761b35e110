import type { ParticipantSample, TrackSample } from '../participants/types.ts';
import type { QualityRow, QuantileRow } from '../results/records.ts';
import { Distribution } from '../stats/distribution.ts';
import type { TrackRates } from './meters.ts';

/** Gathers one interval over all tracks and participants. */
export class IntervalQuality {
  readonly rttMs = new Distribution();
  readonly #lossRatio = new Distribution();
  readonly #jitterMs = new Distribution();
  readonly #framesPerSecond = new Distribution();
  readonly #oneWayDelayMs = new Distribution();
  #upPps = 0;
  #downPps = 0;
  #controlPps: number | null = null;

  track(track: TrackSample, rates: TrackRates, isPaused: boolean): void {
    if (track.direction === 'up') {
      this.#upPps += rates.packetRatePps;
      return;
    }
    this.#downPps += rates.packetRatePps;
    if (isPaused) return;
    if (rates.lossRatio !== null) this.#lossRatio.add(rates.lossRatio);
    if (track.jitterMs !== null && track.jitterMs >= 0) this.#jitterMs.add(track.jitterMs);
    if (track.oneWayDelayMs !== null && track.oneWayDelayMs >= 0)
      this.#oneWayDelayMs.add(track.oneWayDelayMs);
    if (track.kind === 'video' && rates.framesPerSecond !== null)
      this.#framesPerSecond.add(rates.framesPerSecond);
  }

  control(before: ParticipantSample, after: ParticipantSample, intervalMs: number): void {
    const total = (sample: ParticipantSample) =>
      sample.controlDatagramsSent === null || sample.controlDatagramsReceived === null
        ? null
        : sample.controlDatagramsSent + sample.controlDatagramsReceived;
    const [was, is] = [total(before), total(after)];
    if (was !== null && is !== null && is >= was)
      this.#controlPps = (this.#controlPps ?? 0) + ((is - was) * 1000) / intervalMs;
  }

  row(): Omit<QualityRow, 'joined' | 'target' | 'failed'> {
    return {
      rttMs: quantiles(this.rttMs),
      lossRatio: quantiles(this.#lossRatio),
      jitterMs: quantiles(this.#jitterMs),
      framesPerSecond: quantiles(this.#framesPerSecond),
      oneWayDelayMs: quantiles(this.#oneWayDelayMs),
      packetRateUpPps: this.#upPps,
      packetRateDownPps: this.#downPps,
      controlDatagramRatePps: this.#controlPps,
    };
  }
}

function quantiles(distribution: Distribution): QuantileRow | null {
  const max = distribution.max;
  if (max === null) return null;
  return {
    samples: distribution.count,
    p50: distribution.quantile(0.5),
    p95: distribution.quantile(0.95),
    max,
    p5: distribution.quantile(0.05),
    min: distribution.min,
  };
}
