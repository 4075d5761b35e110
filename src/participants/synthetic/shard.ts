import { performance } from 'node:perf_hooks';
import { createPacketLoop } from '../../packets/create.ts';
import type { PacketLoop, SrtpProfile } from '../../packets/types.ts';
import type { ParticipantPlan } from '../../scenario/plan-types.ts';
import type { RoomAccess } from '../../targets/types.ts';
import type { ParticipantSample } from '../types.ts';
import { createCertificate } from './dtls/certificate.ts';
import { DelayMeter, LatenessMeter } from './lateness.ts';
import { MediaStore } from './media/store.ts';
import type { FromShard, ShardData, ShardGeneratorSample } from './messages.ts';
import { Participant } from './participant.ts';
import { RtcpCensus, type RtcpCount } from './rtcp/census.ts';
import { Scheduler } from './scheduler.ts';
import type { SessionContext } from './session.ts';
import { hostClock, seededRandom } from './time.ts';

/**
 * Turns are no closer than this, so that what is due at almost the same time is done together: to wake up costs as much
 * as fifty packets. With many sockets it is the interval in which libwebrtc's pacer sends.
 */
const MIN_SLEEP_MS = 1;
const LONG_MIN_SLEEP_MS = 5;
const MANY_SOCKETS = 40;
const MAX_SLEEP_MS = 50;
/**
 * GCM costs the native loop least. On Node's crypto, whose ciphers take long to set up, counter mode with HMAC is
 * several times cheaper; it is offered alone, for among several the SFU chooses.
 */
const PROFILES: Record<PacketLoop['kind'], readonly SrtpProfile[]> = {
  native: ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80'],
  typescript: ['AES_CM_128_HMAC_SHA1_80'],
};

/** One thread's share of the participants: their timers, their packet loop, their samples. */
export class Shard {
  readonly packetLoop: PacketLoop['kind'];
  readonly #context: SessionContext;
  readonly #participants = new Map<string, Participant>();
  readonly #tell: (message: FromShard) => void;
  readonly #accesses = new Map<number, { resolve(access: RoomAccess): void; reject(error: Error): void }>();
  readonly #delays = new DelayMeter();
  #utilisation = performance.eventLoopUtilization();
  #lastRequestId = 0;
  #timer: NodeJS.Timeout | null = null;
  #polledMs = 0;
  /** When the next turn is to begin; null before the first. */
  #dueMs: number | null = null;
  #closed = false;

  private constructor(context: SessionContext, tell: (message: FromShard) => void) {
    this.#context = context;
    this.#tell = tell;
    this.packetLoop = context.loop.kind;
    this.#turn();
  }

  /** Throws environmentError when the packet loop or the media asked for are not there. */
  static create(data: ShardData, tell: (message: FromShard) => void): Shard {
    const nowMs = hostClock();
    const bySocket: SessionContext['bySocket'] = new Map();
    const byStream: SessionContext['byStream'] = new Map();
    const loop = createPacketLoop(data.packetLoop, data.packetAddonFile, {
      nowMs,
      wallOffsetMs: data.wallOffsetMs,
      handlers: {
        onControl: (id, packet, atMs) => bySocket.get(id)?.receiveControl(asBuffer(packet), atMs),
        onRtcp: (id, packet, atMs) => bySocket.get(id)?.receiveRtcp(asBuffer(packet), atMs),
        onGap: (id, first, count) => {
          const entry = byStream.get(id);
          entry?.subscriber.onGap(entry.track, first, count);
        },
        onKeyFrame: (id, head) => byStream.get(id)?.track.onKeyFrame(head),
      },
    });
    const context: SessionContext = {
      loop,
      scheduler: new Scheduler(),
      certificate: createCertificate(data.wallOffsetMs + nowMs()),
      profiles: data.srtpProfiles ?? PROFILES[loop.kind],
      nowMs,
      wallMs: () => data.wallOffsetMs + nowMs(),
      random: seededRandom(data.seed),
      seed: data.seed,
      recordedBitrates: data.recordedBitrates,
      bySocket,
      connecting: new Set(),
      byStream,
      media: new MediaStore(data.mediaFolder),
      lateness: new LatenessMeter(),
      rtcpCensus: data.countRtcp ? new RtcpCensus() : null,
    };
    return new Shard(context, tell);
  }

  async join(plan: ParticipantPlan): Promise<void> {
    const participant = new Participant(this.#context, plan, {
      access: (who, attempt) => this.#access(who, attempt),
      onEvent: (event) => this.#tell({ type: 'event', event }),
    });
    this.#participants.set(plan.id, participant);
    await participant.join();
  }

  async leave(participantId: string, reason: string): Promise<ParticipantSample | null> {
    const participant = this.#participants.get(participantId);
    this.#participants.delete(participantId);
    return (await participant?.leave(reason)) ?? null;
  }

  answerAccess(requestId: number, access: RoomAccess | Error): void {
    const waiting = this.#accesses.get(requestId);
    this.#accesses.delete(requestId);
    if (access instanceof Error) waiting?.reject(access);
    else waiting?.resolve(access);
  }

  sample(): ParticipantSample[] {
    return [...this.#participants.values()].flatMap((participant) => participant.sample() ?? []);
  }

  /** By type, since the beginning; none where they are not counted. */
  get rtcpCounts(): RtcpCount[] {
    return this.#context.rtcpCensus?.counts ?? [];
  }

  sampleGenerator(): ShardGeneratorSample {
    const { lateness, bySocket } = this.#context;
    const utilisation = performance.eventLoopUtilization();
    const since = performance.eventLoopUtilization(utilisation, this.#utilisation);
    this.#utilisation = utilisation;
    const delays = this.#delays.take();
    const sample: ShardGeneratorSample = {
      cpuSeconds: threadCpuSeconds(),
      eventLoopDelayMeanMs: delays?.meanMs ?? null,
      eventLoopDelayMaxMs: delays?.maxMs ?? null,
      eventLoopUtilisationRatio: since.utilization,
      packetsScheduled: lateness.scheduled,
      packetsSent: lateness.sent,
      packetsSentLate: lateness.late,
      lateness: lateness.take(),
      localPorts: [...bySocket.values()].map(({ socket }) => socket.localPort),
    };
    return sample;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const ids = [...this.#participants.keys()];
    await Promise.allSettled(ids.map((id) => this.leave(id, 'the run ended')));
    for (const waiting of this.#accesses.values()) waiting.reject(new Error('the run ended'));
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#context.loop.dispose();
  }

  /** One turn: receive, do what is due, send, and sleep until the next thing is due. */
  #turn(): void {
    const { loop, scheduler, nowMs } = this.#context;
    const inHurry = this.#hurries();
    const shortestMs = inHurry ? MIN_SLEEP_MS : LONG_MIN_SLEEP_MS;
    const beganMs = nowMs();
    if (this.#dueMs !== null) this.#delays.record(beganMs - this.#dueMs);
    const pollIntervalMs = loop.pollIntervalMs(inHurry);
    // Now or at the next turn: whichever is nearer to when it is due.
    if (beganMs + shortestMs / 2 >= this.#polledMs + pollIntervalMs) {
      loop.poll();
      this.#polledMs = beganMs;
    }
    scheduler.runDue(nowMs());
    loop.flush();
    const nextMs = Math.min(scheduler.nextDueMs, this.#polledMs + pollIntervalMs, beganMs + MAX_SLEEP_MS);
    this.#dueMs = Math.max(nextMs, beganMs + shortestMs);
    this.#timer = setTimeout(() => this.#turn(), Math.max(shortestMs, nextMs - nowMs()));
  }

  /** Whoever is joining waits for answers, and those are fetched quickly; with few sockets that is cheap anyway. */
  #hurries(): boolean {
    const { bySocket, connecting } = this.#context;
    return connecting.size > 0 || bySocket.size < MANY_SOCKETS;
  }

  #access(plan: ParticipantPlan, attempt: number): Promise<RoomAccess> {
    this.#lastRequestId += 1;
    const requestId = this.#lastRequestId;
    return new Promise((resolve, reject) => {
      this.#accesses.set(requestId, { resolve, reject });
      this.#tell({ type: 'access', requestId, plan, attempt });
    });
  }
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/** CPU time of this thread; null on a Node that cannot tell (before 24). */
function threadCpuSeconds(): number | null {
  const read: unknown = Reflect.get(process, 'threadCpuUsage');
  if (typeof read !== 'function') return null;
  const { user, system } = read.call(process) as { user: number; system: number };
  return (user + system) / 1e6;
}
