import type { Placement } from './balancer.ts';

/** How a cluster is set up. */
export interface ClusterSettings {
  /** How many bridges, 1 to 64. */
  bridges: number;
  /** Address for signalling and media. The API has no authentication: keep it where only friends are. */
  host: string;
  /**
   * Who may use the API. `this-host`: whoever asks from the address that is asked, as only this host can; signalling
   * and media are for anybody who has an invitation.
   */
  apiFor: 'anybody' | 'this-host';
  /** TCP port of API and signalling; 0 takes a free one. */
  port: number;
  placement: Placement;
  /** null: a room stays on one bridge until that is overloaded. */
  maxParticipantsPerBridgePerRoom: number | null;
  /** Packets per second at which a bridge's stress is 1. Only placement uses it; a run judges by its own. */
  maxPacketRatePps: number;
  receiveBufferBytes: number;
  sendBufferBytes: number;
  /** Share of one core that each bridge's worker may use, 0.1 to 1; null: all that it gets. Linux. */
  cpuShare: number | null;
  /** Cores for the bridges with a share, one after the other; null: the last of those that the coordinator may use. */
  bridgeCores: readonly number[] | null;
  /** Where the bandwidth estimate of a receiving participant begins. */
  initialOutgoingBitrateBps: number;
  /** The mediasoup worker to run. */
  workerFile: string;
}

export const MAX_BRIDGES = 64;

export const CLUSTER_DEFAULTS: Omit<ClusterSettings, 'workerFile'> = {
  bridges: 2,
  host: '127.0.0.1',
  apiFor: 'anybody',
  port: 0,
  placement: 'least-stressed',
  maxParticipantsPerBridgePerRoom: null,
  // jicofo's and jitsi-videobridge's threshold; `rtc-bench calibrate` measures this machine's.
  maxPacketRatePps: 50_000,
  // As jitsi-videobridge asks for; the kernel caps it at net.core.rmem_max.
  receiveBufferBytes: 10_485_760,
  sendBufferBytes: 4_194_304,
  cpuShare: null,
  bridgeCores: null,
  initialOutgoingBitrateBps: 1_000_000,
};
