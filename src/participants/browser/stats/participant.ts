import type { ParticipantSample } from '../../types.ts';
import {
  largestOf,
  millisecondsOf,
  numberOf,
  ofType,
  type StatsEntry,
  sum,
  sumOf,
  textOf,
} from './entries.ts';
import { mapPublished, mapReceived, type PublishedTrack, type ReceivedTrack } from './tracks.ts';

/** Reports of one participant's transports and what it knows of its tracks; null: it has no such transport. */
export interface ParticipantReports {
  participantId: string;
  /** Used only when no report carries a time of its own. */
  readAtMs: number;
  send: readonly StatsEntry[] | null;
  recv: readonly StatsEntry[] | null;
  published: readonly PublishedTrack[];
  received: readonly ReceivedTrack[];
}

/** The one place where getStats becomes a sample, for every browser and every way to drive it. */
export function mapParticipant(reports: ParticipantReports): ParticipantSample {
  const { participantId, published, received } = reports;
  const send = reports.send ?? [];
  const recv = reports.recv ?? [];
  const transports = [reports.send, reports.recv].filter((report) => report !== null);
  const sent = sum(transports.map(datagramsSent));
  const arrived = sum(transports.map(datagramsReceived));
  return {
    participantId,
    readAtMs: largestOf([...send, ...recv], 'timestamp') ?? reports.readAtMs,
    roundTripTimeMs: roundTripTimeMs(send) ?? roundTripTimeMs(recv),
    datagramsSent: sent,
    datagramsReceived: arrived,
    controlDatagramsSent: without(sent, sumOf(ofType(send, 'outbound-rtp'), 'packetsSent')),
    controlDatagramsReceived: without(arrived, sumOf(ofType(recv, 'inbound-rtp'), 'packetsReceived')),
    dataMessagesSent: null,
    dataMessagesReceived: null,
    dataBytesSent: null,
    dataBytesReceived: null,
    availableOutgoingBitrateBps: numberOf(selectedPair(send), 'availableOutgoingBitrate'),
    tracks: [
      ...published.flatMap((track) => mapPublished(track, participantId, send) ?? []),
      ...received.flatMap((track) => mapReceived(track, recv) ?? []),
    ],
  };
}

/** The candidate pair that carries the media: the one its transport names, else (Firefox) the nominated one. */
function selectedPair(report: readonly StatsEntry[]): StatsEntry | undefined {
  const pairs = ofType(report, 'candidate-pair');
  const id = textOf(ofType(report, 'transport')[0], 'selectedCandidatePairId');
  return (
    pairs.find((pair) => pair.id === id) ??
    pairs.find((pair) => pair.selected === true || (pair.nominated === true && pair.state === 'succeeded'))
  );
}

/** From ICE connectivity checks (RFC 7675 consent, every few seconds), else from RTCP receiver reports. */
function roundTripTimeMs(report: readonly StatsEntry[]): number | null {
  const ice = millisecondsOf(selectedPair(report), 'currentRoundTripTime');
  if (ice !== null) return ice;
  const rtcp = ofType(report, 'remote-inbound-rtp').flatMap(
    (entry) => millisecondsOf(entry, 'roundTripTime') ?? [],
  );
  return rtcp.length === 0 ? null : Math.max(...rtcp);
}

/** RTP, RTCP and DTLS are in `packetsSent` of the pair; its STUN messages are counted apart. */
function datagramsSent(report: readonly StatsEntry[]): number | null {
  const pairs = ofType(report, 'candidate-pair');
  const packets = sumOf(pairs, 'packetsSent');
  if (packets === null) return null;
  return sum([packets, sumOf(pairs, 'requestsSent'), sumOf(pairs, 'responsesSent')]);
}

function datagramsReceived(report: readonly StatsEntry[]): number | null {
  const pairs = ofType(report, 'candidate-pair');
  const packets = sumOf(pairs, 'packetsReceived');
  if (packets === null) return null;
  return sum([packets, sumOf(pairs, 'requestsReceived'), sumOf(pairs, 'responsesReceived')]);
}

function without(all: number | null, part: number | null): number | null {
  return all === null ? null : all - (part ?? 0);
}
