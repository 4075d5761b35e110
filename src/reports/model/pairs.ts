import type { GateWindow } from '../../gates/types.ts';
import type { MetricLabels, MetricName } from '../../metrics/catalogue.ts';
import type { DistributionStore } from '../../results/distribution-store.ts';
import type { Manifest, ParticipantSummary } from '../../results/records.ts';
import type { Distribution } from '../../stats/distribution.ts';
import type { Pair, PairMedia, Pairs } from './types.ts';

/** Rows of a cell's participants that it names. */
const NAMED = 3;

/**
 * Who received whom, by kind of endpoint; null where only one kind took part or the record is of a version that did
 * not tell. `participants` worst first.
 */
export function pairsOf(
  manifest: Manifest,
  participants: readonly ParticipantSummary[],
  store: DistributionStore,
  window: GateWindow,
): Pairs | null {
  const kinds = [...new Set(participants.flatMap(({ endpoint }) => endpoint ?? []))].sort(byName);
  if (kinds.length < 2) return null;
  return {
    kinds,
    cells: kinds.flatMap((sender) =>
      kinds.map(
        (receiver): Pair => ({
          sender,
          receiver,
          ...together(participants, sender, receiver),
          audio: mediaOf(store, { kind: 'audio', sender, receiver }, window),
          video: mediaOf(store, { kind: 'video', sender, receiver }, window),
        }),
      ),
    ),
    notReported: (manifest.endpoints ?? []).filter(({ notReported }) => notReported.length > 0),
  };
}

/** Browsers before what is none. */
function byName(a: string, b: string): number {
  return Number(a === 'synthetic') - Number(b === 'synthetic') || a.localeCompare(b, 'en');
}

/** Pairs of two participants of one room, and of them those of whom both came in. */
function together(
  participants: readonly ParticipantSummary[],
  sender: string,
  receiver: string,
): Pick<Pair, 'planned' | 'joined' | 'receivers'> {
  const rooms = Map.groupBy(participants, ({ roomId }) => roomId);
  const result = { planned: 0, joined: 0, receivers: [] as string[] };
  const met = new Set<string>();
  for (const [room, members] of rooms) {
    const count = (kind: string, joined: boolean) =>
      members.filter(({ endpoint, joinedAtMs }) => endpoint === kind && (!joined || joinedAtMs !== null))
        .length;
    // Nobody is a pair with itself.
    const pairs = (joined: boolean) =>
      count(sender, joined) * (count(receiver, joined) - (sender === receiver ? 1 : 0));
    result.planned += Math.max(0, pairs(false));
    result.joined += Math.max(0, pairs(true));
    if (pairs(false) > 0) met.add(room);
  }
  result.receivers = participants
    .filter(({ endpoint, roomId }) => endpoint === receiver && met.has(roomId))
    .slice(0, NAMED)
    .map(({ participantId }) => participantId);
  return result;
}

function mediaOf(
  store: DistributionStore,
  labels: Pick<Required<MetricLabels>, 'kind' | 'sender' | 'receiver'>,
  window: GateWindow,
): PairMedia {
  const { kind, sender } = labels;
  const received: MetricLabels = { ...labels, direction: 'down' };
  const of = (metric: MetricName, over: GateWindow = window) => store.query(metric, received, over);
  const packets = of('track.packet_rate_pps');
  // Frames of a camera and of a shared screen in one number would tell of neither.
  const camera = store.query('track.frames_per_second', { ...received, source: 'camera' }, window);
  return {
    sent: store.query('track.packet_rate_pps', { kind, sender, direction: 'up' }, window).count > 0,
    codecs: store.labelValues('track.packet_rate_pps', 'codec', received).sort(),
    packetRatePps: mean(packets),
    framesPerSecond: mean(camera.count > 0 ? camera : of('track.frames_per_second')),
    audioDecodedRatio: mean(of('track.audio_decoded_ratio')),
    lossRatio: mean(of('track.loss_ratio')),
    firstFrameMs: middle(of('track.first_frame_ms', 'all')),
  };
}

/** Told once a track, so often of too few for a median. */
function middle(distribution: Distribution): number | null {
  return distribution.quantile(0.5) ?? mean(distribution);
}

function mean(distribution: Distribution): number | null {
  return distribution.mean;
}
