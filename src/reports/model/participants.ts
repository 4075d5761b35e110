import type { ParticipantSummary, TimelineRecord, TrafficByMedium } from '../../results/records.ts';
import type { Traffic } from './types.ts';

function noTraffic(): TrafficByMedium {
  return { audio: { packets: 0, bytes: 0 }, video: { packets: 0, bytes: 0 }, data: { packets: 0, bytes: 0 } };
}

/** What became of each participant; of a run that died, as far as the timeline tells. */
export class Participants {
  readonly #summaries = new Map<string, ParticipantSummary>();

  take(record: TimelineRecord): void {
    if (record.type === 'participant-summary') {
      this.#summaries.set(record.summary.participantId, record.summary);
    } else if (record.type === 'participant-joined' || record.type === 'participant-failed') {
      const known = this.#summaries.get(record.participantId);
      const joined = record.type === 'participant-joined';
      this.#summaries.set(record.participantId, {
        participantId: record.participantId,
        group: known?.group ?? '',
        roomId: record.roomId,
        bridgeId: joined ? record.bridgeId : (known?.bridgeId ?? null),
        engine: record.engine,
        ...(record.endpoint === undefined ? {} : { endpoint: record.endpoint }),
        joinedAtMs: known?.joinedAtMs ?? (joined ? record.tMs : null),
        leftAtMs: null,
        attempts: record.attempt,
        joinMs: known?.joinMs ?? (joined ? record.joinMs : null),
        rttMsMean: null,
        lossRatio: null,
        jitterMsMax: null,
        framesPerSecondMean: null,
        freezeRatio: null,
        up: noTraffic(),
        down: noTraffic(),
      });
    }
  }

  /** Who never joined comes first, then by loss, then by round-trip time. */
  worstFirst(): ParticipantSummary[] {
    const rank = (summary: ParticipantSummary) => (summary.joinedAtMs === null ? 1 : 0);
    return [...this.#summaries.values()].sort(
      (a, b) =>
        rank(b) - rank(a) ||
        (b.lossRatio ?? -1) - (a.lossRatio ?? -1) ||
        (b.rttMsMean ?? -1) - (a.rttMsMean ?? -1),
    );
  }

  /** Up and down by medium, of everybody together. */
  traffic(): Traffic {
    const total: Traffic = { up: noTraffic(), down: noTraffic() };
    for (const summary of this.#summaries.values()) {
      for (const direction of ['up', 'down'] as const) {
        for (const medium of ['audio', 'video', 'data'] as const) {
          total[direction][medium].packets += summary[direction][medium].packets;
          total[direction][medium].bytes += summary[direction][medium].bytes;
        }
      }
    }
    return total;
  }
}
