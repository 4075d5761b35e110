import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeEvenMedia } from './even-media.ts';
import { benchPlan, Generator, openScene, type Scene, type Window, watch } from './scene.ts';

export type Loop = 'native' | 'typescript';

/** A number beside what it should be, and what it was computed from. */
export interface Result {
  name: string;
  loop: Loop;
  value: number;
  unit: string;
  target: number;
  /** `max`: at most the target is good; `min`: at least. */
  bound: 'max' | 'min';
  met: boolean;
  raw: Record<string, unknown>;
}

export interface BenchOptions {
  loop: Loop;
  seconds: number;
  /** Of the receiving and the density benchmark. */
  receivers: number;
}

/**
 * Until rates and estimates have settled and V8 has compiled what is run often, which is paid once: what a packet costs
 * is asked for here, and what a join costs elsewhere.
 */
const SETTLE_MS = 10_000;
const PACKET_BYTES = 1100;
const PACKETS_PER_FRAME = 10;
/** What the receiving benchmark is to be held under. */
const RECEIVE_RATE_PPS = 60_000;
const FRAMES_PER_SECOND = 30;
const SINGLE_360 = {
  codec: 'vp8',
  heightPixels: 360,
  simulcast: false,
  framesPerSecond: FRAMES_PER_SECOND,
} as const;
const MEBIBYTE = 1024 * 1024;

function result(
  name: string,
  loop: Loop,
  value: number,
  unit: string,
  [bound, target]: ['max' | 'min', number],
  raw: Record<string, unknown>,
): Result {
  return {
    name,
    loop,
    value,
    unit,
    target,
    bound,
    met: bound === 'max' ? value <= target : value >= target,
    raw,
  };
}

/** What the one forwards the other receives, in the same window; the SFU's own count is in the raw figures. */
const perPacket = (seconds: number, packets: number) => (1e6 * seconds) / packets;

const percent = (ratio: number) => `${Math.round(100 * ratio)} %`;

async function withEvenMedia<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rtc-bench-media-'));
  try {
    // Header, extensions and tag make up the difference to the packet's size on the wire.
    await writeEvenMedia(folder, PACKETS_PER_FRAME, PACKET_BYTES - 46);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function withGenerator<T>(
  scene: Scene,
  loop: Loop,
  mediaFolder: string | null,
  use: (generator: Generator) => Promise<T>,
): Promise<T> {
  const generator = await Generator.start({ clusterUrl: scene.url, loop, shards: 1, mediaFolder });
  try {
    return await use(generator);
  } finally {
    await generator.close();
  }
}

/**
 * On each bridge one publisher and many receivers of 300 packets of 1100 bytes a second. With counter mode, which the
 * TypeScript loop negotiates, one worker's core is full before 60,000 packets a second, so there two share them.
 */
export async function measureReceive({ loop, seconds, receivers }: BenchOptions): Promise<Result[]> {
  const bridges = loop === 'native' ? 1 : 2;
  return withEvenMedia(async (media) => {
    await using scene = await openScene(bridges);
    return await withGenerator(scene, loop, media, async (generator) => {
      const publishers = Array.from({ length: bridges }, (_, i) => ({
        ...benchPlan(`publisher${i}`, `room${i}`, { video: SINGLE_360 }),
        pinnedBridge: i,
      }));
      const plans = Array.from({ length: receivers }, (_, i) => ({
        ...benchPlan(`r${i}`, `room${i % bridges}`, {}, { video: 'all' }),
        pinnedBridge: i % bridges,
      }));
      await generator.join([...publishers, ...plans]);
      await delay(SETTLE_MS);
      const window = await watch(scene, generator, seconds);
      const ours = perPacket(window.generatorCpuSeconds, window.packetsReceived);
      const theirs = perPacket(window.workerCpuSeconds, window.packetsReceived);
      const workerCores = window.workerCpuSeconds / window.seconds;
      return [
        result(
          'receive',
          loop,
          ours / theirs,
          'generator CPU a packet received ÷ worker CPU a packet forwarded',
          ['max', loop === 'native' ? 0.25 : 0.6],
          {
            generatorMicrosecondsPerPacket: ours,
            workerMicrosecondsPerPacket: theirs,
            packetRatePps: window.packetsReceived / window.seconds,
            ...window,
          },
        ),
        result(
          'receive-rate',
          loop,
          window.packetsReceived / window.seconds,
          `packets/s meanwhile; host ${percent(window.hostCpuRatio)} busy, a core of the SFU ${percent(workerCores / bridges)}`,
          ['min', RECEIVE_RATE_PPS],
          {
            packetsReceived: window.packetsReceived,
            seconds: window.seconds,
            offeredPps: receivers * PACKETS_PER_FRAME * FRAMES_PER_SECOND,
            hostCpuRatio: window.hostCpuRatio,
            bridges,
            workerCores,
            generatorCores: window.generatorCpuSeconds / window.seconds,
          },
        ),
      ];
    });
  });
}

/**
 * Rooms of one publisher and one receiver, each end in its own process: with the native loop 36,000 packets a second, of
 * the order of what the C loop sends, for what a turn costs is shared by what is sent in it; a third of that where
 * counter mode makes the SFU's core full sooner.
 */
export async function measureSend({ loop, seconds }: BenchOptions): Promise<Result[]> {
  const rooms = loop === 'native' ? 120 : 40;
  return withEvenMedia(async (media) => {
    await using scene = await openScene();
    return await withGenerator(scene, loop, media, async (senders) =>
      withGenerator(scene, 'native', media, async (receivers) => {
        const indexes = Array.from({ length: rooms }, (_, i) => i);
        await senders.join(indexes.map((i) => benchPlan(`s${i}`, `room${i}`, { video: SINGLE_360 })));
        await receivers.join(indexes.map((i) => benchPlan(`r${i}`, `room${i}`, {}, { video: 'all' })));
        await delay(SETTLE_MS);
        const window = await watch(scene, senders, seconds);
        const ours = perPacket(window.generatorCpuSeconds, window.packetsSent);
        const theirs = perPacket(window.workerCpuSeconds, window.packetsSent);
        return [
          result(
            'send',
            loop,
            ours / theirs,
            'generator CPU a packet sent ÷ worker CPU a packet received and forwarded once',
            ['max', loop === 'native' ? 0.5 : 1],
            {
              generatorMicrosecondsPerPacket: ours,
              workerMicrosecondsPerPacket: theirs,
              packetRatePps: window.packetsSent / window.seconds,
              ...window,
            },
          ),
        ];
      }),
    );
  });
}

/** A room of four who are seen and heard, and of many who watch all four. */
export async function measureDensity({ loop, seconds }: BenchOptions): Promise<Result[]> {
  const watchers = 120;
  await using scene = await openScene();
  return await withGenerator(scene, loop, null, async (generator) => {
    const empty = (await generator.read()).rssBytes;
    const seen = Array.from({ length: 4 }, (_, i) =>
      benchPlan(`p${i}`, 'room', { video: SINGLE_360, audio: { pattern: 'continuous' } }),
    );
    const plans = Array.from({ length: watchers }, (_, i) =>
      benchPlan(`w${i}`, 'room', {}, { video: 'all', audio: 'all' }),
    );
    await generator.join([...seen, ...plans]);
    await delay(SETTLE_MS);
    const first = await watch(scene, generator, seconds / 2);
    const second = await watch(scene, generator, seconds / 2);
    if (second.participants < watchers + seen.length) {
      throw new Error(
        `only ${second.participants} participants joined: ${second.failures[0] ?? 'no reason given'}`,
      );
    }
    const cores = second.generatorCpuSeconds / second.seconds;
    const raw = {
      participants: second.participants,
      generatorCores: cores,
      packetsPerParticipantPps: second.packetsReceived / second.seconds / watchers,
      eventLoopUtilisationRatio: second.eventLoopUtilisationRatio,
      workerCores: second.workerCpuSeconds / second.seconds,
      window: second,
    };
    const lossRatio = (second.socketDrops ?? 0) / Math.max(1, second.datagramsReceived);
    return [
      result(
        'density',
        loop,
        second.participants / cores,
        'participants a core of generator CPU',
        ['min', loop === 'native' ? 600 : 250],
        raw,
      ),
      result(
        'loss',
        loop,
        lossRatio,
        'datagrams dropped at the generator ÷ received',
        ['max', 0.001],
        lossRaw(second),
      ),
      result(
        'late-sends',
        loop,
        second.lateSendP99Ms ?? Number.NaN,
        'ms late at the 99th percentile',
        ['max', 20],
        {
          packetsSent: second.packetsSent,
          packetsSentLate: second.packetsSentLate,
        },
      ),
      result(
        'memory',
        loop,
        (second.rssBytes - empty) / MEBIBYTE / second.participants,
        'MiB a participant',
        ['max', 1.5],
        {
          emptyBytes: empty,
          halfwayBytes: first.rssBytes,
          endBytes: second.rssBytes,
          growthBytesPerSecond: (second.rssBytes - first.rssBytes) / second.seconds,
        },
      ),
    ];
  });
}

function lossRaw(window: Window): Record<string, unknown> {
  const { socketDrops, datagramsReceived, packetsLost, packetsExpected, nackCount } = window;
  return { socketDrops, datagramsReceived, packetsLost, packetsExpected, nackCount };
}

/** Joins of participants that receive, ICE and DTLS included, sixteen under way at a time. */
export async function measureJoin({ loop }: BenchOptions): Promise<Result[]> {
  const joins = 300;
  await using scene = await openScene();
  return await withGenerator(scene, loop, null, async (generator) => {
    // The first ones pay for compiling the code.
    await generator.join(
      Array.from({ length: 50 }, (_, i) => benchPlan(`warm${i}`, `warm${i % 10}`, {}, { video: 'all' })),
    );
    const before = await generator.read();
    await generator.join(
      Array.from({ length: joins }, (_, i) => benchPlan(`j${i}`, `room${i % 30}`, {}, { video: 'all' })),
      16,
    );
    const after = await generator.read();
    const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
    const joined = after.joined - before.joined;
    return [
      result('join', loop, joined / cpuSeconds, 'joins a second a core', ['min', 60], {
        joined,
        cpuSeconds,
        wallSeconds: (after.atMs - before.atMs) / 1000,
        cpuMillisecondsPerJoin: (1000 * cpuSeconds) / joined,
        failures: after.failures,
      }),
    ];
  });
}
