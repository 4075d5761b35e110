import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientSample } from '../../src/observer/schema/samples.ts';
import { createHarness, publisher, source } from './support.ts';

/** What networks and clocks do to samples: they come late, twice or not at all, with times that are off. */

const CLIENTS = ['alice', 'bob', 'carol'];
const SAMPLES_EACH = 6;

function recorded(skewsMs: readonly number[]): ClientSample[] {
  return CLIENTS.flatMap((clientId, client) =>
    Array.from({ length: SAMPLES_EACH }, (_, sampleSeq) => ({
      ...publisher(clientId),
      sampleSeq,
      timestamp: 1_000_000 + (skewsMs[client] ?? 0) + sampleSeq * 1000,
    })),
  );
}

const disorder = fc.record({
  skewsMs: fc.array(fc.integer({ min: -1e9, max: 1e9 }), { minLength: 3, maxLength: 3 }),
  order: fc.shuffledSubarray(
    Array.from({ length: CLIENTS.length * SAMPLES_EACH }, (_, index) => index),
    { minLength: 1 },
  ),
  again: fc.array(fc.nat(CLIENTS.length * SAMPLES_EACH - 1), { maxLength: 10 }),
  flushEvery: fc.integer({ min: 1, max: 20 }),
});

describe('samples in disorder', () => {
  it('give each event once, and each sample its reports once, whatever happens to them on the way', () => {
    fc.assert(
      fc.property(disorder, ({ skewsMs, order, again, flushEvery }) => {
        const { observer, callEvents, payloads } = createHarness();
        const samples = recorded(skewsMs);
        const sent = [...order, ...again.filter((index) => order.includes(index))];
        for (const [at, index] of sent.entries()) {
          const sample = samples[index];
          if (sample !== undefined) observer.addClientSample(source, structuredClone(sample));
          if (at % flushEvery === 0) observer.flush();
        }
        observer.flush();
        const heard = new Set(order.map((index) => samples[index]?.clientId));
        const counts = Map.groupBy(callEvents(), (name) => name);
        expect(counts.get('CALL_STARTED')).toHaveLength(1);
        expect(counts.get('CLIENT_JOINED')).toHaveLength(heard.size);
        expect(counts.get('MEDIA_TRACK_ADDED')).toHaveLength(heard.size * 2);
        expect(counts.get('CLIENT_LEFT')).toBeUndefined();
        expect(payloads('outbound-audio-track')).toHaveLength(order.length);
      }),
      { numRuns: 60 },
    );
  });
});
