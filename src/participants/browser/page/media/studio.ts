import type { MediaSource, ParticipantPlan } from '../../../../scenario/plan-types.ts';
import { SCREEN_LAYER } from '../../../layers.ts';
import { Painter } from './painter.ts';
import { cameraPicture, screenPicture } from './pictures.ts';
import { Voices } from './voices.ts';

export interface BorrowedTrack {
  source: MediaSource;
  track: MediaStreamTrack;
  release(): void;
}

/** Everything that the page's participants send is made here. */
export class Studio {
  readonly #painters = new Map<string, Painter>();
  readonly #voices = new Voices();

  /** Tracks of what the plan publishes, audio first. */
  borrow({ id, publish }: ParticipantPlan): BorrowedTrack[] {
    const borrowed: BorrowedTrack[] = [];
    if (publish.audio !== null)
      borrowed.push({ source: 'microphone', ...this.#voices.borrow(id, publish.audio) });
    if (publish.video !== null) {
      const { heightPixels, framesPerSecond } = publish.video;
      const painter = this.#painter(`camera ${heightPixels} ${framesPerSecond}`, () => {
        return new Painter((heightPixels * 16) / 9, heightPixels, framesPerSecond, cameraPicture);
      });
      borrowed.push({ source: 'camera', ...hinted(painter.borrow(), 'motion') });
    }
    if (publish.screen !== null) {
      const { framesPerSecond, peakIntervalS } = publish.screen;
      const painter = this.#painter(`screen ${framesPerSecond} ${peakIntervalS}`, () => {
        const picture = screenPicture(framesPerSecond, peakIntervalS);
        return new Painter(SCREEN_LAYER.widthPixels, SCREEN_LAYER.heightPixels, framesPerSecond, picture);
      });
      borrowed.push({ source: 'screen', ...hinted(painter.borrow(), 'detail') });
    }
    return borrowed;
  }

  #painter(key: string, make: () => Painter): Painter {
    const painter = this.#painters.get(key) ?? make();
    this.#painters.set(key, painter);
    return painter;
  }
}

/** Tells the encoder what matters: smooth motion, or letters that stay readable. */
function hinted<T extends { track: MediaStreamTrack }>(borrowed: T, hint: 'motion' | 'detail'): T {
  borrowed.track.contentHint = hint;
  return borrowed;
}
