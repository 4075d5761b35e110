import type { BridgeSample, PadReading, TrafficCounters } from '../types.ts';
import type { FlowInfo, HandleInfo, MediumInfo } from './handle-info.ts';

interface Flow {
  packets: number;
  bytes: number;
  nacks: number;
}

/** A counter's whole, also when the server begins it anew. */
interface Counted {
  before: Flow;
  last: Flow;
}

interface Medium {
  in: Counted;
  out: Counted;
  lost: number;
}

interface Handle {
  info: HandleInfo;
  readAtMs: number;
  media: Map<string, Medium>;
}

const NOTHING: Flow = { packets: 0, bytes: 0, nacks: 0 };

type Counts = Pick<
  BridgeSample,
  'local' | 'nackCount' | 'packetsLostIn' | 'producers' | 'consumers' | 'rooms' | 'participants'
>;

/**
 * Sums what Janus counts of each medium of each handle, for it has no totals itself. Handles that are gone keep
 * their last counts in the sum, so that it never falls.
 */
export class HandleLedger {
  readonly #handles = new Map<number, Handle>();
  readonly #gone: TrafficCounters & { nacks: number; lost: number } = {
    packetsIn: 0,
    bytesIn: 0,
    packetsOut: 0,
    bytesOut: 0,
    nacks: 0,
    lost: 0,
  };

  /** Takes what was read of a handle. */
  take(handleId: number, info: HandleInfo, readAtMs: number): void {
    const media = this.#handles.get(handleId)?.media ?? new Map<string, Medium>();
    this.#handles.set(handleId, { info, readAtMs, media });
    for (const [line, { stats, rtcp }] of Object.entries(info.webrtc?.media ?? {})) {
      const medium = media.get(line) ?? {
        in: { before: NOTHING, last: NOTHING },
        out: { before: NOTHING, last: NOTHING },
        lost: 0,
      };
      media.set(line, medium);
      count(medium.in, flowOf(stats?.in));
      count(medium.out, flowOf(stats?.out));
      medium.lost = Math.max(medium.lost, rtcp?.main?.lost ?? 0);
    }
  }

  /** Only these are still there. */
  keep(handleIds: ReadonlySet<number>): void {
    for (const [handleId, { media }] of this.#handles) {
      if (handleIds.has(handleId)) continue;
      this.#handles.delete(handleId);
      for (const medium of media.values()) add(this.#gone, medium);
    }
  }

  counts(): Counts {
    const sum = { ...this.#gone };
    const rooms = new Set<string>();
    const counts = { producers: 0, consumers: 0, participants: 0 };
    for (const { info, media } of this.#handles.values()) {
      for (const medium of media.values()) add(sum, medium);
      const { type, room } = info.plugin_specific ?? {};
      if (room !== undefined) rooms.add(String(room));
      if (type === 'publisher') counts.participants += 1;
      for (const { direction } of Object.values(info.webrtc?.media ?? {})) {
        if (direction?.recv === true) counts.producers += 1;
        if (direction?.send === true) counts.consumers += 1;
      }
    }
    const { nacks, lost, ...local } = sum;
    return { local, nackCount: nacks, packetsLostIn: lost, rooms: rooms.size, ...counts };
  }

  /** Every medium of the handles that are there. */
  pads(bridgeId: string): PadReading[] {
    return [...this.#handles].flatMap(([handleId, { info, readAtMs, media }]) =>
      Object.entries(info.webrtc?.media ?? {}).flatMap(
        ([line, medium]) =>
          padOf({ bridgeId, handleId, line, info, medium, readAtMs }, media.get(line)) ?? [],
      ),
    );
  }
}

interface PadSource {
  bridgeId: string;
  handleId: number;
  line: string;
  info: HandleInfo;
  medium: MediumInfo;
  readAtMs: number;
}

/** null: nothing flows there, or nobody can tell whose it is. */
function padOf(
  { bridgeId, handleId, line, info, medium, readAtMs }: PadSource,
  counted: Medium | undefined,
): PadReading | null {
  const { type, mid = line, direction, ssrc, rtcp } = medium;
  if (counted === undefined || (type !== 'audio' && type !== 'video')) return null;
  const receives = direction?.recv === true;
  if (!receives && direction?.send !== true) return null;
  const { id, streams } = info.plugin_specific ?? {};
  const stream = streams?.find((candidate) => candidate.mid === mid);
  const producerId = receives ? `${id}/${mid}` : `${stream?.feed_id}/${stream?.feed_mid}`;
  if (receives ? id === undefined : stream?.feed_id === undefined) return null;
  const { packets, nacks } = whole(receives ? counted.in : counted.out);
  return {
    bridgeId,
    transportId: String(handleId),
    producerId,
    consumerId: receives ? null : `${handleId}/${mid}`,
    internal: false,
    kind: type,
    ssrc: (receives ? ssrc?.['ssrc-peer'] : ssrc?.ssrc) ?? null,
    localPort: null,
    remotePort: null,
    readAtMs,
    packets,
    nackCount: nacks,
    pliCount: null,
    firCount: null,
    packetsLost: (receives ? rtcp?.main?.lost : rtcp?.main?.['lost-by-remote']) ?? null,
    packetsRetransmitted: null,
    roundTripTimeMs: rtcp?.main?.rtt ?? null,
    iceState: info.webrtc?.ice?.state ?? null,
    dtlsState: info.webrtc?.dtls?.['dtls-state'] ?? null,
  };
}

/** The lowest layer's counts with those of the layers above, which lie within: `video-simulcast-1`. */
function flowOf(flow: FlowInfo | undefined): Flow {
  const { packets = 0, bytes = 0, nacks = 0 } = flow ?? {};
  const sum = { packets, bytes, nacks };
  for (const part of Object.values(flow ?? {})) {
    if (typeof part !== 'object') continue;
    const layer = flowOf(part);
    sum.packets += layer.packets;
    sum.bytes += layer.bytes;
    sum.nacks += layer.nacks;
  }
  return sum;
}

function count(counted: Counted, now: Flow): void {
  if (now.packets < counted.last.packets) counted.before = whole(counted);
  counted.last = now;
}

function whole({ before, last }: Counted): Flow {
  return {
    packets: before.packets + last.packets,
    bytes: before.bytes + last.bytes,
    nacks: before.nacks + last.nacks,
  };
}

function add(sum: TrafficCounters & { nacks: number; lost: number }, medium: Medium): void {
  const incoming = whole(medium.in);
  const outgoing = whole(medium.out);
  sum.packetsIn = (sum.packetsIn ?? 0) + incoming.packets;
  sum.bytesIn = (sum.bytesIn ?? 0) + incoming.bytes;
  sum.packetsOut = (sum.packetsOut ?? 0) + outgoing.packets;
  sum.bytesOut = (sum.bytesOut ?? 0) + outgoing.bytes;
  sum.nacks += incoming.nacks + outgoing.nacks;
  sum.lost += medium.lost;
}
