import type { types as mediasoup } from 'mediasoup';
import {
  IceCandidate,
  RTCDtlsTransport,
  RTCIceGatherer,
  RTCIceTransport,
  RtcpSenderInfo,
  RtcpSrPacket,
  RtpHeader,
  type RtpPacket,
} from 'werift';
import { SignallingClient } from '../../src/cluster/signalling/client.ts';
import type { SignallingMethods } from '../../src/cluster/signalling/protocol.ts';
import type { TestCluster } from './cluster.ts';

export const OPUS_PAYLOAD_TYPE = 100;
const AUDIO_LEVEL_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const AUDIO_LEVEL_ID = 10;
/** RFC 5764, section 4.1.2. */
const AES128_CM_HMAC_SHA1_80 = 1;

/** What receives Opus and nothing else. */
export const OPUS_CAPABILITIES: mediasoup.RtpCapabilities = {
  codecs: [
    {
      kind: 'audio',
      mimeType: 'audio/opus',
      preferredPayloadType: OPUS_PAYLOAD_TYPE,
      clockRate: 48_000,
      channels: 2,
    },
  ],
  headerExtensions: [],
};

export function opusParameters(ssrc: number): mediasoup.RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'audio/opus',
        payloadType: OPUS_PAYLOAD_TYPE,
        clockRate: 48_000,
        channels: 2,
        parameters: {},
      },
    ],
    encodings: [{ ssrc }],
    headerExtensions: [{ uri: AUDIO_LEVEL_URI, id: AUDIO_LEVEL_ID }],
    rtcp: { cname: `cname-${ssrc}` },
  };
}

export const VP8_PAYLOAD_TYPE = 101;
const VP8_CODEC = {
  mimeType: 'video/VP8',
  clockRate: 90_000,
  rtcpFeedback: [{ type: 'nack', parameter: 'pli' }],
};

/** What receives VP8 without any bandwidth estimation: layers are then chosen by preference alone. */
export const VP8_CAPABILITIES: mediasoup.RtpCapabilities = {
  codecs: [{ ...VP8_CODEC, kind: 'video', preferredPayloadType: VP8_PAYLOAD_TYPE }],
  headerExtensions: [],
};

/** Simulcast by SSRC, lowest layer first. */
export function vp8Parameters(ssrcs: readonly number[]): mediasoup.RtpParameters {
  return {
    codecs: [{ ...VP8_CODEC, payloadType: VP8_PAYLOAD_TYPE, parameters: {} }],
    encodings: ssrcs.map((ssrc) => ({ ssrc })),
    headerExtensions: [],
    rtcp: { cname: 'video' },
  };
}

/** A transport that is connected in earnest: ICE, DTLS and SRTP by werift, which shares no code with ours. */
export class PeerTransport {
  readonly transportId: string;
  readonly #dtls: RTCDtlsTransport;
  #received = 0;
  #waiting: { count: number; resolve(): void }[] = [];

  private constructor(transportId: string, dtls: RTCDtlsTransport) {
    this.transportId = transportId;
    this.#dtls = dtls;
    dtls.onRtp.subscribe((_packet: RtpPacket) => {
      this.#received += 1;
      for (const { resolve } of this.#waiting.filter(({ count }) => count <= this.#received)) resolve();
    });
  }

  static async connect(client: SignallingClient, direction: 'send' | 'recv'): Promise<PeerTransport> {
    const info = await client.request('createTransport', { direction });
    const ice = new RTCIceTransport(
      new RTCIceGatherer({ useIpv4: true, useIpv6: false, additionalHostAddresses: ['127.0.0.1'] }),
    );
    ice.connection.iceControlling = true;
    await ice.gather();
    ice.setRemoteParams({ ...info.iceParameters, iceLite: true });
    for (const { foundation, address, port, priority, protocol, type } of info.iceCandidates) {
      await ice.addRemoteCandidate(new IceCandidate(1, foundation, address, port, priority, protocol, type));
    }
    await ice.addRemoteCandidate(undefined);
    const dtls = new RTCDtlsTransport({}, ice, await RTCDtlsTransport.SetupCertificate(), [
      AES128_CM_HMAC_SHA1_80,
    ]);
    dtls.role = 'client';
    await client.request('connectTransport', {
      transportId: info.transportId,
      dtlsParameters: {
        role: 'client',
        fingerprints: dtls.localParameters.fingerprints as mediasoup.DtlsFingerprint[],
      },
    });
    dtls.setRemoteParams({ role: 'server', fingerprints: info.dtlsParameters.fingerprints } as never);
    await ice.start();
    await dtls.start();
    return new PeerTransport(info.transportId, dtls);
  }

  get received(): number {
    return this.#received;
  }

  /** Resolves when that many packets have come in all. */
  async receivedAtLeast(count: number): Promise<void> {
    if (this.#received >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Sends one packet of 20 ms of audio at that level (dBov, 0 to -127). */
  async sendAudio(ssrc: number, sequenceNumber: number, levelDbov = -127): Promise<void> {
    const header = new RtpHeader({
      version: 2,
      payloadType: OPUS_PAYLOAD_TYPE,
      ssrc,
      sequenceNumber: sequenceNumber & 0xffff,
      timestamp: (sequenceNumber * 960) >>> 0,
      extension: true,
      extensionProfile: 0xbede,
      extensions: [{ id: AUDIO_LEVEL_ID, payload: Buffer.from([0x80 | -levelDbov]) }],
    });
    await this.#dtls.sendRtp(Buffer.alloc(80, 0x55), header);
  }

  /** Sends `count` audio packets in small bursts that no socket buffer overflows at. */
  async sendAudioBurst(ssrc: number, firstSequenceNumber: number, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      await this.sendAudio(ssrc, firstSequenceNumber + i);
      if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Sends one packet that is a whole VP8 key frame, and what puts the stream's clock beside those of others. */
  async sendKeyFrame(ssrc: number, sequenceNumber: number): Promise<void> {
    const timestamp = (sequenceNumber * 3000) >>> 0;
    // RFC 7741: descriptor with S set; then a frame header whose P bit is 0, and the start code.
    const payload = Buffer.from([0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 64, 0, ...new Uint8Array(200)]);
    const header = new RtpHeader({
      version: 2,
      payloadType: VP8_PAYLOAD_TYPE,
      ssrc,
      sequenceNumber: sequenceNumber & 0xffff,
      timestamp,
      marker: true,
    });
    await this.#dtls.sendRtp(payload, header);
    const ntpTimestamp = BigInt(Math.round(Date.now() / 1000 + 2_208_988_800)) << 32n;
    const senderInfo = new RtcpSenderInfo({
      ntpTimestamp,
      rtpTimestamp: timestamp,
      packetCount: 1,
      octetCount: 200,
    });
    await this.#dtls.sendRtcp([new RtcpSrPacket({ ssrc, senderInfo, reports: [] })]);
  }

  async close(): Promise<void> {
    await this.#dtls.stop();
    await this.#dtls.iceTransport.stop();
  }
}

export interface Joined {
  client: SignallingClient;
  joined: SignallingMethods['join']['result'];
}

/** A participant in a room, without media yet. */
export async function join(
  cluster: TestCluster,
  room: string,
  participantId: string,
  pinnedBridge: number | null = null,
): Promise<Joined> {
  const { url } = await cluster.invite({ room, participantId, pinnedBridge });
  const client = await SignallingClient.connect(url);
  return { client, joined: await client.request('join', {}) };
}

/** Resolves with the next such notification that satisfies `where`. */
export function next<N extends Parameters<SignallingClient['on']>[0]>(
  client: SignallingClient,
  name: N,
  where: (params: never) => boolean = () => true,
): Promise<Parameters<Parameters<typeof client.on<N>>[1]>[0]> {
  return new Promise((resolve) => {
    const off = client.on(name, (params) => {
      if (!where(params as never)) return;
      off();
      resolve(params);
    });
  });
}
