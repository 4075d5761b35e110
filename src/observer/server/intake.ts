import type { Clock } from '../../system/types.ts';
import type { Counters } from '../counters.ts';
import type { SampleSource } from '../model/types.ts';
import type { ClientReference, Observer } from '../observer.ts';
import type { SampleDecoders } from '../schema/decode.ts';
import type { Samples } from '../schema/samples.ts';
import type { Gatekeeper } from './tokens.ts';

/** What both ways in have in common. */
export interface Intake {
  readonly observer: Observer;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly gatekeeper: Gatekeeper;
  readonly decoders: SampleDecoders;
  readonly restEnabled: boolean;
  readonly websocketEnabled: boolean;
  /** Told of what is a fault of ours. */
  onError(error: unknown): void;
}

/** Hands an envelope to the observer; samples of TURN servers are read and left alone, as upstream does. */
export function accept(observer: Observer, source: SampleSource, message: Samples): void {
  for (const sample of message.clientSamples ?? []) observer.addClientSample(source, sample);
  for (const sample of message.sfuSamples ?? []) observer.addSfuSample(source, sample);
}

/** Adds whom an envelope speaks for, by room and client. */
export function noteClients(into: Map<string, ClientReference>, message: Samples): void {
  for (const { clientId, roomId = '' } of message.clientSamples ?? []) {
    const key = `${roomId} ${clientId}`;
    if (!into.has(key)) into.set(key, { clientId, roomId });
  }
}
