import { expect, it } from 'vitest';
import { tuneChart, tuneTable } from '../../src/probe/tune/output.ts';
import { tuneBuffers } from '../../src/probe/tune/tune.ts';
import { createSystem } from '../../src/system/real.ts';

it('finds by a real sweep a size that holds, above sizes that the socket itself dropped at', async () => {
  const burst = { ratePps: 8000, sizeBytes: 1200, senders: 8, pauseMs: 60, pauseEveryMs: 200, trialMs: 800 };
  const startedAt = performance.now();
  const result = await tuneBuffers(createSystem(), { burst, marginRatio: 1.5, sockets: 4, apply: false });
  const { sweep, advice } = result;
  expect(performance.now() - startedAt).toBeLessThan(60_000);
  const smallest = sweep.receive[0];
  expect(sweep.unasked).toMatchObject({
    askedBytes: 0,
    clamped: false,
    grantedBytes: sweep.limits.rmemDefault,
  });
  // 480 packets of a pause cost 1.1 MB: 64 KiB cannot hold them.
  expect(smallest).toMatchObject({ askedBytes: 65_536, passed: false });
  expect(smallest?.drops.socketDrops).toBeGreaterThan(0);
  expect(smallest?.drops.receiveBufferErrors).toBeGreaterThanOrEqual(smallest?.drops.socketDrops ?? 0);
  expect(smallest?.grantedBytes).toBe(131_072);
  if (sweep.smallestReceiveBytes !== null) {
    expect(sweep.smallestReceiveBytes).toBeGreaterThan(65_536);
    expect(advice.recommendedBytes).toBeGreaterThanOrEqual(sweep.smallestReceiveBytes * 1.5);
  } else expect(advice.isEstimate).toBe(true);
  expect(advice.memoryBytes).toBe(advice.recommendedBytes * 8);
  expect(sweep.notTested.join()).toContain('send buffers');
  expect(tuneTable(result)).toContain('recvBufferSize');
  expect(tuneChart(result)).toMatch(/^<svg .*<\/svg>$/s);
});
