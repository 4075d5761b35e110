import { expect, it } from 'vitest';
import {
  acceptedSending,
  answerTo,
  offerOf,
  parse,
  receivedParameters,
  remoteEnd,
} from '../../src/participants/synthetic/rooms/sdp.ts';
import type { LocalEnd, SendEncoding, SendRequest } from '../../src/participants/synthetic/rooms/types.ts';

const end: LocalEnd = {
  ice: { usernameFragment: 'ourFrag', password: 'our-password-of-24-bytes' },
  fingerprint: { algorithm: 'sha-256', value: 'AA:BB' },
  open: async () => {},
};

const encoding = (over: Partial<SendEncoding> = {}): SendEncoding => ({
  ssrc: 1001,
  rtxSsrc: 1002,
  rid: null,
  maxBitrateBps: null,
  scaleDownBy: 1,
  hasTemporalLayers: false,
  ...over,
});

const camera: SendRequest = {
  source: 'camera',
  kind: 'video',
  mimeType: 'video/vp8',
  mid: '1',
  cname: 'cname',
  encodings: [encoding()],
};
const microphone: SendRequest = {
  ...camera,
  source: 'microphone',
  kind: 'audio',
  mimeType: 'audio/opus',
  mid: '0',
};

/** What Janus 1.1.2 offers a subscriber, shortened. */
const OFFER = `v=0
o=- 1 1 IN IP4 10.53.0.1
s=VideoRoom 77
t=0 0
a=group:BUNDLE 0 1
a=ice-lite
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 10.53.0.1
a=sendonly
a=mid:0
a=rtcp-mux
a=ice-ufrag:RkSY
a=ice-pwd:qsjrVI+iZhzAk2jcQW7fDG
a=fingerprint:sha-256 CC:DD
a=setup:actpass
a=rtpmap:111 opus/48000/2
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=ssrc:4058059736 cname:janus
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 10.53.0.1
a=sendonly
a=mid:1
a=rtcp-mux
a=ice-ufrag:RkSY
a=ice-pwd:qsjrVI+iZhzAk2jcQW7fDG
a=fingerprint:sha-256 CC:DD
a=setup:actpass
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 goog-remb
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:13 urn:3gpp:video-orientation
a=ssrc-group:FID 1287443709 3652266504
a=ssrc:1287443709 cname:janus
a=ssrc:3652266504 cname:janus
`.replaceAll('\n', '\r\n');

it('offers each source in a section of its own, as DTLS client', () => {
  const offer = parse(offerOf(end, [microphone, camera]));
  expect(offer.groups).toMatchObject([{ type: 'BUNDLE', mids: '0 1' }]);
  expect(offer.media).toMatchObject([
    { type: 'audio', direction: 'sendonly', setup: 'active', iceUfrag: 'ourFrag', rtp: [{ codec: 'opus' }] },
    { type: 'video', ssrcGroups: [{ semantics: 'FID', ssrcs: '1001 1002' }] },
  ]);
  expect(offer.media[1]?.rtp.map(({ codec }) => codec.toLowerCase())).toEqual(['vp8', 'rtx']);
});

it('offers simulcast by RIDs, lowest first, and names no SSRC then', () => {
  const layers = ['r0', 'r1', 'r2'].map((rid) => encoding({ rid }));
  const [media] = parse(offerOf(end, [{ ...camera, encodings: layers }])).media;
  expect(media).toMatchObject({ simulcast: { dir1: 'send', list1: 'r0;r1;r2' } });
  expect(media?.rids?.map(({ id }) => id)).toEqual(['r0', 'r1', 'r2']);
  expect(media?.ssrcs).toBeUndefined();
});

it('reads from an answer what may be sent, and that a refused section may not', () => {
  const accepted = parse(offerOf(end, [camera])).media[0];
  if (accepted === undefined) throw new Error('no section');
  expect(acceptedSending(accepted)).toMatchObject({ payloadType: 96, rtxPayloadType: 97 });
  expect(acceptedSending({ ...accepted, port: 0 })).toBeNull();
  expect(acceptedSending({ ...accepted, direction: 'inactive' })).toBeNull();
  const withoutRtx = { ...accepted, rtp: accepted.rtp.slice(0, 1) };
  expect(acceptedSending(withoutRtx)).toMatchObject({ rtxPayloadType: null });
});

it('reads from an offer where the other end is and what it sends', () => {
  const offer = parse(OFFER);
  expect(remoteEnd(offer, ['candidate:1 1 udp 2015363327 10.53.0.1 20001 typ host'])).toMatchObject({
    ice: { usernameFragment: 'RkSY', password: 'qsjrVI+iZhzAk2jcQW7fDG', isLite: true },
    candidates: [{ protocol: 'udp', address: '10.53.0.1', port: 20001, priority: 2015363327 }],
    fingerprints: [{ algorithm: 'sha-256', value: 'CC:DD' }],
    extensions: { mid: 1 },
  });
  const [, video] = offer.media.map(receivedParameters);
  expect(video).toMatchObject({
    codecs: [{ mimeType: 'video/vp8', payloadType: 96 }, { mimeType: 'video/rtx' }],
    encodings: [{ ssrc: 1287443709, rtx: { ssrc: 3652266504 } }],
  });
  expect(video?.codecs[0]?.rtcpFeedback).toContainEqual({ type: 'nack', parameter: 'pli' });
});

it('answers section by section, and takes no extension that it does not read', () => {
  const inactive = OFFER.replace('a=sendonly\r\na=mid:0', 'a=inactive\r\na=mid:0');
  const answer = parse(answerTo(parse(inactive), end));
  expect(answer.media.map(({ direction }) => direction)).toEqual(['inactive', 'recvonly']);
  expect(answer.media[1]).toMatchObject({ setup: 'active', payloads: '96 97', ext: [{ value: 1 }] });
});

it('takes no codec that it cannot read', () => {
  const foreign = parse(OFFER.replace('VP8/90000', 'AV1/90000'));
  const answer = parse(answerTo(foreign, end));
  expect(answer.media[1]?.direction).toBe('inactive');
});
