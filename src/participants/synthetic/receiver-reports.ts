import type { IncomingTrack } from './incoming-track.ts';
import type { MediaTransport, TransportContext } from './media-transport.ts';
import { FIRST_BLOCK_AT, type ReportBlock, receiverReport, remb, writeReportBlock } from './rtcp/build.ts';
import { AUDIO_REPORT_INTERVAL_MS, VIDEO_REPORT_INTERVAL_MS } from './sender-reports.ts';

/** What a receiver without own estimate claims to be able to take. */
const REMB_BPS = 50_000_000;
/** Their number has a byte in the packet. */
const MAX_REMB_SSRCS = 255;

/**
 * Receiver reports, each track in a datagram and at times of its own, as browsers send them. A core sends thousands of
 * them in a second, so a report stays as it was sent and only its block is written again.
 */
export class ReceiverReports {
  readonly #context: TransportContext;
  readonly #transport: MediaTransport;
  #videos: IncomingTrack[] = [];
  /** Whose reports carry the bandwidth estimate; null where transport-wide feedback does. */
  #estimating: IncomingTrack | null = null;

  constructor(context: TransportContext, transport: MediaTransport) {
    this.#context = context;
    this.#transport = transport;
  }

  /** Tracks came or went: who tells the estimate, and of whom, is found out anew. */
  onTracks(tracks: readonly IncomingTrack[]): void {
    for (const track of tracks) track.report = null;
    this.#videos = tracks.filter(({ info }) => info.kind === 'video');
    const { transportSequence } = this.#transport.extensions;
    this.#estimating = transportSequence === undefined ? (this.#videos[0] ?? null) : null;
  }

  /** Sends those that are due; the estimate is due whenever this is called. */
  send(tracks: readonly IncomingTrack[], nowMs: number): void {
    for (const track of tracks) {
      if (track !== this.#estimating && nowMs < track.nextReportMs) continue;
      const block = track.reportBlock(nowMs);
      if (block === null) continue;
      const meanMs = track.info.kind === 'audio' ? AUDIO_REPORT_INTERVAL_MS : VIDEO_REPORT_INTERVAL_MS;
      track.nextReportMs = nowMs + meanMs * (0.5 + this.#context.random());
      track.report ??= this.#build(track, block);
      writeReportBlock(track.report, FIRST_BLOCK_AT, block);
      this.#transport.sendRtcp(track.report);
    }
  }

  #build(track: IncomingTrack, block: ReportBlock): Buffer {
    const { reportSsrc } = this.#transport;
    const report = receiverReport(reportSsrc, [block]);
    if (track !== this.#estimating) return report;
    const ssrcs = this.#videos.slice(0, MAX_REMB_SSRCS).map(({ format }) => format.ssrc);
    const estimate = remb(reportSsrc, REMB_BPS, ssrcs);
    // Kept, so not by Buffer.concat, which cuts it from 64 KiB that would be kept with it.
    const both = Buffer.alloc(report.length + estimate.length);
    report.copy(both);
    estimate.copy(both, report.length);
    return both;
  }
}
