import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { findPacketAddon } from '../../../src/setup/find-packet-addon.ts';
import type { BenchOptions, Loop } from './measurements.ts';
import { benchPlan, Generator, openScene, type Scene, type Window, watch } from './scene.ts';
import { StandIn } from './stand-in.ts';

const GENERATOR_CORE = 0;
/** Participants added in each step, until one core has enough. */
const STEP: Record<Loop, number> = { native: 150, typescript: 50 };
const MAX_PARTICIPANTS = 3000;
const SETTLE_MS = 1000;
const MAX_LOSS_RATIO = 0.001;
const MAX_LATE_MS = 20;
const MIN_ARRIVED_RATIO = 0.98;

interface Step {
  participants: number;
  packetRatePps: number;
  sentPps: number;
  generatorCores: number;
  lossRatio: number;
  lateSendP99Ms: number | null;
  /** Null while the core keeps up. */
  limit: string | null;
}

export interface OneCore {
  loop: Loop;
  /** The most that one core kept up with; null when not even the first step held or it could not be measured. */
  participants: number | null;
  packetRatePps: number | null;
  /** What the next step failed by, or why there was none. */
  endedBy: string;
  steps: Step[];
}

/**
 * How far one core of generator goes: its process pinned to one core, everything else on the others, and more and
 * more participants, until it loses packets or sends late. The SFU would be at its limit long before; a stand-in
 * sends the media in its place.
 */
export async function measureOneCore({ loop, seconds }: BenchOptions): Promise<OneCore> {
  const addonFile = findPacketAddon(process.env);
  if (addonFile === null) return unmeasured(loop, 'the native addon, which sends the media, is not built');
  const others = availableParallelism() - 1;
  if (others < 1) return unmeasured(loop, 'this host has one core only');
  if (!pin(`1-${others}`)) return unmeasured(loop, 'there is no taskset here to give the generator a core');
  try {
    await using scene = await openScene();
    await using standIn = await StandIn.open(addonFile);
    const generator = await Generator.start(
      { clusterUrl: scene.url, loop, shards: 1, mediaFolder: null, signallingPrefix: standIn.urlPrefix },
      GENERATOR_CORE,
    );
    try {
      return await ramp(scene, standIn, generator, loop, seconds / 4);
    } finally {
      await generator.close();
    }
  } finally {
    pin(`0-${others}`);
  }
}

async function ramp(
  scene: Scene,
  standIn: StandIn,
  generator: Generator,
  loop: Loop,
  windowSeconds: number,
): Promise<OneCore> {
  const video = { codec: 'vp8', heightPixels: 360, simulcast: false, framesPerSecond: 30 } as const;
  await generator.join(
    Array.from({ length: 4 }, (_, i) =>
      benchPlan(`p${i}`, 'room', { video, audio: { pattern: 'continuous' } }),
    ),
  );
  const steps: Step[] = [];
  for (let participants = STEP[loop]; participants <= MAX_PARTICIPANTS; participants += STEP[loop]) {
    const plans = Array.from({ length: STEP[loop] }, (_, i) =>
      benchPlan(`w${participants}-${i}`, 'room', {}, { video: 'all', audio: 'all' }),
    );
    await generator.join(plans, 16);
    await delay(SETTLE_MS);
    const sentBefore = standIn.packetsSent;
    const beganMs = performance.now();
    const behindBefore = standIn.fellBehind;
    const window = await watch(scene, generator, windowSeconds);
    const sentPps = (1000 * (standIn.packetsSent - sentBefore)) / (performance.now() - beganMs);
    const step = judge(window, participants, sentPps, standIn.fellBehind > behindBefore);
    steps.push(step);
    console.error(
      `  ${participants} participants, ${Math.round(step.packetRatePps)} packets/s: ${step.limit ?? 'held'}`,
    );
    if (step.limit !== null) break;
  }
  const held = steps.filter(({ limit }) => limit === null).at(-1);
  return {
    loop,
    participants: held?.participants ?? null,
    packetRatePps: held?.packetRatePps ?? null,
    endedBy: steps.at(-1)?.limit ?? `no limit below ${MAX_PARTICIPANTS} participants`,
    steps,
  };
}

function judge(window: Window, participants: number, sentPps: number, sourceIsBehind: boolean): Step {
  const packetRatePps = window.packetsReceived / window.seconds;
  const lossRatio = (window.socketDrops ?? 0) / Math.max(1, window.datagramsReceived);
  const { lateSendP99Ms } = window;
  let limit: string | null = null;
  if (lossRatio > MAX_LOSS_RATIO)
    limit = `the generator lost ${(100 * lossRatio).toFixed(2)} % of the datagrams`;
  else if ((lateSendP99Ms ?? 0) > MAX_LATE_MS) limit = `the generator sent ${lateSendP99Ms} ms late`;
  else if (packetRatePps < MIN_ARRIVED_RATIO * sentPps)
    limit = 'the generator did not keep up with what was sent';
  else if (sourceIsBehind) limit = 'the source of the media fell behind, not the generator';
  const generatorCores = window.generatorCpuSeconds / window.seconds;
  return { participants, packetRatePps, sentPps, generatorCores, lossRatio, lateSendP99Ms, limit };
}

function unmeasured(loop: Loop, endedBy: string): OneCore {
  return { loop, participants: null, packetRatePps: null, endedBy, steps: [] };
}

/** This process, all its threads and whatever it starts from now on. */
function pin(cores: string): boolean {
  try {
    execFileSync('taskset', ['-acp', cores, String(process.pid)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
