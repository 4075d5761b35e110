import { usageError } from '../errors.ts';

/** Packets the size and spacing of WebRTC's, or any other. Rates are totals over all flows. */
export type TrafficShape =
  /** `ratePps` null: as fast as the sender can. */
  | { kind: 'constant'; sizeBytes: number; ratePps: number | null }
  /** 100 bytes, evenly spaced, 50 a second and stream: Opus at 20 ms. */
  | { kind: 'audio'; ratePps: number }
  /** 1200 bytes unless told, in frame bursts, 30 frames a second and flow, each key frame a bigger burst. */
  | { kind: 'video'; ratePps: number; sizeBytes?: number }
  /** One audio stream for each video stream: a quarter of the packets are audio. */
  | { kind: 'mix'; ratePps: number };

export type ShapeKind = TrafficShape['kind'];
export const SHAPE_KINDS: readonly ShapeKind[] = ['constant', 'audio', 'video', 'mix'];

export const AUDIO_PACKET_BYTES = 100;
export const VIDEO_PACKET_BYTES = 1200;
export const FRAMES_PER_SECOND = 30;
/** A key frame every two seconds, this many times the size of the others: what an SFU sees on layer switches. */
export const KEY_FRAME_INTERVAL_FRAMES = 60;
export const KEY_FRAME_WEIGHT = 6;
/** 50 audio packets a second beside 150 of video, 1.44 Mbit/s. */
export const MIX_AUDIO_SHARE = 0.25;

/** Smallest packet that holds the probe's header, and the largest UDP payload over IPv4. */
export const MIN_PACKET_BYTES = 32;
export const MAX_PACKET_BYTES = 65_507;

/** One packet that is due: when, on which flow, how large. */
export interface DuePacket {
  dueMs: number;
  flow: number;
  sizeBytes: number;
}

/** An endless supply of packets in order of their due time. */
export interface PacketSchedule {
  /** Milliseconds after the start at which the next packet is due. */
  readonly nextDueMs: number;
  /** Takes the next packet. The object is reused by the next call. */
  take(): DuePacket;
}

/** Null where the shape has packets of several sizes. */
export function shapeSizeBytes(shape: TrafficShape): number | null {
  switch (shape.kind) {
    case 'constant':
      return shape.sizeBytes;
    case 'audio':
      return AUDIO_PACKET_BYTES;
    case 'video':
      return shape.sizeBytes ?? VIDEO_PACKET_BYTES;
    case 'mix':
      return null;
  }
}

/** Mean payload bytes a packet. */
export function meanPacketBytes(shape: TrafficShape): number {
  return (
    shapeSizeBytes(shape) ?? MIX_AUDIO_SHARE * AUDIO_PACKET_BYTES + (1 - MIX_AUDIO_SHARE) * VIDEO_PACKET_BYTES
  );
}

/** The same shape at another total rate. */
export function withRate(shape: TrafficShape, ratePps: number): TrafficShape {
  return { ...shape, ratePps };
}

/** Flows on the wire: a mix has an audio and a video flow for each asked. */
export function flowCount(shape: TrafficShape, flows: number): number {
  return shape.kind === 'mix' ? flows * 2 : flows;
}

/** Throws a usage error for what cannot be sent. */
export function checkShape(shape: TrafficShape, flows: number): void {
  if (!Number.isInteger(flows) || flows < 1 || flows > 128)
    throw usageError('RTCB_PROBE_FLOWS', `flows must be 1 to 128, not ${flows}`);
  if (shape.ratePps !== null && !(shape.ratePps > 0 && shape.ratePps <= 10_000_000))
    throw usageError(
      'RTCB_PROBE_RATE',
      `the rate must be above 0 and at most 10000000 packets/s, not ${shape.ratePps}`,
    );
  const sizeBytes = shapeSizeBytes(shape);
  if (sizeBytes === null) return;
  if (!Number.isInteger(sizeBytes) || sizeBytes < MIN_PACKET_BYTES || sizeBytes > MAX_PACKET_BYTES)
    throw usageError(
      'RTCB_PROBE_SIZE',
      `the packet size must be ${MIN_PACKET_BYTES} to ${MAX_PACKET_BYTES} bytes, not ${sizeBytes}`,
    );
}

export function createSchedule(shape: TrafficShape, flows: number): PacketSchedule {
  switch (shape.kind) {
    case 'constant':
      return evenSchedule(shape.ratePps, shape.sizeBytes, flows, 0);
    case 'audio':
      return evenSchedule(shape.ratePps, AUDIO_PACKET_BYTES, flows, 0);
    case 'video':
      return frameSchedule(shape.ratePps, shape.sizeBytes ?? VIDEO_PACKET_BYTES, flows, 0);
    case 'mix':
      return merge(
        evenSchedule(shape.ratePps * MIX_AUDIO_SHARE, AUDIO_PACKET_BYTES, flows, 0),
        frameSchedule(shape.ratePps * (1 - MIX_AUDIO_SHARE), VIDEO_PACKET_BYTES, flows, flows),
      );
  }
}

/** Evenly spaced, flows in turn. Due times come from the packet's number, so no rounding adds up. */
function evenSchedule(
  ratePps: number | null,
  sizeBytes: number,
  flows: number,
  firstFlow: number,
): PacketSchedule {
  let n = 0;
  const spacingMs = ratePps === null ? 0 : 1000 / ratePps;
  const packet: DuePacket = { dueMs: 0, flow: firstFlow, sizeBytes };
  return {
    get nextDueMs() {
      return n * spacingMs;
    },
    take() {
      packet.dueMs = n * spacingMs;
      packet.flow = firstFlow + (n % flows);
      n += 1;
      return packet;
    },
  };
}

/** Frames of each flow, the flows' frames spread over the frame time; a frame's packets are due at once. */
function frameSchedule(ratePps: number, sizeBytes: number, flows: number, firstFlow: number): PacketSchedule {
  const frameRate = FRAMES_PER_SECOND * flows;
  const meanWeight = (KEY_FRAME_INTERVAL_FRAMES - 1 + KEY_FRAME_WEIGHT) / KEY_FRAME_INTERVAL_FRAMES;
  const packetsPerWeight = ratePps / frameRate / meanWeight;
  const credit = new Float64Array(flows);
  let frame = -1;
  let left = 0;
  const packet: DuePacket = { dueMs: 0, flow: firstFlow, sizeBytes };
  const advance = () => {
    while (left === 0) {
      frame += 1;
      const flow = frame % flows;
      // Each flow starts its key frames elsewhere, as senders that joined at different times do.
      const frameOfFlow = Math.floor(frame / flows) + flow * 7;
      const weight = frameOfFlow % KEY_FRAME_INTERVAL_FRAMES === 0 ? KEY_FRAME_WEIGHT : 1;
      const owed = (credit[flow] ?? 0) + weight * packetsPerWeight;
      left = Math.floor(owed + 1e-9);
      credit[flow] = owed - left;
    }
  };
  advance();
  return {
    get nextDueMs() {
      return (frame * 1000) / frameRate;
    },
    take() {
      packet.dueMs = (frame * 1000) / frameRate;
      packet.flow = firstFlow + (frame % flows);
      left -= 1;
      advance();
      return packet;
    },
  };
}

function merge(a: PacketSchedule, b: PacketSchedule): PacketSchedule {
  return {
    get nextDueMs() {
      return Math.min(a.nextDueMs, b.nextDueMs);
    },
    take: () => (a.nextDueMs <= b.nextDueMs ? a.take() : b.take()),
  };
}
