import type { ProducerInfo } from '../cluster/signalling/protocol.ts';
import type { Subscriptions } from '../scenario/plan-types.ts';

/** Whether media of a consumed producer flows now or is held back. */
export type HeldState = 'active' | 'paused';

export interface SubscriptionInput {
  /** Who decides; nobody consumes what is its own. */
  participantId: string;
  subscriptions: Subscriptions;
  /** Producers of the room, oldest first. */
  producers: readonly ProducerInfo[];
  /** Who spoke, latest first, as `rememberSpeakers` keeps it. */
  speakers: readonly string[];
  /** What is consumed already, by producer. */
  held: ReadonlyMap<string, HeldState>;
}

/** What to do so that the subscriptions hold; carrying it out leaves nothing more to do. */
export interface SubscriptionChange {
  consume: ProducerInfo[];
  resume: string[];
  pause: string[];
  close: string[];
}

/**
 * Moves those who speak now to the front of the order of who spoke last; the others keep their places. A last N
 * taken from this order changes only when somebody outside it speaks.
 */
export function rememberSpeakers(order: readonly string[], speaking: readonly string[]): string[] {
  return [...new Set([...speaking, ...order])];
}

/**
 * Which producers to consume, pause and close. Pure, because browsers and synthetic participants must decide
 * alike.
 *
 * With `video: N`, N bounds the video tracks received. Shared screens come first, for they are what everybody
 * looks at; then the cameras of who spoke last; when fewer have spoken, those received already stay and the oldest
 * fill up. What fell out is paused, so that it comes back quickly; beyond another N it is closed, or a long
 * meeting would end with everybody holding everybody.
 */
export function decideSubscriptions(input: SubscriptionInput): SubscriptionChange {
  const others = input.producers.filter((producer) => producer.participantId !== input.participantId);
  const { wanted, spare } = choose(others, input);
  const wantedIds = new Set(wanted.map((producer) => producer.producerId));
  const spareIds = new Set(spare.map((producer) => producer.producerId));
  const change: SubscriptionChange = { consume: [], resume: [], pause: [], close: [] };
  for (const producer of wanted) {
    const state = input.held.get(producer.producerId);
    if (state === undefined) change.consume.push(producer);
    if (state === 'paused') change.resume.push(producer.producerId);
  }
  for (const [producerId, state] of input.held) {
    if (wantedIds.has(producerId)) continue;
    if (!spareIds.has(producerId)) change.close.push(producerId);
    else if (state === 'active') change.pause.push(producerId);
  }
  return change;
}

/** `wanted` should flow; of `spare` what is held already may stay, paused. */
function choose(
  others: ProducerInfo[],
  input: SubscriptionInput,
): { wanted: ProducerInfo[]; spare: ProducerInfo[] } {
  const { audio, video } = input.subscriptions;
  const audioTracks = audio === 'all' ? others.filter((producer) => producer.kind === 'audio') : [];
  const videoTracks = others.filter((producer) => producer.kind === 'video');
  if (video === 'none') return { wanted: audioTracks, spare: [] };
  if (video === 'all') return { wanted: [...audioTracks, ...videoTracks], spare: [] };
  const ranked = rankVideo(videoTracks, input);
  return { wanted: [...audioTracks, ...ranked.slice(0, video)], spare: ranked.slice(video, 2 * video) };
}

function rankVideo(tracks: ProducerInfo[], input: SubscriptionInput): ProducerInfo[] {
  const places = new Map(input.speakers.map((participantId, place) => [participantId, place]));
  const heldRank = { active: 0, paused: 1 } as const;
  const rank = (track: ProducerInfo): [number, number, number] => {
    const state = input.held.get(track.producerId);
    return [
      track.source === 'screen' ? 0 : 1,
      places.get(track.participantId) ?? input.speakers.length,
      state === undefined ? 2 : heldRank[state],
    ];
  };
  return tracks
    .map((track, age) => ({ track, key: [...rank(track), age] }))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ track }) => track);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
