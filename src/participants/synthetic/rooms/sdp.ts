import { randomInt } from 'node:crypto';
import type { types as mediasoup } from 'mediasoup';
import * as sdp from 'sdp-transform';
import type { MediaKind } from '../../../scenario/plan-types.ts';
import { extensionIds, ownCapabilities } from '../negotiation.ts';
import type { Candidate, LocalEnd, RemoteEnd, SendRequest } from './types.ts';

/** A description as `sdp-transform` reads it. */
export type Description = sdp.SessionDescription;
type Media = Description['media'][number];

/** The port of a media section whose candidates come otherwise (RFC 8840, section 4.1.1). */
const NO_PORT = 9;

/** An offer of everything that is going to be sent, each source in a section of its own. */
export function offerOf(end: LocalEnd, requests: readonly SendRequest[]): string {
  return write(
    requests.map(({ mid }) => mid),
    requests.map((request) => {
      const { kind, mimeType, mid, source, cname, encodings } = request;
      const codecs = codecsOf(kind, mimeType);
      const hasRtx = codecs.length > 1;
      const [first] = encodings;
      const layered = encodings.some(({ rid }) => rid !== null);
      return {
        ...section(end, kind, mid, 'sendonly'),
        ...formats(codecs),
        ext: extensionsOf(kind),
        msid: [{ id: cname, appdata: source }],
        ...(layered || first === undefined
          ? {
              rids: encodings.flatMap(({ rid }) => (rid === null ? [] : [{ id: rid, direction: 'send' }])),
              simulcast: { dir1: 'send', list1: encodings.flatMap(({ rid }) => rid ?? []).join(';') },
            }
          : {
              ssrcs: [first.ssrc, ...(hasRtx ? [first.rtxSsrc] : [])].map((id) => ({
                id,
                attribute: 'cname',
                value: cname,
              })),
              ...(hasRtx
                ? { ssrcGroups: [{ semantics: 'FID', ssrcs: `${first.ssrc} ${first.rtxSsrc}` }] }
                : {}),
            }),
      };
    }),
  );
}

/** Takes of an offer what a synthetic participant can receive. */
export function answerTo(offer: Description, end: LocalEnd): string {
  const mids = offer.media.map(midOf);
  return write(
    mids,
    offer.media.map((media) => {
      const kind = kindOf(media);
      const sends = media.direction === 'sendonly' || media.direction === 'sendrecv' || !media.direction;
      const received = receivedParameters(media);
      const flows = kind !== null && sends && received.codecs.length > 0;
      const known = new Set(Object.values(extensionIds(received.headerExtensions ?? [])));
      return {
        ...section(end, kind ?? 'audio', midOf(media), flows ? 'recvonly' : 'inactive'),
        type: media.type,
        protocol: media.protocol,
        ...(received.codecs.length > 0
          ? formats(received.codecs)
          : { rtp: media.rtp, fmtp: [], payloads: String(media.payloads) }),
        ext: (media.ext ?? []).filter(({ value }) => known.has(value)),
      };
    }),
  );
}

/** Where the other end is. `extraCandidates` came beside the description. */
export function remoteEnd(description: Description, extraCandidates: readonly string[]): RemoteEnd {
  const [first] = description.media;
  const ice = {
    usernameFragment: first?.iceUfrag ?? description.iceUfrag ?? '',
    password: first?.icePwd ?? description.icePwd ?? '',
    isLite: description.icelite !== undefined,
  };
  const fingerprint = first?.fingerprint ?? description.fingerprint;
  if (fingerprint === undefined) throw new Error('the SFU named no DTLS fingerprint');
  const candidates = [
    ...description.media.flatMap((media) => media.candidates ?? []),
    // A candidate is a line of a media section.
    ...sdp
      .parse(`m=audio 9 RTP/AVP 0\r\n${extraCandidates.map((text) => `a=${text}\r\n`).join('')}`)
      .media.flatMap((media) => media.candidates ?? []),
  ];
  return {
    ice,
    candidates: candidates.map(
      ({ transport, ip, port, priority }): Candidate => ({
        protocol: transport.toLowerCase() === 'udp' ? 'udp' : 'tcp',
        address: ip,
        port,
        priority: Number(priority),
      }),
    ),
    fingerprints: [{ algorithm: fingerprint.type, value: fingerprint.hash }],
    extensions: Object.assign({}, ...description.media.map((media) => extensionIds(headerExtensions(media)))),
  };
}

/** What the SFU agreed to take of a section that we offered; null: nothing. */
export function acceptedSending(media: Media): {
  payloadType: number;
  rtxPayloadType: number | null;
  extensions: ReturnType<typeof extensionIds>;
} | null {
  const [codec, ...others] = media.rtp;
  if (codec === undefined || media.port === 0 || media.direction === 'inactive') return null;
  const rtx = others.find(
    ({ codec: name, payload }) => name.toLowerCase() === 'rtx' && aptOf(media, payload) === codec.payload,
  );
  return {
    payloadType: codec.payload,
    rtxPayloadType: rtx?.payload ?? null,
    extensions: extensionIds(headerExtensions(media)),
  };
}

/** What comes in a section that the SFU offered, as far as it can be received. */
export function receivedParameters(media: Media): mediasoup.RtpParameters {
  const kind = kindOf(media);
  const main = media.rtp.find(({ codec }) => {
    const name = codec.toLowerCase();
    const isOwn = ownCapabilities().codecs?.some(
      ({ mimeType }) => mimeType.toLowerCase() === `${kind}/${name}`,
    );
    return isOwn === true && name !== 'rtx';
  });
  const rtx = media.rtp.find(
    ({ codec, payload }) => codec.toLowerCase() === 'rtx' && aptOf(media, payload) === main?.payload,
  );
  const codecs = [main, rtx].flatMap((entry): mediasoup.RtpCodecParameters[] => {
    if (entry === undefined) return [];
    const { codec, payload, rate = 90_000, encoding } = entry;
    return [
      {
        mimeType: `${kind}/${codec.toLowerCase()}` as mediasoup.RtpCodecParameters['mimeType'],
        payloadType: payload,
        clockRate: rate,
        ...(encoding === undefined ? {} : { channels: encoding }),
        parameters: parametersOf(media, payload),
        rtcpFeedback: (media.rtcpFb ?? [])
          .filter((feedback) => String(feedback.payload) === String(payload))
          .map(({ type, subtype }) => ({ type, parameter: subtype ?? '' })),
      },
    ];
  });
  const ssrcs = (media.ssrcs ?? []).map(({ id }) => Number(id));
  const group = media.ssrcGroups
    ?.find(({ semantics }) => semantics === 'FID')
    ?.ssrcs.split(' ')
    .map(Number);
  const ssrc = group?.[0] ?? ssrcs[0];
  const rtxSsrc = group?.[1];
  return {
    mid: midOf(media),
    codecs,
    headerExtensions: headerExtensions(media) as mediasoup.RtpHeaderExtensionParameters[],
    encodings:
      ssrc === undefined ? [] : [{ ssrc, ...(rtxSsrc === undefined ? {} : { rtx: { ssrc: rtxSsrc } }) }],
  };
}

export function parse(text: string): Description {
  return sdp.parse(text);
}

export function midOf(media: Media): string {
  return String(media.mid ?? '');
}

function kindOf({ type }: Media): MediaKind | null {
  return type === 'audio' || type === 'video' ? type : null;
}

function headerExtensions(media: Media): { uri: string; id: number }[] {
  return (media.ext ?? []).map(({ uri, value }) => ({ uri, id: value }));
}

function parametersOf(media: Media, payload: number): sdp.ParamMap {
  const line = media.fmtp.find((entry) => entry.payload === payload);
  return line === undefined ? {} : sdp.parseParams(line.config);
}

function aptOf(media: Media, payload: number): number {
  return Number(parametersOf(media, payload).apt);
}

type Codec = Pick<
  mediasoup.RtpCodecParameters,
  'mimeType' | 'payloadType' | 'clockRate' | 'channels' | 'parameters' | 'rtcpFeedback'
>;

/** The codec and, where there is one, its retransmission codec. */
function codecsOf(kind: MediaKind, mimeType: string): Codec[] {
  const own = (ownCapabilities().codecs ?? []).filter((codec) => codec.kind === kind);
  const main = own.find((codec) => codec.mimeType.toLowerCase() === mimeType);
  const rtx = own.find(({ parameters }) => parameters?.apt === main?.preferredPayloadType);
  return [main, rtx].flatMap((codec) =>
    codec === undefined ? [] : [{ ...codec, payloadType: codec.preferredPayloadType ?? 0 } as Codec],
  );
}

function extensionsOf(kind: MediaKind): { value: number; uri: string }[] {
  return (ownCapabilities().headerExtensions ?? [])
    .filter((extension) => extension.kind === kind)
    .map(({ uri, preferredId }) => ({ uri, value: preferredId }));
}

function formats(codecs: readonly Codec[]): Pick<Media, 'rtp' | 'fmtp' | 'rtcpFb' | 'payloads'> {
  return {
    rtp: codecs.map(({ mimeType, payloadType, clockRate, channels }) => ({
      payload: payloadType,
      codec: mimeType.split('/')[1] ?? '',
      rate: clockRate,
      ...(channels === undefined ? {} : { encoding: channels }),
    })),
    fmtp: codecs.flatMap(({ payloadType, parameters }) => {
      const config = Object.entries(parameters ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .join(';');
      return config === '' ? [] : [{ payload: payloadType, config }];
    }),
    rtcpFb: codecs.flatMap(({ payloadType, rtcpFeedback }) =>
      (rtcpFeedback ?? []).map(({ type, parameter }) => ({
        payload: payloadType,
        type,
        ...(parameter ? { subtype: parameter } : {}),
      })),
    ),
    payloads: codecs.map(({ payloadType }) => payloadType).join(' '),
  };
}

/** What every section of ours has. Ours is the DTLS client whoever offers, so `active`. */
function section(
  end: LocalEnd,
  kind: MediaKind,
  mid: string,
  direction: NonNullable<Media['direction']>,
): Media {
  return {
    type: kind,
    port: NO_PORT,
    protocol: 'UDP/TLS/RTP/SAVPF',
    connection: { version: 4, ip: '0.0.0.0' },
    rtp: [],
    fmtp: [],
    mid,
    direction,
    iceUfrag: end.ice.usernameFragment,
    icePwd: end.ice.password,
    fingerprint: { type: end.fingerprint.algorithm, hash: end.fingerprint.value },
    setup: 'active',
    rtcpMux: 'rtcp-mux',
    rtcpRsize: 'rtcp-rsize',
  };
}

function write(mids: readonly string[], media: Media[]): string {
  return sdp.write({
    version: 0,
    origin: {
      username: '-',
      sessionId: randomInt(2 ** 31),
      sessionVersion: 1,
      netType: 'IN',
      ipVer: 4,
      address: '127.0.0.1',
    },
    name: '-',
    timing: { start: 0, stop: 0 },
    groups: [{ type: 'BUNDLE', mids: mids.join(' ') }],
    media,
  });
}
