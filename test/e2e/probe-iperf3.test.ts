import { afterEach, describe, expect, it } from 'vitest';
import { createIperf3Prober } from '../../src/probe/iperf/prober.ts';
import { probePath } from '../../src/probe/probe-path.ts';
import type { ProbeRunOptions } from '../../src/probe/types.ts';
import { createSystem } from '../../src/system/real.ts';
import type { System } from '../../src/system/types.ts';

const system = createSystem();
const commands: (readonly string[])[] = [];
/** The real world, with the argument vectors of what it starts. */
const watched: System = {
  ...system,
  processes: {
    spawn(file, args, options) {
      commands.push([file, ...args]);
      return system.processes.spawn(file, args, options);
    },
  },
};
const prober = createIperf3Prober(watched);

const options = (overrides: Partial<ProbeRunOptions> = {}): ProbeRunOptions => ({
  shape: { kind: 'constant', sizeBytes: 100, ratePps: 2000 },
  flows: 2,
  durationMs: 1000,
  server: null,
  receiveBufferBytes: null,
  sendBufferBytes: null,
  sessionBitrateBps: 40_000,
  label: null,
  ...overrides,
});

afterEach(() => {
  commands.length = 0;
});

describe('iperf3 prober', () => {
  it('runs both ends here, rate split over the streams, and reads the server’s seconds', async () => {
    const result = await prober.run(options());
    expect(result).toMatchObject({ prober: 'iperf3', mode: 'local', protocol: 'udp', server: null });
    expect(result.total.sentPackets).toBeGreaterThan(1900);
    expect(result.total.receivedPackets).toBeGreaterThan(1800);
    expect(result.intervals[0]?.receivedPackets).toBeGreaterThan(0);
    expect(result.cpu.receiverRatio).toBeGreaterThan(0);
    const client = commands.find((command) => command.includes('-c')) ?? [];
    expect(client[client.indexOf('-b') + 1]).toBe('800000');
    expect(client.slice(client.indexOf('-P'), client.indexOf('-P') + 2)).toEqual(['-P', '2']);
  });

  it('sends a video’s frames as bursts', async () => {
    await prober.run(options({ shape: { kind: 'video', ratePps: 600 }, flows: 1 }));
    const client = commands.find((command) => command.includes('-c')) ?? [];
    expect(client[client.indexOf('-b') + 1]).toBe('5760000/20');
  });

  it('fails where nobody listens, although this iperf3 may exit with 0', async () => {
    const run = prober.run(options({ server: { host: '127.0.0.1', port: 1 } }));
    await expect(run).rejects.toMatchObject({ code: 'RTCB_IPERF_FAILED', exitCode: 3 });
  });

  it('fails when the buffer is larger than the kernel allows', async () => {
    const run = prober.run(options({ receiveBufferBytes: 1024 * 1024 * 1024 }));
    await expect(run).rejects.toMatchObject({ code: 'RTCB_IPERF_FAILED' });
  });

  it.each([
    [{ shape: { kind: 'mix', ratePps: 1000 } }, 'RTCB_IPERF_SHAPE'],
    [{ durationMs: 1500 }, 'RTCB_IPERF_DURATION'],
  ] as [Partial<ProbeRunOptions>, string][])(
    'refuses %j before it starts anything',
    async (overrides, code) => {
      await expect(prober.run(options(overrides))).rejects.toMatchObject({ code, exitCode: 2 });
      expect(commands).toEqual([]);
    },
  );

  it('leaves no process behind when it is aborted', async () => {
    const controller = new AbortController();
    const run = prober.run(options({ durationMs: 30_000, signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 700);
    await expect(run).rejects.toThrow('enough');
  });

  it('says what to do where iperf3 is not installed', async () => {
    const bare: System = {
      ...system,
      processes: {
        spawn: (_, args, spawnOptions) => system.processes.spawn('iperf3-is-not-here', args, spawnOptions),
      },
    };
    await expect(createIperf3Prober(bare).run(options())).rejects.toMatchObject({
      code: 'RTCB_IPERF_MISSING',
      hint: expect.stringContaining('--prober builtin'),
    });
  });
});

it('agrees with the built-in prober at an equal rate: 2 % of throughput, 0.2 points of loss', async () => {
  const shape = { kind: 'constant', sizeBytes: 100, ratePps: 20_000 } as const;
  const [own, iperf] = [
    await probePath(system, { shape, durationMs: 3000 }),
    await probePath(system, { prober: 'iperf3', shape, durationMs: 3000 }),
  ];
  const [a, b] = [own.total.throughputBps ?? 0, iperf.total.throughputBps ?? 0];
  expect(Math.abs(a - b) / b).toBeLessThan(0.02);
  expect(Math.abs((own.total.lossRatio ?? 1) - (iperf.total.lossRatio ?? 1))).toBeLessThan(0.002);
});
