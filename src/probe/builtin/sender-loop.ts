import { packetTemplate, stampPacket } from '../packet-format.ts';
import { createSchedule, flowCount, type TrafficShape } from '../shapes.ts';
import type { SendingSocket } from '../sockets/types.ts';

/** What the sender has counted at one moment of its own clock. */
export interface SenderReading {
  readAtMs: number;
  sentPackets: number;
  sentBytes: number;
  cpuMs: number | null;
}

export interface SenderReport extends SenderReading {
  /** From the first send to the end of sending. */
  durationMs: number;
  cpuAtStartMs: number | null;
  /** By flow: the receiver learns from it how many it should have got. */
  sentByFlow: number[];
  /** Packets that were due but never sent because the sender could not keep up. */
  unsentPackets: number;
  /** The longest that a packet was sent after it was due. */
  maxLateMs: number;
  /** Time in which the kernel took no more: the send buffer, and the device's queue behind it, were full. */
  blockedMs: number;
  /** Error codes of sends, counted over the sends that were looked at. */
  errors: Record<string, number>;
}

export interface SenderJob {
  token: Uint8Array;
  shape: TrafficShape;
  flows: number;
  durationMs: number;
  intervalMs: number;
  /**
   * After a moment without CPU: false sends everything that is overdue at once, as a rate must hold on average; true
   * leaves the missed time out, because such a burst would fill a queue that the rate itself does not.
   */
  skipsMissed: boolean;
}

/** The world of the loop, so that a test can run it without one. */
export interface SenderWorld {
  nowMs(): number;
  /** Waits about so long without leaving the thread; short waits decide how even the packets are. */
  block(ms: number): void;
  /** Gives the event loop a turn of at least `ms`. */
  turn(ms: number): Promise<void>;
  cpuMs(): number | null;
  stopped(): boolean;
  /** First the reading at the start, then one an interval. */
  onInterval(reading: SenderReading): void;
}

/** Packets given to the kernel before the clock is looked at again. */
const BATCH_PACKETS = 64;
/** A longer wait goes through the event loop; a shorter one would come back too late from there. */
const LONG_WAIT_MS = 3;
/** Later than this is missed; an ordinary wake-up is not. */
const MISSED_MS = 5;
/** So long after its time a sender that is behind gives up. */
const LATE_MS = 200;
/** At the end the kernel may still be full; what it does not take in so many turns was never sent. */
const LAST_FLUSHES = 500;
/** How often a sender that is always busy lets the event loop see errors and messages. */
const TURN_EVERY_MS = 100;

/** Sends `job`'s shape on its schedule from one origin until the time is over or it is stopped. */
export async function runSenderLoop(
  job: SenderJob,
  sockets: readonly SendingSocket[],
  world: SenderWorld,
): Promise<SenderReport> {
  const flows = flowCount(job.shape, job.flows);
  const schedule = createSchedule(job.shape, job.flows);
  const sequences = new Array<number>(flows).fill(0);
  const templates = new Map<number, Buffer>();
  let sentPackets = 0;
  let sentBytes = 0;
  let maxLateMs = 0;
  let blockedMs = 0;
  let skippedMs = 0;
  const origin = world.nowMs();
  let nextIntervalMs = job.intervalMs;
  let nextTurnMs = TURN_EVERY_MS;
  const read = (): SenderReading => ({
    readAtMs: world.nowMs(),
    sentPackets,
    sentBytes,
    cpuMs: world.cpuMs(),
  });
  const started = read();
  world.onInterval(started);

  const sendOne = (now: number) => {
    const { dueMs, flow, sizeBytes } = schedule.take();
    const key = flow * 65_536 + sizeBytes;
    let packet = templates.get(key);
    if (packet === undefined) {
      packet = packetTemplate(job.token, flow, sizeBytes);
      templates.set(key, packet);
    }
    const sequence = sequences[flow] ?? 0;
    sequences[flow] = sequence + 1;
    stampPacket(packet, sequence, world.nowMs());
    const free = sockets[flow % sockets.length]?.send(packet) ?? true;
    if (!free) templates.set(key, Buffer.from(packet));
    sentPackets += 1;
    sentBytes += sizeBytes;
    if (job.shape.ratePps !== null) maxLateMs = Math.max(maxLateMs, now - dueMs);
  };

  for (;;) {
    const now = world.nowMs() - origin;
    if (world.stopped()) break;
    // What was due in time still leaves when the last moment found the thread busy.
    const isComplete = job.shape.ratePps === null || job.skipsMissed || schedule.nextDueMs >= job.durationMs;
    if (now >= job.durationMs && (isComplete || now >= job.durationMs + LATE_MS)) break;
    if (now >= nextIntervalMs) {
      world.onInterval(read());
      nextIntervalMs += job.intervalMs;
    }
    for (const socket of sockets) socket.flush();
    if (sockets.some(({ queued }) => queued > 0)) {
      await world.turn(1);
      blockedMs += world.nowMs() - origin - now;
      continue;
    }
    const lateMs = now - skippedMs - schedule.nextDueMs;
    if (job.skipsMissed && job.shape.ratePps !== null && lateMs > MISSED_MS) skippedMs += lateMs;
    const dueUntilMs = Math.min(now - skippedMs, job.durationMs);
    let batch = 0;
    for (; batch < BATCH_PACKETS && isDue(schedule.nextDueMs, dueUntilMs, job); batch += 1)
      sendOne(now - skippedMs);
    for (const socket of sockets) socket.flush();
    if (now >= nextTurnMs) {
      await world.turn(0);
      nextTurnMs = now + TURN_EVERY_MS;
    } else if (batch === 0) {
      const waitMs = Math.min(schedule.nextDueMs + skippedMs, job.durationMs, nextIntervalMs) - now;
      if (waitMs > LONG_WAIT_MS) await world.turn(waitMs - LONG_WAIT_MS / 2);
      else world.block(waitMs);
    }
  }
  // The last interval ends with the time itself.
  if (world.nowMs() - origin >= nextIntervalMs) world.onInterval(read());
  for (let n = 0; n < LAST_FLUSHES && sockets.some(({ queued }) => queued > 0); n += 1) {
    for (const socket of sockets) socket.flush();
    await world.turn(1);
  }
  let unsentPackets = 0;
  if (job.shape.ratePps !== null && !world.stopped())
    for (; schedule.nextDueMs < job.durationMs; unsentPackets += 1) schedule.take();
  const errors: Record<string, number> = {};
  for (const socket of sockets)
    for (const [code, count] of socket.errors) errors[code] = (errors[code] ?? 0) + count;
  const last = read();
  return {
    ...last,
    durationMs: last.readAtMs - origin,
    cpuAtStartMs: started.cpuMs,
    sentByFlow: sequences,
    unsentPackets,
    maxLateMs,
    blockedMs,
    errors,
  };
}

function isDue(dueMs: number, untilMs: number, { durationMs }: SenderJob): boolean {
  return dueMs <= untilMs && dueMs < durationMs;
}
