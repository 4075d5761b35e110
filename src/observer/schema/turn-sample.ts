import type { MessageSpec } from './spec.ts';

/** What a TURN server tells; read so that an envelope with it is understood, and then left alone: `TurnSample` of ObserveRTC's schemas 2.2.0, each field with its protobuf tag. */

export const turnPeerAllocation = {
  peerId: [1, 'string', 'required'],
  relayedAddress: [2, 'string', 'required'],
  relayedPort: [3, 'int32', 'required'],
  sessionId: [4, 'string', 'required'],
  transportProtocol: [5, 'string', 'required'],
  peerAddress: [6, 'string'],
  peerPort: [7, 'int32'],
  receivedBytes: [8, 'int64'],
  receivedPackets: [9, 'int32'],
  receivingBitrate: [10, 'int32'],
  sendingBitrate: [11, 'int32'],
  sentBytes: [12, 'int64'],
  sentPackets: [13, 'int32'],
} as const satisfies MessageSpec;

export const turnSession = {
  sessionId: [1, 'string', 'required'],
  clientAddress: [2, 'string'],
  clientId: [3, 'string'],
  clientPort: [4, 'int32'],
  nonceExpirationTime: [5, 'int64'],
  realm: [6, 'string'],
  receivedBytes: [7, 'int64'],
  receivedPackets: [8, 'int32'],
  receivingBitrate: [9, 'int32'],
  sendingBitrate: [10, 'int32'],
  sentBytes: [11, 'int64'],
  sentPackets: [12, 'int32'],
  serverAddress: [13, 'string'],
  serverPort: [14, 'int32'],
  started: [15, 'int64'],
  transportProtocol: [16, 'string'],
  username: [17, 'string'],
} as const satisfies MessageSpec;

export const turnSample = {
  allocations: [1, turnPeerAllocation, 'repeated'],
  sessions: [2, turnSession, 'repeated'],
  serverId: [3, 'string', 'required'],
} as const satisfies MessageSpec;
