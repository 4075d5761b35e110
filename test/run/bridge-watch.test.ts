import { beforeEach, describe, expect, it } from 'vitest';
import type { TimelineRecord } from '../../src/results/records.ts';
import { BridgeWatch } from '../../src/run/bridge-watch.ts';
import type { BridgeInfo } from '../../src/targets/types.ts';

const bridge = (bridgeId: string): BridgeInfo => ({
  bridgeId,
  software: 'sfu 1',
  mediaAddress: null,
  mediaPort: null,
  pid: 1,
});

let records: TimelineRecord[];
let notices: string[];
let lost: string[];
let nowMs: number | null;
let watch: BridgeWatch;

beforeEach(() => {
  records = [];
  notices = [];
  lost = [];
  nowMs = null;
  watch = new BridgeWatch({
    record: (record) => records.push(record),
    nowMs: () => nowMs,
    onNotice: (notice) => notices.push(notice),
    onLost: (reason) => lost.push(reason),
  });
});

describe('BridgeWatch', () => {
  it('records those that were up before the origin once, at the origin', () => {
    watch.onEvent({ type: 'bridge-up', bridge: bridge('b1') });
    watch.begin([bridge('b1'), bridge('b2')]);
    expect(records.map((record) => [record.tMs, record.type])).toEqual([
      [0, 'bridge-up'],
      [0, 'bridge-up'],
    ]);
    expect(watch.bridges.map(({ bridgeId }) => bridgeId)).toEqual(['b1', 'b2']);
  });

  it('records a death and a new placement, and goes on while a bridge lives', () => {
    watch.begin([bridge('b1'), bridge('b2')]);
    nowMs = 7000;
    watch.onEvent({ type: 'bridge-died', bridgeId: 'b1', reason: 'killed' });
    watch.onEvent({ type: 'room-placed', roomId: 'r1', bridgeId: 'b2', reason: 'bridge-died' });
    expect(records.slice(2)).toEqual([
      { tMs: 7000, type: 'bridge-died', bridgeId: 'b1', reason: 'killed' },
      { tMs: 7000, type: 'room-placed', roomId: 'r1', bridgeId: 'b2', reason: 'bridge-died' },
    ]);
    expect(notices).toEqual(['bridge b1 died: killed']);
    expect(lost).toEqual([]);
  });

  it('gives the target up when the last bridge has died, not when one has come back', () => {
    watch.begin([bridge('b1'), bridge('b2')]);
    nowMs = 1;
    watch.onEvent({ type: 'bridge-died', bridgeId: 'b1', reason: 'killed' });
    watch.onEvent({ type: 'bridge-up', bridge: bridge('b1') });
    watch.onEvent({ type: 'bridge-died', bridgeId: 'b2', reason: 'killed' });
    expect(lost).toEqual([]);
    watch.onEvent({ type: 'bridge-died', bridgeId: 'b1', reason: 'killed' });
    expect(lost).toEqual(['every bridge has died, the last was b1: killed']);
  });

  it('passes on that the target itself is gone', () => {
    watch.onEvent({ type: 'target-lost', reason: 'connection closed' });
    expect(lost).toEqual(['connection closed']);
  });
});
