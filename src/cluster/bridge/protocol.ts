import type { types as mediasoup } from 'mediasoup';
import type { MediaKind, MediaSource } from '../../scenario/plan-types.ts';
import type { BridgeSample, PadReading } from '../../targets/types.ts';
import type { TransportInfo } from '../signalling/protocol.ts';

/** How a bridge process is set up. Sizes in bytes, bitrates in bits per second. */
export interface BridgeSettings {
  bridgeId: string;
  workerFile: string;
  /** Address that media sockets are bound to. */
  host: string;
  /** SO_RCVBUF and SO_SNDBUF asked for; the kernel caps them at net.core.rmem_max and wmem_max. */
  receiveBufferBytes: number;
  sendBufferBytes: number;
  /** Where the bandwidth estimate of a receiving participant begins. */
  initialOutgoingBitrateBps: number;
}

/** What is told of a bridge once its worker runs and its socket is bound. */
export interface BridgeUp {
  software: string;
  mediaAddress: string;
  mediaPort: number;
  /** Of the worker, the process that forwards media. */
  pid: number;
}

/** One end of a pipe, told to the other end's bridge, which may be on another host. */
export interface PipeEnd {
  ip: string;
  port: number;
}

/** What the coordinator asks of a bridge. Rooms are known by a key of the coordinator's own. */
export interface BridgeMethods {
  start: { params: BridgeSettings; result: BridgeUp };
  openRoom: { params: { room: string }; result: { routerRtpCapabilities: mediasoup.RtpCapabilities } };
  closeRoom: { params: { room: string }; result: null };
  createTransport: { params: { room: string; participantId: string }; result: TransportInfo };
  connectTransport: {
    params: { room: string; transportId: string; dtlsParameters: mediasoup.DtlsParameters };
    result: null;
  };
  produce: {
    params: {
      room: string;
      transportId: string;
      participantId: string;
      kind: MediaKind;
      source: MediaSource;
      rtpParameters: mediasoup.RtpParameters;
    };
    result: { producerId: string };
  };
  /** Works on producers of participants and on piped ones alike. */
  pauseProducer: { params: { room: string; producerId: string }; result: null };
  resumeProducer: { params: { room: string; producerId: string }; result: null };
  closeProducer: { params: { room: string; producerId: string }; result: null };
  consume: {
    params: {
      room: string;
      transportId: string;
      participantId: string;
      producerId: string;
      rtpCapabilities: mediasoup.RtpCapabilities;
    };
    result: { consumerId: string; kind: MediaKind; rtpParameters: mediasoup.RtpParameters };
  };
  pauseConsumer: { params: { room: string; consumerId: string }; result: null };
  resumeConsumer: { params: { room: string; consumerId: string }; result: null };
  closeConsumer: { params: { room: string; consumerId: string }; result: null };
  setPreferredLayers: {
    params: { room: string; consumerId: string; layers: mediasoup.ConsumerLayers };
    result: null;
  };
  requestKeyFrame: { params: { room: string; consumerId: string }; result: null };
  removeParticipant: { params: { room: string; participantId: string }; result: null };
  openPipe: { params: { room: string; peerBridgeId: string }; result: PipeEnd };
  connectPipe: { params: { room: string; peerBridgeId: string; peer: PipeEnd }; result: null };
  closePipe: { params: { room: string; peerBridgeId: string }; result: null };
  /** On the producer's bridge: begin to send it through the pipe. */
  pipeOut: {
    params: { room: string; peerBridgeId: string; producerId: string };
    result: { consumerId: string; kind: MediaKind; rtpParameters: mediasoup.RtpParameters; paused: boolean };
  };
  /** On the other bridge: the same producer, under the same id, comes out of the pipe. */
  pipeIn: {
    params: {
      room: string;
      peerBridgeId: string;
      producerId: string;
      kind: MediaKind;
      rtpParameters: mediasoup.RtpParameters;
      paused: boolean;
    };
    result: null;
  };
  sample: { params: null; result: BridgeSample };
  pads: { params: null; result: PadReading[] };
  /** The worker has ended when this is answered. */
  stop: { params: null; result: null };
}

/** What a bridge tells on its own. */
export interface BridgeNotifications {
  consumerClosed: { room: string; participantId: string; consumerId: string };
  consumerLayers: {
    room: string;
    participantId: string;
    consumerId: string;
    spatialLayer: number | null;
    temporalLayer: number | null;
  };
  /** Of this bridge's own participants; levels in dBov, -127 to 0. An empty list is silence. */
  audioLevels: { room: string; levels: { participantId: string; levelDbov: number }[] };
  workerDied: { reason: string };
}
