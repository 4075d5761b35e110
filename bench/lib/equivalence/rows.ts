import type { TrackSample } from '../../../src/participants/types.ts';
import type { BridgeSample } from '../../../src/targets/types.ts';
import type { RoomReading } from './room.ts';

/** Media packet rates within 10 %, CPU of the SFU within 15 %. */
const TARGETS: Record<string, number> = {
  'packets in': 0.1,
  'packets out': 0.1,
  'SFU CPU': 0.15,
};

/** A figure a participant and second of either kind of room; null: it cannot be seen there. */
export interface Row {
  name: string;
  unit: string;
  browser: number | null;
  synthetic: number | null;
  differenceRatio: number | null;
  target: number | null;
  met: boolean | null;
}

interface Figure {
  unit: string;
  value: number | null;
}

export function compareRooms(browser: RoomReading, synthetic: RoomReading): Row[] {
  const [theirs, ours] = [figuresOf(browser), figuresOf(synthetic)];
  const names = new Set([...theirs.keys(), ...ours.keys()]);
  return [...names].map((name) => {
    const [left, right] = [theirs.get(name), ours.get(name)];
    // A type of RTCP that only one of them has is none at the other.
    const absent = name.startsWith('RTCP') ? 0 : null;
    const [a, b] = [left?.value ?? absent, right?.value ?? absent];
    const differenceRatio = a === null || b === null || a === 0 ? null : (b - a) / a;
    const target = TARGETS[name] ?? null;
    return {
      name,
      unit: left?.unit ?? right?.unit ?? '',
      browser: a,
      synthetic: b,
      differenceRatio,
      target,
      met: target === null ? null : differenceRatio !== null && Math.abs(differenceRatio) <= target,
    };
  });
}

function figuresOf({ before, after, participants, rtcp }: RoomReading): Map<string, Figure> {
  const seconds = (after.atMs - before.atMs) / 1000;
  const each = (change: number) => change / seconds / participants;
  const figures = new Map<string, Figure>();
  const add = (name: string, unit: string, value: number | null) => figures.set(name, { unit, value });
  const bridge = (of: (sample: BridgeSample) => number | null) => {
    const [from, to] = [of(before.bridge), of(after.bridge)];
    return from === null || to === null ? null : each(to - from);
  };
  add(
    'packets in',
    'a second',
    bridge(({ local }) => local.packetsIn),
  );
  add(
    'packets out',
    'a second',
    bridge(({ local }) => local.packetsOut),
  );
  add(
    'bytes in',
    'a second',
    bridge(({ local }) => local.bytesIn),
  );
  add(
    'bytes out',
    'a second',
    bridge(({ local }) => local.bytesOut),
  );
  add(
    'wire bytes in, control included',
    'a second',
    bridge(({ wireBytesIn }) => wireBytesIn),
  );
  add(
    'wire bytes out, control included',
    'a second',
    bridge(({ wireBytesOut }) => wireBytesOut),
  );
  add('SFU CPU', 'of a core', each(after.workerCpuSeconds - before.workerCpuSeconds));
  const [from, to] = [before.generatorCpuSeconds, after.generatorCpuSeconds];
  add('generator CPU', 'of a core', from === null || to === null ? null : each(to - from));

  const tracks = (moment: RoomReading['before']) => moment.participants.flatMap((sample) => sample.tracks);
  const sum = (moment: RoomReading['before'], of: (track: TrackSample) => number) =>
    tracks(moment).reduce((total, track) => total + of(track), 0);
  const counted = (of: (track: TrackSample) => number) => each(sum(after, of) - sum(before, of));
  for (const direction of ['up', 'down'] as const) {
    const only = (kind: TrackSample['kind'], of: (track: TrackSample) => number | null) =>
      counted((track) => (track.direction === direction && track.kind === kind ? (of(track) ?? 0) : 0));
    add(
      `audio packets ${direction}`,
      'a second',
      only('audio', ({ packets }) => packets),
    );
    add(
      `video packets ${direction}`,
      'a second',
      only('video', ({ packets }) => packets),
    );
    add(
      `video payload ${direction}`,
      'bytes a second',
      only('video', ({ payloadBytes }) => payloadBytes),
    );
    add(
      `video frames ${direction}`,
      'a second',
      only('video', ({ frames }) => frames),
    );
    add(
      `key frames ${direction}`,
      'a second',
      only('video', ({ keyFrames }) => keyFrames),
    );
  }
  const mean = (values: number[]) =>
    values.length === 0 ? null : values.reduce((total, value) => total + value, 0) / values.length;
  const received = tracks(after).filter(({ direction, kind }) => direction === 'down' && kind === 'video');
  add(
    'layer chosen',
    'mean, 0 is the lowest',
    mean(received.flatMap(({ spatialLayer }) => spatialLayer ?? [])),
  );
  add('height received', 'pixels, mean', mean(received.flatMap(({ frameHeight }) => frameHeight ?? [])));
  add(
    'key frame requests at the SFU',
    'a second',
    bridge(({ pliCount, firCount }) => (pliCount ?? 0) + (firCount ?? 0)),
  );
  add(
    'NACKs at the SFU',
    'a second',
    bridge(({ nackCount }) => nackCount),
  );

  for (const direction of ['sent', 'received'] as const) {
    const compounds = rtcp.filter((entry) => entry.direction === direction);
    add(
      `RTCP ${direction}: datagrams`,
      'a second',
      each(compounds.reduce((total, { count }) => total + count, 0)),
    );
    for (const type of ['SR', 'RR', 'SDES', 'NACK', 'PLI', 'FIR', 'REMB', 'transport-cc', 'XR', 'BYE']) {
      add(`RTCP ${direction}: ${type}`, 'a second', each(packetsOf(compounds, type)));
    }
    for (const { names } of compounds) {
      for (const type of names) {
        const name = `RTCP ${direction}: ${type}`;
        if (!figures.has(name)) add(name, 'a second', each(packetsOf(compounds, type)));
      }
    }
  }
  return figures;
}

function packetsOf(compounds: RoomReading['rtcp'], type: string): number {
  return compounds.reduce(
    (total, { names, count }) => total + count * names.filter((name) => name === type).length,
    0,
  );
}

/** Make-up of the compounds, most frequent first. */
export function makeUps({ rtcp, before, after, participants }: RoomReading): string[] {
  const seconds = (after.atMs - before.atMs) / 1000;
  return rtcp
    .toSorted((a, b) => b.count - a.count)
    .map(
      ({ direction, names, count }) =>
        `${direction} ${names.join(' + ')}: ${(count / seconds / participants).toPrecision(3)} a second`,
    );
}
