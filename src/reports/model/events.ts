import type { TimelineRecord } from '../../results/records.ts';
import { formatBitrate, formatCount } from '../format.ts';
import { numberOrNull } from './number-or-null.ts';
import type { EventRow } from './types.ts';

/** Events kept for the report; what is beyond is counted. */
const EVENT_LIMIT = 300;

/** What happened, in words: the parts of the timeline that are no measurement. */
export class Events {
  readonly rows: EventRow[] = [];
  leftOut = 0;
  readonly #failures = new Map<string, number>();

  take(record: TimelineRecord): void {
    if (record.type === 'participant-failed')
      this.#failures.set(record.reason, (this.#failures.get(record.reason) ?? 0) + 1);
    const event = describe(record);
    if (event === null) return;
    if (this.rows.length < EVENT_LIMIT) this.rows.push({ tMs: record.tMs, ...event });
    else this.leftOut += 1;
  }

  failures(): { reason: string; count: number }[] {
    return [...this.#failures]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count);
  }
}

function describe(record: TimelineRecord): Omit<EventRow, 'tMs'> | null {
  switch (record.type) {
    case 'stage-started':
      return {
        level: 'info',
        text: `stage ${record.stage}${record.steady ? ' (steady: judged by gates)' : ''}`,
      };
    case 'bridge-up':
      return { level: 'info', text: `bridge ${record.bridgeId} is up: ${record.software}` };
    case 'bridge-died':
      return { level: 'error', text: `bridge ${record.bridgeId} died: ${record.reason}` };
    case 'room-placed':
      // Where every room went first is in the table of rooms.
      return record.reason === 'bridge-died'
        ? { level: 'warning', text: `room ${record.roomId} was placed again, on ${record.bridgeId}` }
        : null;
    case 'participant-failed':
      return {
        level: 'error',
        text: `${record.participantId} (${record.engine}) did not join ${record.roomId}, attempt ${record.attempt}: ${record.reason}`,
      };
    case 'participant-joined':
      return record.attempt > 1
        ? {
            level: 'warning',
            text: `${record.participantId} joined again on ${record.bridgeId}, attempt ${record.attempt}`,
          }
        : null;
    case 'path-probed':
      return {
        level: 'info',
        text: `the UDP path carries ${formatBitrate(numberOrNull(record.bitrateBps))}, ${formatCount(numberOrNull(record.packetRatePps))} packets/s (${record.prober})`,
      };
    case 'warning':
      return { level: 'warning', text: `${record.code}: ${record.message}` };
    case 'run-ended':
      return {
        level: record.status === 'completed' ? 'info' : 'warning',
        text: `run ${record.status}${record.reason === null ? '' : `: ${record.reason}`}`,
      };
    default:
      return null;
  }
}
