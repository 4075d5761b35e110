import { z } from 'zod';
import type { BridgeInfo } from '../targets/types.ts';

/**
 * The cluster's HTTP API, as both of its ends see it; described in `docs/cluster.md`. Rooms go by their names
 * here: what a run calls them is the run's own affair.
 */
export const ACCESS_REQUEST = z.object({
  room: z.string().min(1).max(1000),
  participantId: z.string().min(1).max(200),
  /** Bridge by index from 0; null: the balancer chooses. */
  pinnedBridge: z.int().min(0).nullable().default(null),
  /** Default: the cluster's own. */
  placement: z.enum(['least-stressed', 'spread']).optional(),
});
export type ClusterAccessRequest = z.input<typeof ACCESS_REQUEST>;

export interface ClusterAccess {
  protocol: 'rtc-bench-v1';
  url: string;
  room: string;
  bridgeId: string;
}

export interface ClusterHealth {
  status: 'ok' | 'degraded' | 'down';
  protocol: 'rtc-bench-v1';
  /** e.g. `mediasoup 3.27.1` */
  software: string;
  bridges: { living: number; total: number };
}

export type ClusterEvent =
  | { type: 'bridge-up'; bridge: BridgeInfo }
  | { type: 'bridge-died'; bridgeId: string; reason: string }
  | { type: 'room-placed'; room: string; bridgeId: string; reason: 'first' | 'spread' | 'bridge-died' }
  | { type: 'room-closed'; room: string };

export interface ApiError {
  error: { code: string; message: string };
}
