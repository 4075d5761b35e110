import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseCpuSeconds,
  parseSoftnetDropped,
  parseUdpCounters,
  readHostCounters,
} from '../../src/system/host-counters.ts';
import { safeText } from '../../src/system/safe-text.ts';
import { Scope } from '../../src/system/scope.ts';

describe('Scope', () => {
  it('closes in reverse order, and one failure keeps nobody from being closed', async () => {
    const closed: string[] = [];
    const scope = new Scope();
    scope.defer('first', () => void closed.push('first'));
    scope.defer('second', () => {
      throw new Error('stuck');
    });
    scope.defer('third', async () => void closed.push('third'));
    expect(await scope.close()).toEqual(['second: stuck']);
    expect(closed).toEqual(['third', 'first']);
  });

  it('goes on without what hangs', async () => {
    const closed: string[] = [];
    const scope = new Scope();
    scope.defer('rest', () => void closed.push('rest'));
    scope.defer('hangs', () => new Promise(() => {}));
    expect(await scope.close(20)).toEqual(['hangs: did not close within 20 ms']);
    expect(closed).toEqual(['rest']);
  });

  it('closes once, however often it is asked', async () => {
    let count = 0;
    const scope = new Scope();
    scope.defer('counted', () => {
      count += 1;
    });
    await Promise.all([scope.close(), scope.close()]);
    expect(count).toBe(1);
  });
});

describe('safeText', () => {
  it('lets no control character and no bidirectional override through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
        expect(safeText(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it('keeps ordinary text of any script', () => {
    expect(safeText('Zimmer 1 – 会議室 🎥 مرحبا')).toBe('Zimmer 1 – 会議室 🎥 مرحبا');
  });
});

describe('host counters', () => {
  it('reads UDP counters by name, whatever their order', () => {
    const snmp = 'Ip: a b\nIp: 1 2\nUdp: OutDatagrams InDatagrams Extra RcvbufErrors\nUdp: 7 5 9 3\n';
    expect(parseUdpCounters(snmp)).toMatchObject({
      outDatagrams: 7,
      inDatagrams: 5,
      rcvbufErrors: 3,
      noPorts: 0,
    });
    expect(parseUdpCounters('Ip: a\nIp: 1\n')).toBeNull();
  });

  it('sums CPU time in seconds and keeps steal apart', () => {
    expect(parseCpuSeconds('cpu  100 0 50 800 50 0 0 25 0 0\ncpu0 1 2\n')).toEqual({
      busy: 1.5,
      idle: 8.5,
      steal: 0.25,
    });
    expect(parseCpuSeconds('intr 1')).toBeNull();
  });

  it('sums drops over CPUs, in hexadecimal', () => {
    expect(parseSoftnetDropped('0001 0000000a 0\n0002 00000001 0\n')).toBe(11);
  });

  it('reads this host', () => {
    const host = readHostCounters();
    expect(host.cores).toBeGreaterThan(0);
    expect(host.processRssBytes).toBeGreaterThan(1e6);
    expect(host.memoryAvailableBytes).toBeLessThanOrEqual(host.memoryTotalBytes);
  });
});
