import type { System } from '../../system/types.ts';
import { createBuiltinProber } from '../builtin/prober.ts';
import { readKernelLimits } from '../kernel-limits.ts';
import { DGRAM } from '../sockets/open.ts';
import { DEFAULT_SESSION_BITRATE_BPS, type ProbeResult } from '../types.ts';
import { between, RECEIVE_SIZES, SEND_SIZES, smallestPassing, splitByLimit } from './sizes.ts';
import type { BurstSettings, SizeTrial, SweepResult } from './types.ts';

export interface SweepOptions {
  burst: BurstSettings;
  signal?: AbortSignal;
  onTrial?: (side: 'receive' | 'send', trial: SizeTrial) => void;
}

/** Trials between the last failure and the first pass. */
const REFINEMENTS = 4;
/** Asked of the receiver while send sizes are tried, so that it is not what drops. */
const ROOMY_BYTES = 4 * 1024 * 1024;

/** Tries sizes against bursts into a receiver that pauses, both ends on this host. */
export async function sweepBuffers(system: System, options: SweepOptions): Promise<SweepResult> {
  const limits = readKernelLimits();
  const receive: SizeTrial[] = [];
  const tryReceive = async (bytes: number) => {
    const trial = await tryOne(system, options, { receiveBufferBytes: bytes, sendBufferBytes: null });
    receive.push(trial);
    options.onTrial?.('receive', trial);
  };
  const unasked = await tryOne(system, options, { receiveBufferBytes: null, sendBufferBytes: null });
  options.onTrial?.('receive', unasked);
  const { possible, clamped } = splitByLimit(RECEIVE_SIZES, limits.rmemMax);
  for (const bytes of possible) await tryReceive(bytes);
  for (let n = 0; n < REFINEMENTS; n += 1) {
    const { passing, failing } = smallestPassing(receive);
    const next = passing === null || failing === null ? null : between(failing, passing);
    if (next === null) break;
    await tryReceive(next);
  }
  const send: SizeTrial[] = [];
  for (const bytes of splitByLimit(SEND_SIZES, limits.wmemMax).possible) {
    const trial = await tryOne(system, options, { receiveBufferBytes: ROOMY_BYTES, sendBufferBytes: bytes });
    send.push(trial);
    options.onTrial?.('send', trial);
  }
  receive.sort((a, b) => a.askedBytes - b.askedBytes);
  return {
    limits,
    unasked,
    receive,
    send,
    smallestReceiveBytes: smallestPassing(receive).passing,
    notTested: notTested(clamped, limits.rmemMax, send),
  };
}

function notTested(clamped: readonly number[], rmemMax: number | null, send: readonly SizeTrial[]): string[] {
  const reasons: string[] = [];
  if (rmemMax === null)
    reasons.push('rmem_max cannot be read here: grants were taken from the sockets alone');
  if (clamped.length > 0)
    reasons.push(
      `receive buffers of ${clamped.map((bytes) => bytes / 1024).join(', ')} KiB: rmem_max is ${(rmemMax ?? 0) / 1024} KiB (raise it with --apply as root, then sweep again)`,
    );
  if (send.every(({ drops }) => (drops.sendBufferErrors ?? 0) === 0))
    reasons.push(
      'send buffers under load: on loopback a packet leaves the send buffer at once; only a network card with a queue can fill it',
    );
  return reasons;
}

async function tryOne(
  system: System,
  { burst, signal }: SweepOptions,
  buffers: { receiveBufferBytes: number | null; sendBufferBytes: number | null },
): Promise<SizeTrial> {
  const pause = buffers.sendBufferBytes === null ? { everyMs: burst.pauseEveryMs, ms: burst.pauseMs } : null;
  const prober = createBuiltinProber(system, { pause, sockets: DGRAM, version: 'tune' });
  const result = await prober.run({
    shape: { kind: 'video', ratePps: burst.ratePps, sizeBytes: burst.sizeBytes },
    flows: burst.senders,
    durationMs: burst.trialMs,
    ...buffers,
    server: null,
    sessionBitrateBps: DEFAULT_SESSION_BITRATE_BPS,
    label: null,
    ...(signal !== undefined && { signal }),
  });
  return trialOf(
    result,
    buffers.sendBufferBytes ?? buffers.receiveBufferBytes ?? 0,
    buffers.sendBufferBytes !== null,
  );
}

/** Reads one trial: a buffer fails when it dropped, not when something else lost. */
export function trialOf(result: ProbeResult, askedBytes: number, isSend: boolean): SizeTrial {
  const granted = isSend ? result.granted.sendBufferBytes : result.granted.receiveBufferBytes;
  const lostPackets = result.total.lostPackets ?? 0;
  const drops = result.drops ?? {
    socketDrops: null,
    receiveBufferErrors: null,
    sendBufferErrors: null,
    backlogDrops: null,
    networkLost: null,
  };
  const dropped = isSend ? (drops.sendBufferErrors ?? 0) : (drops.socketDrops ?? lostPackets);
  return {
    askedBytes,
    grantedBytes: granted,
    clamped: granted !== null && granted < askedBytes * 2,
    sentPackets: result.total.sentPackets ?? 0,
    lostPackets,
    lossRatio: result.total.lossRatio ?? 0,
    drops,
    passed: dropped === 0,
  };
}
