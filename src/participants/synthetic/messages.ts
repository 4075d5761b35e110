import type { SrtpProfile } from '../../packets/types.ts';
import type { ParticipantPlan } from '../../scenario/plan-types.ts';
import type { RoomAccess } from '../../targets/types.ts';
import type { ParticipantEvent, ParticipantSample } from '../types.ts';
import type { RtcpCount } from './rtcp/census.ts';

/** What a shard's thread is started with. */
export interface ShardData {
  seed: number;
  packetLoop: 'auto' | 'native' | 'typescript';
  /** Where the native packet loop was built; null: it was not. */
  packetAddonFile: string | null;
  /** Offered to the SFU, best first; null: what suits the packet loop. */
  srtpProfiles: readonly SrtpProfile[] | null;
  mediaFolder: string;
  /** Whether cameras are sent at the bitrate of their recordings. */
  recordedBitrates: boolean;
  /** Whether RTCP is counted by type. */
  countRtcp: boolean;
  /** Unix time minus the host's monotonic clock, the same for all shards. */
  wallOffsetMs: number;
}

export interface ShardGeneratorSample {
  cpuSeconds: number | null;
  eventLoopDelayMeanMs: number | null;
  eventLoopDelayMaxMs: number | null;
  eventLoopUtilisationRatio: number;
  packetsScheduled: number;
  packetsSent: number;
  packetsSentLate: number;
  /** Buckets of `LatenessMeter` since the last sample. */
  lateness: Uint32Array;
  /** UDP ports that sockets of the shard have or had, with what the kernel dropped on those closed. */
  localPorts: number[];
}

/** From the engine to a shard. */
export type ToShard =
  | { type: 'join'; requestId: number; plan: ParticipantPlan }
  | { type: 'leave'; requestId: number; participantId: string; reason: string }
  | { type: 'sample'; requestId: number }
  | { type: 'sample-generator'; requestId: number }
  | { type: 'rtcp'; requestId: number }
  | { type: 'access'; requestId: number; access: RoomAccess }
  | { type: 'access-failed'; requestId: number; reason: string }
  | { type: 'close'; requestId: number };

/** From a shard to the engine. */
export type FromShard =
  | { type: 'ready'; packetLoop: 'native' | 'typescript' }
  | { type: 'event'; event: ParticipantEvent }
  | { type: 'access'; requestId: number; plan: ParticipantPlan; attempt: number }
  | { type: 'done'; requestId: number }
  /** `last`: as its counters stood when it left, null when it was in no room. */
  | { type: 'left'; requestId: number; last: ParticipantSample | null }
  | { type: 'samples'; requestId: number; samples: ParticipantSample[] }
  | { type: 'rtcp'; requestId: number; counts: RtcpCount[] }
  | { type: 'generator'; requestId: number; sample: ShardGeneratorSample };
