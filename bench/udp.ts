import { probePath } from '../src/probe/probe-path.ts';
import type { ProbeResult } from '../src/probe/types.ts';
import { createSystem } from '../src/system/real.ts';
import type { System } from '../src/system/types.ts';

const DURATION_MS = 3000;
const ROUNDS = 3;
const SIZE_BYTES = 100;
const EQUAL_RATE_PPS = 50_000;
const MAX_ATTEMPTS = 5;
const KEPT_RATIO = 0.99;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const packetRate = ({ total }: ProbeResult) => total.packetRatePps ?? 0;

/**
 * The built-in prober beside iperf3, both in one run on one host: packets a second at full speed, native and
 * TypeScript, and agreement at an equal rate. Needs iperf3. `npm run bench -- udp`
 */
export async function main(_args: readonly string[]): Promise<number> {
  const system = createSystem();
  const typescript: System = { ...system, env: { ...system.env, RTCB_PACKET_LOOP: 'typescript' } };
  const rows: { prober: string; pps: number }[] = [];
  const rates: Record<string, number[]> = { iperf3: [], native: [], typescript: [] };
  const unlimited = { kind: 'constant', sizeBytes: SIZE_BYTES, ratePps: null } as const;
  let nativeUsed = true;
  // In turn, so that what else the host does hits all alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    const iperf = await probePath(system, { prober: 'iperf3', shape: unlimited, durationMs: DURATION_MS });
    const native = await probePath(system, { shape: unlimited, durationMs: DURATION_MS });
    const plain = await probePath(typescript, { shape: unlimited, durationMs: DURATION_MS });
    nativeUsed &&= native.proberVersion.includes('native');
    rates.iperf3?.push(packetRate(iperf));
    rates.native?.push(packetRate(native));
    rates.typescript?.push(packetRate(plain));
  }
  for (const [prober, values] of Object.entries(rates)) rows.push({ prober, pps: median(values) });
  const iperfPps = rows.find(({ prober }) => prober === 'iperf3')?.pps ?? 0;

  console.log(
    `${SIZE_BYTES}-byte datagrams on loopback, received and counted, median of ${ROUNDS} runs of 3 s\n`,
  );
  for (const { prober, pps } of rows)
    console.log(
      `${prober.padEnd(12)} ${Math.round(pps).toLocaleString('en-US').padStart(12)} packets/s   ${(pps / iperfPps).toFixed(2)} x iperf3`,
    );

  const { a, b, attempts } = await atEqualRate(system);
  const throughputDifference = Math.abs((b.total.throughputBps ?? 0) / (a.total.throughputBps ?? 1) - 1);
  const lossDifference = Math.abs((b.total.lossRatio ?? 1) - (a.total.lossRatio ?? 0));
  console.log(`\nat ${EQUAL_RATE_PPS.toLocaleString('en-US')} packets/s offered, attempt ${attempts}`);
  for (const [name, { total }] of [['iperf3', a] as const, ['builtin', b] as const])
    console.log(
      `${name.padEnd(12)} ${((total.throughputBps ?? 0) / 1e6).toFixed(2)} Mbit/s, loss ${((total.lossRatio ?? 0) * 100).toFixed(3)} %, jitter ${(total.jitterMs ?? 0).toFixed(4)} ms`,
    );

  const ratioOf = (prober: string) => (rows.find((row) => row.prober === prober)?.pps ?? 0) / iperfPps;
  const checks: [string, boolean][] = [
    ['native at least 1.2 times iperf3', nativeUsed && ratioOf('native') >= 1.2],
    ['TypeScript at least 0.6 times iperf3', ratioOf('typescript') >= 0.6],
    ['throughput within 2 % at an equal rate', throughputDifference <= 0.02],
    ['loss within 0.2 points at an equal rate', lossDifference <= 0.002],
  ];
  console.log('');
  for (const [name, passed] of checks) console.log(`${passed ? 'ok  ' : 'FAIL'} ${name}`);
  const slower = Math.min(a.total.offeredPacketRatePps ?? 0, b.total.offeredPacketRatePps ?? 0);
  if (slower < KEPT_RATIO * EQUAL_RATE_PPS)
    console.log(
      `     no equal rate: only ${Math.round(slower)} packets/s could be offered; repeat on an idle host`,
    );
  if (!nativeUsed) console.log('     the native addon is not built: rtc-bench setup builds it');
  return checks.every(([, passed]) => passed) ? 0 : 1;
}

/** A host that is busy with other things may keep either from offering the rate; then it is no comparison. */
async function atEqualRate(system: System): Promise<{ a: ProbeResult; b: ProbeResult; attempts: number }> {
  const shape = { kind: 'constant', sizeBytes: SIZE_BYTES, ratePps: EQUAL_RATE_PPS } as const;
  for (let attempts = 1; ; attempts += 1) {
    const a = await probePath(system, { prober: 'iperf3', shape, durationMs: DURATION_MS });
    const b = await probePath(system, { shape, durationMs: DURATION_MS });
    const offered = [a, b].map(({ total }) => total.offeredPacketRatePps ?? 0);
    if (Math.min(...offered) > KEPT_RATIO * EQUAL_RATE_PPS || attempts === MAX_ATTEMPTS)
      return { a, b, attempts };
  }
}
