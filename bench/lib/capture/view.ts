import { classify, RTP_HEADER_BYTES } from '../../../src/packets/rtp-header.ts';
import { type ClientHelloView, viewClientHello, viewDtls, viewServerHello } from './dtls.ts';
import { type StunView, viewStun } from './stun.ts';
import type { Conversation, Datagram } from './tap.ts';

/** RTP of one payload type, as much of it as is in the clear. */
export interface RtpView {
  payloadType: number;
  streams: number;
  /** Header extension ids of the first packet. */
  firstExtensions: number[];
  /** Share of the packets that carry an extension, by its id. */
  extensionRatio: Record<string, number>;
  largestDatagramBytes: number;
}

/** What a socket's traffic shows of its participant, and what an SFU could tell participants apart by. */
export interface ConversationView {
  role: 'send' | 'receive';
  /** Kinds of datagrams up to the first protected one, repetitions left out. */
  sequence: string[];
  firstCheck: StunView | null;
  firstAnswer: StunView | null;
  checksBeforeAnswer: number;
  /** Of checks that follow the first protected packet; null: fewer than two. */
  checkIntervalMs: { mean: number; min: number; max: number } | null;
  lastCheck: StunView | null;
  clientHello: ClientHelloView | null;
  /** Chosen by the SFU: cipher suite and SRTP profile. */
  serverHello: string | null;
  rtp: RtpView[];
  /** Type of the first packet of each RTCP datagram, which is in the clear, to datagrams a second. */
  rtcpSent: Record<string, number>;
  rtcpReceived: Record<string, number>;
}

const RTCP_NAMES: Record<number, string> = {
  200: 'SR',
  201: 'RR',
  202: 'SDES',
  203: 'BYE',
  205: 'RTPFB',
  206: 'PSFB',
  207: 'XR',
};

export function viewConversation({ datagrams }: Conversation): ConversationView {
  const sent = datagrams.filter(({ direction }) => direction === 'to-sfu');
  const rtpSent = sent.filter(({ data }) => classify(data, data.length) === 'rtp');
  const firstMedia = datagrams.find(({ data }) => ['rtp', 'rtcp'].includes(classify(data, data.length)));
  const stun = datagrams.filter(({ data }) => isStun(data));
  const requests = stun.filter(({ direction, data }) => direction === 'to-sfu' && isRequest(data));
  const answer = stun.find(({ direction }) => direction === 'from-sfu');
  const mediaAtMs = firstMedia?.atMs ?? Number.POSITIVE_INFINITY;
  const handshake = (direction: Datagram['direction']) =>
    datagrams
      .filter(
        (entry) => entry.direction === direction && classify(entry.data, entry.data.length) === 'control',
      )
      .map(({ data }) => data)
      .filter((data) => !isStun(data));
  const [firstCheck, lastCheck] = [requests[0], requests.at(-1)];
  return {
    role: rtpSent.length > 0 ? 'send' : 'receive',
    sequence: sequenceOf(datagrams, mediaAtMs),
    firstCheck: firstCheck === undefined ? null : viewStun(firstCheck.data),
    firstAnswer: answer === undefined ? null : viewStun(answer.data),
    checksBeforeAnswer: requests.filter(({ atMs }) => atMs <= (answer?.atMs ?? 0)).length,
    checkIntervalMs: intervals(requests.filter(({ atMs }) => atMs > mediaAtMs).map(({ atMs }) => atMs)),
    lastCheck: lastCheck === undefined ? null : viewStun(lastCheck.data),
    clientHello: viewClientHello(handshake('to-sfu')),
    serverHello: viewServerHello(handshake('from-sfu')),
    rtp: viewRtp(rtpSent.map(({ data }) => data)),
    rtcpSent: rtcpRates(datagrams, 'to-sfu'),
    rtcpReceived: rtcpRates(datagrams, 'from-sfu'),
  };
}

function isStun(data: Buffer): boolean {
  return (data[0] ?? 255) < 4;
}

function isRequest(data: Buffer): boolean {
  return data.readUInt16BE(0) === 1;
}

function sequenceOf(datagrams: readonly Datagram[], untilMs: number): string[] {
  const steps: string[] = [];
  for (const { atMs, direction, data } of datagrams) {
    const arrow = direction === 'to-sfu' ? '>' : '<';
    const kind = classify(data, data.length);
    const name = kind === 'control' ? (isStun(data) ? viewStun(data).type : viewDtls(data).join(', ')) : kind;
    const step = `${arrow} ${name}`;
    // Repetitions are a matter of timing, and so is a check in the middle of the handshake.
    if (!steps.includes(step)) steps.push(step);
    if (atMs >= untilMs) break;
  }
  return steps;
}

function intervals(times: readonly number[]): ConversationView['checkIntervalMs'] {
  const gaps = times.slice(1).map((atMs, i) => atMs - (times[i] ?? atMs));
  if (gaps.length === 0) return null;
  return {
    mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
    min: Math.min(...gaps),
    max: Math.max(...gaps),
  };
}

function viewRtp(packets: readonly Buffer[]): RtpView[] {
  const byType = new Map<number, Buffer[]>();
  for (const packet of packets) {
    const payloadType = packet.readUInt8(1) & 0x7f;
    byType.set(payloadType, [...(byType.get(payloadType) ?? []), packet]);
  }
  return [...byType].map(([payloadType, all]) => {
    const counts: Record<string, number> = {};
    for (const packet of all) for (const id of extensionsOf(packet)) counts[id] = (counts[id] ?? 0) + 1;
    return {
      payloadType,
      streams: new Set(all.map((packet) => packet.readUInt32BE(8))).size,
      firstExtensions: extensionsOf(all[0] ?? Buffer.alloc(RTP_HEADER_BYTES)),
      extensionRatio: Object.fromEntries(
        Object.entries(counts).map(([id, count]) => [id, count / all.length]),
      ),
      largestDatagramBytes: Math.max(...all.map((packet) => packet.length)),
    };
  });
}

/** Ids of one-byte header extensions (RFC 8285, section 4.2), in their order. */
function extensionsOf(packet: Buffer): number[] {
  if ((packet.readUInt8(0) & 0x10) === 0) return [];
  let at = RTP_HEADER_BYTES + 4 * (packet.readUInt8(0) & 0x0f);
  const end = at + 4 + 4 * packet.readUInt16BE(at + 2);
  const ids: number[] = [];
  for (at += 4; at < end; ) {
    const byte = packet.readUInt8(at);
    if (byte !== 0) ids.push(byte >> 4);
    at += byte === 0 ? 1 : 2 + (byte & 0x0f);
  }
  return ids;
}

function rtcpRates(datagrams: readonly Datagram[], direction: Datagram['direction']): Record<string, number> {
  const rtcp = datagrams.filter(
    (entry) => entry.direction === direction && classify(entry.data, entry.data.length) === 'rtcp',
  );
  const seconds = ((datagrams.at(-1)?.atMs ?? 0) - (rtcp[0]?.atMs ?? 0)) / 1000;
  const rates: Record<string, number> = {};
  for (const { data } of rtcp) {
    const name = RTCP_NAMES[data.readUInt8(1)] ?? `type ${data.readUInt8(1)}`;
    rates[name] = (rates[name] ?? 0) + 1 / seconds;
  }
  return rates;
}
