/** What a client sends and receives, by medium, with rates over the intervals of its own samples. */

export type Medium = 'audio' | 'video' | 'data';
export const MEDIA: readonly Medium[] = ['audio', 'video', 'data'];

export interface Flow {
  /** All bytes that its counters told, from their beginning. */
  bytes: number;
  /** Bytes and time of the intervals that gave a rate. */
  measuredBytes: number;
  measuredMs: number;
  /** Highest rate of one interval, bits per second; null before the first interval. */
  peakBitrateBps: number | null;
}

export interface Traffic {
  readonly up: Record<Medium, Flow>;
  readonly down: Record<Medium, Flow>;
}

const flow = (): Flow => ({ bytes: 0, measuredBytes: 0, measuredMs: 0, peakBitrateBps: null });
const flows = (): Record<Medium, Flow> => ({ audio: flow(), video: flow(), data: flow() });

export function createTraffic(): Traffic {
  return { up: flows(), down: flows() };
}

/** What one sample adds: all bytes, and those of counters that had been read before. */
export interface Increment {
  bytes: number;
  sinceLast: number;
}

/**
 * The change of a counter, remembered in `last` under `key`. A first reading counts as bytes but not towards a
 * rate; a counter that fell began anew, or the sample came late, and then it tells nothing.
 */
export function takeIncrement<Key>(
  last: Map<Key, number>,
  key: Key,
  counter: number | undefined,
  into: Increment,
): void {
  if (counter === undefined) return;
  const before = last.get(key);
  if (before === undefined) into.bytes += counter;
  else if (counter > before) {
    into.bytes += counter - before;
    into.sinceLast += counter - before;
  }
  if (before !== counter) last.set(key, counter);
}

/** Adds one sample's increment, taken over `intervalMs` of the sender's clock; null: no interval is known. */
export function addIncrement(target: Flow, increment: Increment, intervalMs: number | null): void {
  target.bytes += increment.bytes;
  if (intervalMs === null || intervalMs <= 0) return;
  target.measuredBytes += increment.sinceLast;
  target.measuredMs += intervalMs;
  const bitrateBps = (increment.sinceLast * 8000) / intervalMs;
  if (target.peakBitrateBps === null || bitrateBps > target.peakBitrateBps) {
    target.peakBitrateBps = bitrateBps;
  }
}

/** Mean over all measured intervals, bits per second; null when there was none. */
export function averageBitrateBps(source: Flow): number | null {
  return source.measuredMs > 0 ? (source.measuredBytes * 8000) / source.measuredMs : null;
}

/** Several stays of one client together. */
export function sumOfFlows(flows: readonly Flow[]): Flow {
  const sum = flow();
  for (const { bytes, measuredBytes, measuredMs, peakBitrateBps } of flows) {
    sum.bytes += bytes;
    sum.measuredBytes += measuredBytes;
    sum.measuredMs += measuredMs;
    if (peakBitrateBps !== null) sum.peakBitrateBps = Math.max(sum.peakBitrateBps ?? 0, peakBitrateBps);
  }
  return sum;
}
