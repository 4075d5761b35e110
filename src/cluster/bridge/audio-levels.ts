import type { types as mediasoup } from 'mediasoup';
import type { BridgeNotifications } from './protocol.ts';

/** How often levels are told, in milliseconds. */
const INTERVAL_MS = 800;
/** Quieter than this, in dBov, is silence. Upstream's example has -80, which room noise passes. */
const THRESHOLD_DBOV = -60;
/** More participants do not speak at once in a way that matters to a last N. */
const MAX_SPEAKERS = 8;

export type Levels = BridgeNotifications['audioLevels']['levels'];

/**
 * Who of this bridge's participants speaks. Levels rather than upstream's dominant speaker, because the levels of
 * several bridges can be put in one order and their dominant speakers cannot. Producers that come out of a pipe
 * are heard where they were published.
 */
export class AudioLevels {
  readonly #observer: mediasoup.AudioLevelObserver;
  readonly #participants = new Map<string, string>();

  private constructor(observer: mediasoup.AudioLevelObserver) {
    this.#observer = observer;
  }

  static async observe(router: mediasoup.Router, tell: (levels: Levels) => void): Promise<AudioLevels> {
    const observer = await router.createAudioLevelObserver({
      maxEntries: MAX_SPEAKERS,
      threshold: THRESHOLD_DBOV,
      interval: INTERVAL_MS,
    });
    const levels = new AudioLevels(observer);
    observer.on('volumes', (volumes) => {
      tell(
        volumes.flatMap(({ producer, volume }) => {
          const participantId = levels.#participants.get(producer.id);
          return participantId === undefined ? [] : [{ participantId, levelDbov: volume }];
        }),
      );
    });
    observer.on('silence', () => tell([]));
    return levels;
  }

  add(producer: mediasoup.Producer, participantId: string): void {
    this.#participants.set(producer.id, participantId);
    // It may be closed again by the time the worker is asked, which is no loss.
    this.#observer.addProducer({ producerId: producer.id }).catch(() => this.remove(producer.id));
  }

  /** The worker forgets a closed producer by itself. */
  remove(producerId: string): void {
    this.#participants.delete(producerId);
  }

  removeParticipant(participantId: string): void {
    for (const [producerId, owner] of this.#participants)
      if (owner === participantId) this.remove(producerId);
  }
}
