import type { types as mediasoup } from 'mediasoup';
import type { MediaKind, MediaSource } from '../../scenario/plan-types.ts';

/**
 * Signalling between a participant and the cluster: JSON texts over one WebSocket. The participant asks
 * (`{id, method, params}`), the cluster answers (`{id, result}` or `{id, error}`) and tells (`{notify, params}`).
 * Browsers and synthetic participants use the same client (`client.ts`) through the same door.
 */
export const SIGNALLING_PROTOCOL = 'rtc-bench-v1';

export interface ProducerInfo {
  producerId: string;
  participantId: string;
  kind: MediaKind;
  source: MediaSource;
}

export interface TransportInfo {
  transportId: string;
  iceParameters: mediasoup.IceParameters;
  iceCandidates: mediasoup.IceCandidate[];
  dtlsParameters: mediasoup.DtlsParameters;
}

export interface ConsumerInfo {
  consumerId: string;
  producerId: string;
  kind: MediaKind;
  source: MediaSource;
  publisherId: string;
  rtpParameters: mediasoup.RtpParameters;
  /** Consumers start paused; ask `resumeConsumer` once the receiving end is ready. */
  paused: boolean;
}

/** Method to its parameters and result. */
export interface SignallingMethods {
  join: {
    params: Record<string, never>;
    result: { bridgeId: string; routerRtpCapabilities: mediasoup.RtpCapabilities; producers: ProducerInfo[] };
  };
  createTransport: { params: { direction: 'send' | 'recv' }; result: TransportInfo };
  connectTransport: {
    params: { transportId: string; dtlsParameters: mediasoup.DtlsParameters };
    result: Record<string, never>;
  };
  produce: {
    params: {
      transportId: string;
      kind: MediaKind;
      source: MediaSource;
      rtpParameters: mediasoup.RtpParameters;
    };
    result: { producerId: string };
  };
  /** Mute: those who consume it stay subscribed and receive nothing. */
  pauseProducer: { params: { producerId: string }; result: Record<string, never> };
  resumeProducer: { params: { producerId: string }; result: Record<string, never> };
  closeProducer: { params: { producerId: string }; result: Record<string, never> };
  /** With `producerId` of a participant on another bridge the cluster pipes it over first. */
  consume: {
    params: { transportId: string; producerId: string; rtpCapabilities: mediasoup.RtpCapabilities };
    result: ConsumerInfo;
  };
  resumeConsumer: { params: { consumerId: string }; result: Record<string, never> };
  pauseConsumer: { params: { consumerId: string }; result: Record<string, never> };
  closeConsumer: { params: { consumerId: string }; result: Record<string, never> };
  setPreferredLayers: {
    params: { consumerId: string; spatialLayer: number; temporalLayer?: number };
    result: Record<string, never>;
  };
  requestKeyFrame: { params: { consumerId: string }; result: Record<string, never> };
  leave: { params: Record<string, never>; result: Record<string, never> };
}

export interface SignallingNotifications {
  newProducer: ProducerInfo;
  producerClosed: { producerId: string };
  consumerClosed: { consumerId: string };
  consumerLayers: { consumerId: string; spatialLayer: number | null; temporalLayer: number | null };
  /** Participants who speak now, loudest or latest first; what last N is decided by. */
  activeSpeakers: { participantIds: string[] };
  /** The bridge is gone: the participant must ask for a new way in and join again. */
  bridgeLost: { bridgeId: string; reason: string };
}

export type SignallingMethod = keyof SignallingMethods;
export type SignallingNotification = keyof SignallingNotifications;

export interface SignallingRequest<M extends SignallingMethod = SignallingMethod> {
  id: number;
  method: M;
  params: SignallingMethods[M]['params'];
}

export type SignallingResponse =
  | { id: number; result: SignallingMethods[SignallingMethod]['result'] }
  | { id: number; error: { code: string; message: string } };

export interface SignallingNotify<N extends SignallingNotification = SignallingNotification> {
  notify: N;
  params: SignallingNotifications[N];
}
