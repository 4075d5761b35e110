import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../src/cluster/bridge/ledger.ts';
import type { Reading } from '../../src/cluster/bridge/tally.ts';

const reading = (packetsIn: number, timestampMs = 0): Reading => ({ tally: { packetsIn }, timestampMs });

describe('the ledger', () => {
  it('keeps local and relay apart', async () => {
    const ledger = new Ledger();
    ledger.add('a', 'local', async () => reading(3));
    ledger.add('b', 'relay', async () => reading(5));
    const { local, relay } = await ledger.read();
    expect([local.packetsIn, relay.packetsIn]).toEqual([3, 5]);
  });

  it('keeps what the retired counted, up to their last reading', async () => {
    const ledger = new Ledger();
    let packets = 10;
    ledger.add('a', 'local', async () => reading(packets));
    await ledger.read();
    packets = 12;
    ledger.retire(['a']);
    packets = 99;
    await ledger.read();
    expect((await ledger.read()).local.packetsIn).toBe(12);
  });

  it('asks the retiring at once, before their owner closes them', () => {
    const ledger = new Ledger();
    let asked = 0;
    ledger.add('a', 'local', async () => {
      asked += 1;
      return reading(1);
    });
    ledger.retire(['a', 'a', 'unknown']);
    expect(asked).toBe(1);
  });

  it('stands by the last reading of what can no longer be read', async () => {
    const ledger = new Ledger();
    const answers = [async () => reading(7), () => Promise.reject(new Error('closed'))];
    ledger.add('a', 'local', () => (answers.shift() ?? (() => Promise.reject(new Error('closed'))))());
    expect((await ledger.read()).local.packetsIn).toBe(7);
    expect((await ledger.read()).local.packetsIn).toBe(7);
  });

  it('dates a reading by the mean of when its counters were read, and not at all without any', async () => {
    const ledger = new Ledger();
    expect((await ledger.read()).readAtMs).toBeNull();
    ledger.add('a', 'local', async () => reading(1, 100));
    ledger.add('b', 'local', async () => reading(1, 104));
    ledger.add('nothing received yet', 'local', async () => null);
    expect((await ledger.read()).readAtMs).toBe(102);
  });

  it('has totals that never fall, whatever opens, counts and closes', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('open' as const), id: fc.nat(5) }),
      fc.record({ do: fc.constant('count' as const), id: fc.nat(5), packets: fc.nat(100) }),
      fc.record({ do: fc.constant('close' as const), id: fc.nat(5) }),
      fc.record({ do: fc.constant('read' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const ledger = new Ledger();
        const open = new Map<number, { key: string; packets: number }>();
        let last = 0;
        let counted = 0;
        let opened = 0;
        const readOnce = async () => {
          const { packetsIn } = (await ledger.read()).local;
          expect(packetsIn).toBeGreaterThanOrEqual(last);
          last = packetsIn;
        };
        for (const current of steps) {
          if (current.do === 'read') await readOnce();
          else if (current.do === 'open' && !open.has(current.id)) {
            opened += 1;
            const source = { key: `stream ${opened}`, packets: 0 };
            open.set(current.id, source);
            ledger.add(source.key, 'local', async () => reading(source.packets));
          } else if (current.do === 'count') {
            const source = open.get(current.id);
            if (source === undefined) continue;
            source.packets += current.packets;
            counted += current.packets;
          } else if (current.do === 'close') {
            ledger.retire([open.get(current.id)?.key ?? '']);
            open.delete(current.id);
          }
        }
        await readOnce();
        await readOnce();
        expect(last).toBe(counted);
      }),
    );
  });
});
