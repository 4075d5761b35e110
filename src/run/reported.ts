import type { ParticipantSample, TrackSample } from '../participants/types.ts';

type Scope = 'participant' | 'audio sent' | 'video sent' | 'audio received' | 'video received';

type ParticipantField = Exclude<keyof ParticipantSample, 'participantId' | 'readAtMs' | 'tracks'>;
type TrackField = keyof TrackSample;

const SENT = [
  'codec',
  'ssrc',
  'headerBytes',
  'packetsLost',
  'jitterMs',
  'nackCount',
] as const satisfies readonly TrackField[];
const RECEIVED = [
  'codec',
  'ssrc',
  'headerBytes',
  'packetsLost',
  'packetsOutOfOrder',
  'packetsDuplicated',
  'jitterMs',
] as const satisfies readonly TrackField[];

/**
 * What a source can be expected to tell where there is something to tell. Left out is what is null for other reasons:
 * what was never negotiated, and what only a track in good order has.
 */
const EXPECTED: Record<Scope, readonly (TrackField | ParticipantField)[]> = {
  participant: [
    'roundTripTimeMs',
    'datagramsSent',
    'datagramsReceived',
    'controlDatagramsSent',
    'controlDatagramsReceived',
    'availableOutgoingBitrateBps',
  ] satisfies ParticipantField[],
  'audio sent': SENT,
  'video sent': [...SENT, 'retransmittedPackets', 'pliCount', 'firCount', 'frames', 'keyFrames'],
  'audio received': [...RECEIVED, 'audioDecodedMs'],
  'video received': [
    ...RECEIVED,
    'nackCount',
    'retransmittedPackets',
    'packetsLostBeforeRepair',
    'pliCount',
    'firCount',
    'frames',
    'keyFrames',
    'framesDecoded',
    'freezeCount',
    'totalFreezesDurationMs',
  ],
};

/** Which statistics each kind of endpoint has told at least once; what is left in the end it does not report. */
export class Reported {
  /** By kind of endpoint: what is still to be seen, by scope. Of a scope without a sample nothing is known. */
  readonly #missing = new Map<string, Map<Scope, Set<string>>>();

  take(endpoint: string, sample: ParticipantSample): void {
    const kind = this.#missing.get(endpoint) ?? new Map<Scope, Set<string>>();
    this.#missing.set(endpoint, kind);
    tick(kind, 'participant', sample);
    for (const track of sample.tracks)
      tick(kind, `${track.kind} ${track.direction === 'up' ? 'sent' : 'received'}`, track);
  }

  /** In words, as `packets out of order (audio received, video received)`. */
  notReported(endpoint: string): string[] {
    const scopes = new Map<string, Scope[]>();
    const kind = this.#missing.get(endpoint) ?? new Map<Scope, Set<string>>();
    for (const [scope, missing] of kind)
      for (const field of missing) scopes.set(field, [...(scopes.get(field) ?? []), scope]);
    return [...scopes].map(([field, where]) => {
      const expectedIn = [...kind.keys()].filter((scope) => EXPECTED[scope].some((name) => name === field));
      const everywhere = where.length === expectedIn.length && expectedIn.length > 1;
      return everywhere || where.includes('participant')
        ? words(field)
        : `${words(field)} (${where.join(', ')})`;
    });
  }

  get endpoints(): { kind: string; notReported: string[] }[] {
    return [...this.#missing.keys()].map((kind) => ({ kind, notReported: this.notReported(kind) }));
  }
}

/** Called for every sample of every track: a scope that is complete costs one look. */
function tick(kind: Map<Scope, Set<string>>, scope: Scope, sample: object): void {
  let missing = kind.get(scope);
  if (missing === undefined) {
    missing = new Set<string>(EXPECTED[scope]);
    kind.set(scope, missing);
  }
  for (const field of missing) {
    if ((sample as Record<string, unknown>)[field] !== null) missing.delete(field);
  }
}

function words(field: string): string {
  return field
    .replace(/(Ms|Bps)$/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}
