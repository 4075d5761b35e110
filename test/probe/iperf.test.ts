import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RtcBenchError } from '../../src/errors.ts';
import { parseIperf, resultOfIperf } from '../../src/probe/import.ts';

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
const parse = (name: string) => parseIperf(fixture(name));

function failure(text: string): RtcBenchError {
  try {
    parseIperf(text);
  } catch (error) {
    if (error instanceof RtcBenchError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** sent, received, lost, throughput in kbit/s; of the reverse direction received and throughput. */
const EXPECTED: Record<string, (number | null)[]> = {
  'iperf3-3.12-c1.json': [12_495, 12_495, 0, 4998, null],
  'iperf3-3.12-P2.json': [2498, 2498, 0, 1998, null],
  'iperf3-3.12-R.json': [1249, 1249, 0, 999, null],
  'iperf3-3.12-bid.json': [1249, 1249, 0, 995, 1250],
  'iperf3-3.12-loss.json': [242_560, 240_219, 2340, 192_149, null],
  'iperf3-3.12-O.json': [2500, 2500, 0, 2000, null],
  'iperf3-3.9-forward-server-json.json': [12_495, 12_495, 0, 4998, null],
  'iperf3-3.9-loss.json': [310_780, 302_362, 8418, 2_418_722, null],
  'iperf3-3.9-reverse.json': [null, 5108, 0, 2000, null],
  'iperf3-3.9-bidir.json': [9996, 9996, 0, 3998, 10_176],
  'iperf3-3.9-server.json': [null, 12_495, 0, 4900, null],
  'iperf3-3.18-loss.json': [334_598, 181_310, 153_085, 1_448_339, null],
  'iperf3-3.18-stream.jsonl': [5003, 5003, 0, 2000, null],
  'iperf3-3.22-server-json.json': [12_504, 12_504, 0, 5000, null],
  'iperf3-3.22-loss.json': [324_160, 164_422, 159_738, 1_308_946, null],
  'iperf3-3.22-bidir.json': [10_006, 10_006, 0, 3999, 10_009],
  'iperf3-3.22-bidir-server.json': [null, 10_006, 0, 3999, null],
  'iperf3-3.22-stream.jsonl': [5001, 5001, 0, 2000, null],
  'iperf3-3.22-stream-full.jsonl': [5003, 5003, 0, 2000, null],
  'iperf3-3.22-stream-bidir.jsonl': [5001, 5001, 0, 1999, 5003],
  'iperf3-3.22-stream-server-text.jsonl': [5003, 5003, 0, 2000, null],
  'iperf3-3.9-text-parallel.txt': [9996, 9996, 0, 3920, null],
  'iperf3-3.22-server-loss.txt': [null, 164_422, 159_738, 1_309_000, null],
  'iperf3-3.22-server-bidir.txt': [null, 5001, 0, 2000, null],
  'iperf2-2.0.14a-plain.txt': [13_111, 13_110, 0, 5240, null],
  'iperf2-2.0.14a-server-parallel.txt': [null, 10_490, 2, 4200, null],
  'iperf2-2.0.14a-dual.txt': [5247, 5229, 0, 2080, 5229],
  'iperf2-2.1.8-parallel.txt': [10_494, 10_491, 1, 4200, null],
  'iperf2-2.1.8-enhanced.txt': [5247, 5246, 0, 2100, null],
  'iperf2-2.1.8-enhanced-parallel.txt': [10_494, 10_491, 1, 4200, null],
  'iperf2-2.1.8-server-enhanced.txt': [null, 10_491, 1, 4200, null],
  'iperf2-2.1.8-reverse.txt': [null, 5245, 0, 2100, null],
  'iperf2-2.1.8-full-duplex.txt': [5247, null, null, null, 5245],
  'iperf2-2.2.1-loss.txt': [250_626, 243_107, 7518, 1_940_000, null],
  'iperf2-2.2.1-tradeoff.txt': [5246, 5245, 0, 2100, 5245],
  'iperf2-2.2.1-server-dual.txt': [null, 5245, 0, 2100, 5245],
  'iperf2-seed-host.txt': [603_084, 602_529, 554, 48_200, null],
  'iperf2-seed-vm-one-line.txt': [261_409, 261_402, 6, 20_900, null],
};

describe('captured outputs', () => {
  it.each(Object.entries(EXPECTED))('%s', (name, expected) => {
    const { total, reverse } = parse(name);
    const kilobits = total.throughputBps === null ? null : Math.round(total.throughputBps / 1000);
    expect([
      total.sentPackets,
      total.receivedPackets,
      total.lostPackets,
      kilobits,
      reverse?.receivedPackets ?? null,
    ]).toEqual(expected);
  });
});

describe('the two runs of the Kurento post', () => {
  it.each([
    ['iperf2-seed-host.txt', 1205, 0.405, 1],
    ['iperf2-seed-vm-one-line.txt', 522, 0.055, 1],
  ])('%s holds %i sessions of 40 kbit/s', (name, sessions, jitterMs, late) => {
    const result = resultOfIperf(parse(name), {
      label: null,
      sessionBitrateBps: 40_000,
      fallbackCreatedAt: '',
    });
    expect(result.estimatedSessions).toBe(sessions);
    expect(result.total.jitterMs).toBe(jitterMs);
    expect(result.total.outOfOrderPackets).toBe(late);
  });
});

describe('traps of iperf3', () => {
  it.each([
    'iperf3-3.12-noserver.json',
    'iperf3-3.12-w.json',
    'iperf3-3.22-stream-noserver.jsonl',
    'iperf3-3.12-server-terminated.json',
  ])('%s failed whatever exit code iperf3 gave', (name) => {
    expect(failure(fixture(name))).toMatchObject({ code: 'RTCB_IPERF_FAILED', exitCode: 3 });
  });

  it('tells a run of 3.9 that failed without saying why', () => {
    expect(failure(fixture('iperf3-3.9-noserver.json')).code).toBe('RTCB_IPERF_FAILED');
  });

  it('takes throughput from the receiver, never from `sum`, which is the sender’s', () => {
    const { total } = parse('iperf3-3.22-loss.json');
    expect(total.offeredBitrateBps).toBeGreaterThan(1.9 * (total.throughputBps ?? 0));
    expect(total.lossRatio).toBeCloseTo(0.49277, 4);
  });

  it('leaves omitted seconds out of the intervals', () => {
    expect(parse('iperf3-3.12-O.json').intervals).toHaveLength(1);
  });

  it('reads the last of a key that is written twice', () => {
    expect(fixture('iperf3-3.12-P2.json').match(/"sndbuf_actual"/g)).toHaveLength(2);
    expect(parse('iperf3-3.12-P2.json').granted.sendBufferBytes).toBe(212_992);
  });

  it('adds out-of-order up over the streams: no sum has it', () => {
    const document = JSON.parse(fixture('iperf3-3.12-P2.json'));
    document.end.streams[0].udp.out_of_order = 3;
    document.end.streams[1].udp.out_of_order = 4;
    expect(parseIperf(JSON.stringify(document)).total.outOfOrderPackets).toBe(7);
  });

  it('has no loss per second of a forward run, unless the server told', () => {
    expect(parse('iperf3-3.12-c1.json').intervals[0]).toMatchObject({
      sentPackets: 6245,
      receivedPackets: null,
      lossRatio: null,
    });
    expect(parse('iperf3-3.22-server-json.json').intervals[0]).toMatchObject({
      sentPackets: 6252,
      receivedPackets: 6252,
      lossRatio: 0,
    });
    expect(parse('iperf3-3.12-server-text.json').intervals[0]).toMatchObject({
      receivedPackets: 2498,
      lossRatio: 0,
    });
  });

  it('multiplies the asked rate, which is per stream', () => {
    expect(parse('iperf3-3.12-P2.json')).toMatchObject({ flows: 2, targetBitrateBps: 2_000_000 });
  });

  it('swaps the ends’ CPU for a reverse run', () => {
    expect(parse('iperf3-3.12-c1.json').cpu.senderRatio).toBeCloseTo(0.0798, 3);
    expect(parse('iperf3-3.12-R.json').cpu.receiverRatio).toBeCloseTo(0.0129, 3);
  });

  it('never counts more lost than sent, nor less than none', () => {
    const document = JSON.parse(fixture('iperf3-3.12-c1.json'));
    document.end.sum_received.lost_packets = -3;
    expect(parseIperf(JSON.stringify(document)).total.lostPackets).toBe(0);
  });

  it('reads the last run of several, and says so', () => {
    const text = `warning: something\n${fixture('iperf3-3.12-c1.json')}\n${fixture('iperf3-3.12-loss.json')}`;
    const run = parseIperf(text);
    expect(run.total.lostPackets).toBe(2340);
    expect(run.warnings).toEqual(['the text holds 2 runs: the last one is read']);
  });

  it('takes `nan`, which is no JSON, for unknown', () => {
    const text = fixture('iperf3-3.12-c1.json').replace(/"jitter_ms":\s*[\d.]+/g, '"jitter_ms": -nan');
    expect(parseIperf(text).total.jitterMs).toBeNull();
  });
});

describe('truncated outputs', () => {
  const whole = fixture('iperf3-3.22-server-json.json');

  it('refuses a JSON document that never ends', () => {
    expect(failure(whole.slice(0, 1500))).toMatchObject({ code: 'RTCB_IPERF_UNREADABLE', exitCode: 2 });
  });

  it('never takes a part of a document for a whole one, wherever it is cut', () => {
    for (let end = 0; end < whole.length - 2; end += 97)
      expect(failure(whole.slice(0, end)).exitCode).not.toBe(1);
  });

  it('makes what it can of a stream without its end', () => {
    const lines = fixture('iperf3-3.22-stream.jsonl').split('\n');
    const run = parseIperf(lines.slice(0, 3).join('\n'));
    expect(run.total).toMatchObject({ sentPackets: 5001, throughputBps: null, lossRatio: null });
    expect(run.warnings[0]).toContain('before its `end` event');
  });

  it('adds the intervals of a text up when the closing row is missing', () => {
    const lines = fixture('iperf2-2.1.8-server-enhanced.txt').split('\n');
    const run = parseIperf(lines.slice(0, 14).join('\n'));
    expect(run.total).toMatchObject({ receivedPackets: 10_488, lostPackets: 1 });
    expect(run.warnings.join()).toContain('before its closing row');
  });

  it.each(['', 'hello', '[]', '{}', '{"start":{}}'])('refuses %j', (text) => {
    expect([2, 3]).toContain(failure(text).exitCode);
  });
});

describe('traps of iperf2', () => {
  it('does not know what was delivered when the server never answered', () => {
    const run = parse('iperf2-2.1.8-noserver.txt');
    expect(run.total).toMatchObject({ sentPackets: 2624, throughputBps: null, lossRatio: null });
    expect(run.warnings).toEqual(['the server never answered: what was delivered is unknown']);
  });

  it('takes a reverse run that was refused for a failure, not for 0 bit/s', () => {
    expect(failure(fixture('iperf2-2.1.8-reverse-refused.txt')).code).toBe('RTCB_IPERF_FAILED');
  });

  it('computes the loss: 2.2.1 prints (0%) beside 7518/250625', () => {
    expect(fixture('iperf2-2.2.1-loss.txt')).toContain('7518/250625 (0%)');
    expect(parse('iperf2-2.2.1-loss.txt').total.lossRatio).toBeCloseTo(0.03, 4);
  });

  it('does not believe more late datagrams than there were datagrams', () => {
    expect(fixture('iperf2-2.0.14a-dual.txt')).toContain('1233136 datagrams received out-of-order');
    expect(parse('iperf2-2.0.14a-dual.txt').total.outOfOrderPackets).toBeNull();
  });

  it('reads bytes a second, as -f K prints', () => {
    const text = fixture('iperf2-seed-host.txt').replaceAll('48.2 Mbits/sec', '5884 KBytes/sec');
    expect(parseIperf(text).total.throughputBps).toBe(5884 * 1024 * 8);
  });

  it('does not count the sums beside the streams', () => {
    expect(parse('iperf2-2.0.14a-server-parallel.txt').intervals[0]).toMatchObject({
      receivedPackets: 5245,
      lostPackets: 2,
    });
  });
});
