import type { System } from '../../system/types.ts';
import { createBuiltinProber } from '../builtin/prober.ts';
import { type KernelLimits, readKernelLimits } from '../kernel-limits.ts';
import { DGRAM } from '../sockets/open.ts';
import { DEFAULT_SESSION_BITRATE_BPS, type ProbeResult } from '../types.ts';
import { between, RECEIVE_SIZES, SEND_SIZES, smallestPassing, splitByLimit } from './sizes.ts';
import type { BurstSettings, SizeTrial, SweepResult } from './types.ts';

export interface SweepOptions {
  burst: BurstSettings;
  /** `rtc-bench probe serve` on the host whose buffers are tried; absent or null: both ends here. */
  server?: { host: string; port: number } | null;
  signal?: AbortSignal;
  onTrial?: (side: 'receive' | 'send', trial: SizeTrial) => void;
}

/** Trials between the last failure and the first pass. */
const REFINEMENTS = 4;
/** Asked of the receiver while send sizes are tried, so that it is not what drops. */
const ROOMY_BYTES = 4 * 1024 * 1024;

/** Tries sizes against bursts into a receiver that pauses, on this host or on another. */
export async function sweepBuffers(system: System, options: SweepOptions): Promise<SweepResult> {
  const receive: SizeTrial[] = [];
  const tryReceive = async (bytes: number) => {
    const { trial } = await tryOne(system, options, { receiveBufferBytes: bytes, sendBufferBytes: null });
    receive.push(trial);
    options.onTrial?.('receive', trial);
  };
  const { trial: unasked, receiverLimits } = await tryOne(system, options, {
    receiveBufferBytes: null,
    sendBufferBytes: null,
  });
  const limits = limitsOf(receiverLimits, readKernelLimits());
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
    const { trial } = await tryOne(system, options, {
      receiveBufferBytes: ROOMY_BYTES,
      sendBufferBytes: bytes,
    });
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
    networkLossRatio: networkLoss([unasked, ...receive]),
    notTested: notTested(options, clamped, limits.rmemMax, send),
  };
}

/** The receiver's limits from where it is, the sender's from here; a server that does not tell leaves its own open. */
function limitsOf(receiver: KernelLimits | null, { wmemMax, wmemDefault }: KernelLimits): KernelLimits {
  return {
    rmemMax: receiver?.rmemMax ?? null,
    rmemDefault: receiver?.rmemDefault ?? null,
    netdevMaxBacklog: receiver?.netdevMaxBacklog ?? null,
    wmemMax,
    wmemDefault,
  };
}

/** No buffer of either end mends what was lost between them. */
function networkLoss(trials: readonly SizeTrial[]): number | null {
  let lost = 0;
  let sent = 0;
  for (const { drops, sentPackets } of trials) {
    if (drops.networkLost === null) return null;
    lost += drops.networkLost;
    sent += sentPackets;
  }
  return sent === 0 ? null : lost / sent;
}

function notTested(
  { server, burst }: SweepOptions,
  clamped: readonly number[],
  rmemMax: number | null,
  send: readonly SizeTrial[],
): string[] {
  const reasons: string[] = [];
  if (rmemMax === null)
    reasons.push('rmem_max cannot be read here: grants were taken from the sockets alone');
  if (clamped.length > 0)
    reasons.push(
      `receive buffers of ${clamped.map((bytes) => bytes / 1024).join(', ')} KiB: rmem_max is ${(rmemMax ?? 0) / 1024} KiB (raise it with --apply as root${server == null ? '' : ' over there'}, then sweep again)`,
    );
  if (send.every(({ passed }) => passed))
    reasons.push(
      server == null
        ? 'send buffers under load: on loopback a packet leaves the send buffer at once; with --server, against another host, a network card with a queue can fill it'
        : `send buffers at their limit: the network card took every packet of ${burst.ratePps} a second at once`,
    );
  if (send.length > 0 && send.every(({ passed }) => !passed))
    reasons.push(
      `a send buffer that suffices: the network card, or a rate limit on it, takes fewer than ${burst.ratePps} packets a second, and no buffer mends that`,
    );
  return reasons;
}

async function tryOne(
  system: System,
  { burst, server = null, signal }: SweepOptions,
  buffers: { receiveBufferBytes: number | null; sendBufferBytes: number | null },
): Promise<{ trial: SizeTrial; receiverLimits: KernelLimits | null }> {
  const pause = buffers.sendBufferBytes === null ? { everyMs: burst.pauseEveryMs, ms: burst.pauseMs } : null;
  const prober = createBuiltinProber(system, { pause, sockets: DGRAM, version: 'tune' });
  const result = await prober.run({
    shape: { kind: 'video', ratePps: burst.ratePps, sizeBytes: burst.sizeBytes },
    flows: burst.senders,
    durationMs: burst.trialMs,
    ...buffers,
    server,
    sessionBitrateBps: DEFAULT_SESSION_BITRATE_BPS,
    label: null,
    ...(signal !== undefined && { signal }),
  });
  const askedBytes = buffers.sendBufferBytes ?? buffers.receiveBufferBytes ?? 0;
  const trial = trialOf(result, askedBytes, buffers.sendBufferBytes !== null);
  return { trial, receiverLimits: result.receiverLimits };
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
