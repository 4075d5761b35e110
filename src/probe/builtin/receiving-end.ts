import { randomBytes } from 'node:crypto';
import type { System } from '../../system/types.ts';
import { type DropChange, dropsBetween, readDropCounters } from '../drops.ts';
import { type KernelLimits, readKernelLimits } from '../kernel-limits.ts';
import { TOKEN_BYTES } from '../packet-format.ts';
import type { SocketChoice } from '../sockets/open.ts';
import type { ReceiverReading } from './session-counter.ts';
import { type ReceiverThread, startReceiver } from './threads.ts';

/** What the receiver reports when a session ends. */
export interface SessionReport {
  /** Its reading at the first packet. */
  first: ReceiverReading;
  last: ReceiverReading;
  drops: DropChange;
}

/** The far side of a probe, wherever it is. */
export interface ReceivingEnd {
  readonly address: string;
  readonly port: number;
  readonly token: Uint8Array;
  readonly receiveBufferBytes: number | null;
  /** Of the host that it is on; null: it does not tell. */
  readonly kernelLimits: KernelLimits | null;
  /** A server's limit on the rate; null: none. */
  readonly maxPacketRatePps: number | null;
  /** Tells how many packets were sent and resolves when no more can come. */
  finish(sentPackets: number): Promise<SessionReport>;
  close(): Promise<void>;
}

export interface SessionOptions {
  flows: number;
  intervalMs: number;
  pause: { everyMs: number; ms: number } | null;
  /** The first packet came. */
  onStart?: () => void;
  onInterval: (previous: ReceiverReading, current: ReceiverReading) => void;
}

/** Starts counting on `thread` and returns how to end it: both ends here and a server do the same. */
export async function beginSession(
  thread: ReceiverThread,
  token: Uint8Array,
  { onStart, onInterval, ...options }: SessionOptions,
  system: System,
): Promise<(sentPackets: number | null) => Promise<SessionReport>> {
  let first: ReceiverReading | null = null;
  let previous: ReceiverReading | null = null;
  thread.begin({
    token,
    ...options,
    onStart(reading) {
      first = reading;
      previous = reading;
      onStart?.();
    },
    onInterval(reading) {
      if (previous !== null) onInterval(previous, reading);
      previous = reading;
    },
  });
  const before = readDropCounters(system.readHostCounters(), thread.port);
  // The answer proves that the thread is ready for packets of this token.
  const idle = await thread.read();
  return async (sentPackets) => {
    await drain(thread, sentPackets, system);
    const last = await thread.end();
    return {
      first: first ?? idle,
      last,
      drops: dropsBetween(before, readDropCounters(system.readHostCounters(), thread.port)),
    };
  };
}

const POLL_MS = 25;
/** Nothing for so long: the rest is lost. Longer than the queue of any path that is usable for a call. */
const QUIET_MS = 400;
const MAX_DRAIN_MS = 5_000;

/** Waits until everything sent has arrived, nothing arrives any more, or it has taken too long. */
async function drain(thread: ReceiverThread, sentPackets: number | null, { clock }: System): Promise<void> {
  const deadline = clock.nowMs() + MAX_DRAIN_MS;
  let packets = -1;
  let quietSince = clock.nowMs();
  while (clock.nowMs() < deadline) {
    const { receivedPackets } = await thread.read();
    if (sentPackets !== null && receivedPackets >= sentPackets) return;
    if (receivedPackets !== packets) quietSince = clock.nowMs();
    else if (clock.nowMs() - quietSince >= QUIET_MS) return;
    packets = receivedPackets;
    await clock.sleep(POLL_MS);
  }
}

export interface LocalEndOptions extends SessionOptions {
  address: string;
  receiveBufferBytes: number | null;
  sockets: SocketChoice;
  offload: boolean;
}

/** A receiver on this host. */
export async function openLocalEnd(options: LocalEndOptions, system: System): Promise<ReceivingEnd> {
  const { address, receiveBufferBytes, sockets, offload } = options;
  const thread = await startReceiver({ address, port: 0, receiveBufferBytes, sockets, offload });
  const token = randomBytes(TOKEN_BYTES);
  const { flows, intervalMs, pause, onInterval } = options;
  const finish = await beginSession(thread, token, { flows, intervalMs, pause, onInterval }, system);
  return {
    address: thread.address,
    port: thread.port,
    token,
    receiveBufferBytes: thread.receiveBufferBytes,
    kernelLimits: readKernelLimits(),
    maxPacketRatePps: null,
    finish,
    close: () => thread.close(),
  };
}
