import type { ParticipantSample } from '../participants/types.ts';
import type { PacketAccounting } from '../results/records.ts';
import type { HostCounters } from '../system/host-counters.ts';
import type { BridgeInfo, BridgeSample } from '../targets/types.ts';
import { areHere } from './evidence.ts';
import { ratio } from './meters.ts';

/** Cumulative totals of everybody at one moment. */
interface Totals {
  atMs: number;
  bridgesIn: number;
  bridgesOut: number;
  relayOut: number;
  participantsSent: number;
  participantsReceived: number;
  control: number | null;
  kernelOut: number | null;
}

/**
 * Holds the same packets as counted at three places side by side: by the bridges, by the participants, and by the
 * kernel. Whoever disappears keeps its last reading in the sum, so that totals never fall.
 */
export class Accounting {
  readonly #bridges = new Map<string, BridgeSample>();
  readonly #participants = new Map<string, { sent: number; received: number; control: number | null }>();
  /** Last packet count of every track that has been, by participant and track. */
  readonly #tracks = new Map<string, number>();
  /** At the last tick at which everybody answered. */
  #last: Totals | null = null;
  #kernelOut: number | null = null;
  #window: { start: Totals; end: Totals } | null = null;

  /**
   * Takes one tick's readings. `steady` says whether the interval that ends now is judged, `complete` whether everybody
   * answered: a window that ends where one of the counters is older than the others would count packets as lost.
   */
  tick(
    atMs: number,
    steady: boolean,
    bridges: readonly BridgeSample[],
    participants: readonly ParticipantSample[],
    host: HostCounters,
    complete = true,
  ): void {
    const start = this.#last ?? this.#totals(atMs);
    for (const bridge of bridges) this.#bridges.set(bridge.bridgeId, bridge);
    for (const participant of participants) this.#takeParticipant(participant);
    this.#kernelOut = host.udp?.outDatagrams ?? null;
    if (!complete) return;
    this.#last = this.#totals(atMs);
    if (steady) this.#window = { start: this.#window?.start ?? start, end: this.#last };
  }

  /** Forgets the window, not the totals: the next steady tick begins a new one. */
  restart(): void {
    this.#window = null;
  }

  /** The account of the steady window, or null when there was none. */
  result(bridgeInfos: readonly BridgeInfo[]): PacketAccounting | null {
    if (this.#window === null) return null;
    const { start, end } = this.#window;
    const bridgesIn = end.bridgesIn - start.bridgesIn;
    const bridgesOut = end.bridgesOut - start.bridgesOut;
    const participantsSent = end.participantsSent - start.participantsSent;
    const participantsReceived = end.participantsReceived - start.participantsReceived;
    const relayPackets = end.relayOut - start.relayOut;
    const control = end.control === null || start.control === null ? null : end.control - start.control;
    // The kernel sees only this host: with a bridge elsewhere there is nothing to compare.
    const here = areHere(bridgeInfos);
    const kernel =
      here && end.kernelOut !== null && start.kernelOut !== null ? end.kernelOut - start.kernelOut : null;
    const expected = bridgesIn + bridgesOut + relayPackets + (control ?? 0);
    return {
      windowMs: end.atMs - start.atMs,
      bridgesIn,
      bridgesOut,
      participantsSent,
      participantsReceived,
      differenceUpRatio: ratio(participantsSent - bridgesIn, bridgesIn),
      differenceDownRatio: ratio(participantsReceived - bridgesOut, bridgesOut),
      relayPackets,
      controlDatagrams: control,
      kernelDatagramsOut: kernel,
      kernelDifferenceRatio: kernel === null ? null : ratio(expected - kernel, kernel),
    };
  }

  #takeParticipant(sample: ParticipantSample): void {
    const totals = this.#participants.get(sample.participantId) ?? { sent: 0, received: 0, control: null };
    for (const track of sample.tracks) {
      const key = `${sample.participantId} ${track.trackId}`;
      const packets = track.packets + (track.retransmittedPackets ?? 0);
      const previous = this.#tracks.get(key) ?? 0;
      // A track that began anew under its old name starts from zero again.
      const delta = packets >= previous ? packets - previous : packets;
      if (track.direction === 'up') totals.sent += delta;
      else totals.received += delta;
      this.#tracks.set(key, packets);
    }
    if (sample.controlDatagramsSent !== null && sample.controlDatagramsReceived !== null)
      totals.control = Math.max(
        totals.control ?? 0,
        sample.controlDatagramsSent + sample.controlDatagramsReceived,
      );
    this.#participants.set(sample.participantId, totals);
  }

  #totals(atMs: number): Totals {
    const totals: Totals = {
      atMs,
      bridgesIn: 0,
      bridgesOut: 0,
      relayOut: 0,
      participantsSent: 0,
      participantsReceived: 0,
      control: 0,
      kernelOut: this.#kernelOut,
    };
    for (const bridge of this.#bridges.values()) {
      totals.bridgesIn += bridge.local.packetsIn ?? 0;
      totals.bridgesOut += bridge.local.packetsOut ?? 0;
      totals.relayOut += bridge.relay.packetsOut ?? 0;
    }
    for (const participant of this.#participants.values()) {
      totals.participantsSent += participant.sent;
      totals.participantsReceived += participant.received;
      if (participant.control === null || totals.control === null) totals.control = null;
      else totals.control += participant.control;
    }
    return totals;
  }
}
