import type { MediaTransport, TransportContext } from './media-transport.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import { delaySinceLast, senderReport, sourceDescription } from './rtcp/build.ts';
import type { Task } from './scheduler.ts';

/** libwebrtc's report intervals, each spread by 0.5 to 1.5. */
export const AUDIO_REPORT_INTERVAL_MS = 5000;
export const VIDEO_REPORT_INTERVAL_MS = 1000;
/** RFC 3550, section 6.2: a video stream reports every 360 s divided by its kbit/s, where that is sooner. */
const VIDEO_REPORT_MS_KBPS = 360_000;
/** How often reports that are due are looked for. */
const TICK_MS = 100;

interface Plan {
  stream: OutgoingStream;
  audio: boolean;
  timestampAt(nowMs: number): number;
  dueMs: number;
  /** At the report before: when, and what had been sent. */
  lastMs: number;
  lastPayloadBytes: number;
  /** The reference that was answered last: each is answered once. */
  answered: Reference | null;
}

/** The SFU's clock in a report of its own, which it gets back to know the round trip time. */
interface Reference {
  ssrc: number;
  middleNtp: number;
  receivedAtMs: number;
}

export interface SenderReportsOptions {
  context: TransportContext;
  transport: MediaTransport;
  cname: string;
}

/** Sender reports, of each stream in datagrams and at times of its own, as browsers send them. */
export class SenderReports implements Task {
  readonly leisurely = true;
  readonly #options: SenderReportsOptions;
  readonly #plans: Plan[] = [];
  /** null: the SFU has told none. */
  #reference: Reference | null = null;

  constructor(options: SenderReportsOptions) {
    this.#options = options;
  }

  add(streams: readonly OutgoingStream[], audio: boolean, timestampAt: Plan['timestampAt']): void {
    const { context } = this.#options;
    const nowMs = context.nowMs();
    for (const stream of streams) {
      const dueMs = nowMs + (audio ? AUDIO_REPORT_INTERVAL_MS : VIDEO_REPORT_INTERVAL_MS) / 2;
      this.#plans.push({
        stream,
        audio,
        timestampAt,
        dueMs,
        lastMs: nowMs,
        lastPayloadBytes: 0,
        answered: null,
      });
    }
  }

  onReference(ssrc: number, middleNtp: number, receivedAtMs: number): void {
    this.#reference = { ssrc, middleNtp, receivedAtMs };
  }

  run(dueMs: number, nowMs: number): number {
    for (const plan of this.#plans) {
      if (plan.dueMs > nowMs || plan.stream.packets === 0) continue;
      this.#send(plan, nowMs);
      plan.dueMs = nowMs + this.#interval(plan, nowMs) * (0.5 + this.#options.context.random());
      plan.lastMs = nowMs;
      plan.lastPayloadBytes = plan.stream.payloadBytes;
    }
    return dueMs + TICK_MS;
  }

  #send(plan: Plan, nowMs: number): void {
    const { stream, timestampAt } = plan;
    const { transport, cname } = this.#options;
    const { ssrc } = stream;
    const parts: [Buffer, ...Buffer[]] = [
      senderReport(ssrc, stream.senderInfo(timestampAt(nowMs))),
      sourceDescription(ssrc, cname),
    ];
    if (this.#reference !== null && plan.answered !== this.#reference) {
      plan.answered = this.#reference;
      const { ssrc: receiver, middleNtp, receivedAtMs } = this.#reference;
      const delay = Math.round((nowMs - receivedAtMs) * 65.536);
      parts.push(delaySinceLast(ssrc, { ssrc: receiver, lastReport: middleNtp, delay }));
    }
    transport.sendRtcp(...parts);
  }

  #interval({ stream, audio, lastMs, lastPayloadBytes }: Plan, nowMs: number): number {
    if (audio) return AUDIO_REPORT_INTERVAL_MS;
    const kbps = (8 * (stream.payloadBytes - lastPayloadBytes)) / Math.max(1, nowMs - lastMs);
    return Math.min(VIDEO_REPORT_INTERVAL_MS, VIDEO_REPORT_MS_KBPS / Math.max(1, kbps));
  }
}
