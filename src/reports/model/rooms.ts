import type { GateWindow } from '../../gates/types.ts';
import type { MetricName } from '../../metrics/catalogue.ts';
import { inWindow } from '../../results/distribution-store.ts';
import type { RunReader } from '../../results/reader.ts';
import type { TimelineRecord } from '../../results/records.ts';
import { Distribution } from '../../stats/distribution.ts';
import type { RoomRow } from './types.ts';

/** What the table of rooms shows; only these are kept while the file goes by. */
const SHOWN: ReadonlySet<MetricName> = new Set<MetricName>([
  'participant.rtt_ms',
  'track.loss_ratio',
  'track.jitter_ms',
  'track.frames_per_second',
  'track.freeze_ratio',
]);

/** Where rooms are and who is in them, from the timeline. */
export class Rooms {
  readonly #rooms = new Map<string, { bridges: Set<string>; participants: Set<string> }>();

  take(record: TimelineRecord): void {
    if (record.type === 'room-placed') this.#room(record.roomId).bridges.add(record.bridgeId);
    else if (record.type === 'participant-joined') {
      const room = this.#room(record.roomId);
      room.bridges.add(record.bridgeId);
      room.participants.add(record.participantId);
    }
  }

  /** Reads what is kept by room. Worst first: by loss, then by round-trip time. */
  async rows(reader: RunReader, window: GateWindow): Promise<RoomRow[]> {
    const quality = new Map<string, Map<MetricName, Distribution>>();
    await reader.distributions(
      (record) => {
        const { room } = record.labels;
        if (room === undefined || !SHOWN.has(record.metric) || !inWindow(record, window)) return;
        const ofRoom = quality.get(room) ?? new Map<MetricName, Distribution>();
        quality.set(room, ofRoom);
        const distribution = Distribution.fromJSON(record.data);
        const known = ofRoom.get(record.metric);
        if (known === undefined) ofRoom.set(record.metric, distribution);
        else known.merge(distribution);
      },
      { rooms: 'all' },
    );
    const names = reader.manifest.rooms ?? {};
    const ids = new Set([...Object.keys(names), ...this.#rooms.keys(), ...quality.keys()]);
    const rows = [...ids].map((id): RoomRow => {
      const room = this.#rooms.get(id);
      const of = quality.get(id);
      return {
        id,
        name: names[id] ?? id,
        bridges: [...(room?.bridges ?? [])],
        participants: room?.participants.size ?? 0,
        rttP95Ms: of?.get('participant.rtt_ms')?.quantile(0.95) ?? null,
        lossRatioMean: of?.get('track.loss_ratio')?.mean ?? null,
        jitterP95Ms: of?.get('track.jitter_ms')?.quantile(0.95) ?? null,
        framesPerSecondMean: of?.get('track.frames_per_second')?.mean ?? null,
        freezeRatioMean: of?.get('track.freeze_ratio')?.mean ?? null,
      };
    });
    return rows.sort(
      (a, b) => (b.lossRatioMean ?? -1) - (a.lossRatioMean ?? -1) || (b.rttP95Ms ?? -1) - (a.rttP95Ms ?? -1),
    );
  }

  #room(id: string) {
    const room = this.#rooms.get(id) ?? { bridges: new Set<string>(), participants: new Set<string>() };
    this.#rooms.set(id, room);
    return room;
  }
}
