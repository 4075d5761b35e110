import * as client from './client-sample.ts';
import * as sfu from './sfu-sample.ts';
import type { Message, MessageSpec } from './spec.ts';
import { turnSample } from './turn-sample.ts';

/** `Samples`, the envelope of everything that is sent to an observer (schemas 2.2.0). */

export const controls = {
  accessClaim: [1, 'string'],
  close: [2, 'bool'],
} as const satisfies MessageSpec;

export const samples = {
  clientSamples: [1, client.clientSample, 'repeated'],
  sfuSamples: [2, sfu.sfuSample, 'repeated'],
  turnSamples: [3, turnSample, 'repeated'],
  controls: [4, controls],
} as const satisfies MessageSpec;

export type Samples = Message<typeof samples>;
export type ClientSample = Message<typeof client.clientSample>;
export type SfuSample = Message<typeof sfu.sfuSample>;

export type PeerConnectionTransport = Message<typeof client.peerConnectionTransport>;
export type InboundAudioTrack = Message<typeof client.inboundAudioTrack>;
export type InboundVideoTrack = Message<typeof client.inboundVideoTrack>;
export type OutboundAudioTrack = Message<typeof client.outboundAudioTrack>;
export type OutboundVideoTrack = Message<typeof client.outboundVideoTrack>;
export type SfuTransport = Message<typeof sfu.sfuTransport>;
export type SfuInboundRtpPad = Message<typeof sfu.sfuInboundRtpPad>;
export type SfuOutboundRtpPad = Message<typeof sfu.sfuOutboundRtpPad>;
export type SfuSctpChannel = Message<typeof sfu.sfuSctpChannel>;

/** Version of the schemas that is spoken, and what a sender means that names none. */
export const SCHEMA_VERSION = '2.2.0';

/**
 * What a sender may name: 2.2.0 only adds custom events to 2.1.x, so one decoder reads them all
 * (observer-service: SchemaVersion.getSupportedVersions).
 */
export const SUPPORTED_SCHEMA_VERSIONS: readonly string[] = [
  SCHEMA_VERSION,
  ...Array.from({ length: 10 }, (_, patch) => `2.1.${patch}`),
];

/** Thrown for bytes that are no `Samples`; the message is safe to send back to whoever sent them. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
}
