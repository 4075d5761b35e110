/**
 * Browsers allow a limited number of media players a page (Chromium: 75). What is above this is decoded all the
 * same, only not drawn.
 */
const MOST_VIDEOS = 60;

let videos = 0;

/** Plays what one participant receives: each video in an element of its own, all sound in one. */
export class Stage {
  readonly #sound = new MediaStream();
  readonly #audio = document.createElement('audio');
  readonly #videos = new Set<HTMLVideoElement>();

  constructor() {
    this.#audio.autoplay = true;
    this.#audio.srcObject = this.#sound;
    document.body.append(this.#audio);
  }

  /** Returns how to take the track off again. `onFrame` is called when its first frame can be shown. */
  show(track: MediaStreamTrack, onFrame: () => void): () => void {
    return track.kind === 'audio' ? this.#playAudio(track) : this.#playVideo(track, onFrame);
  }

  close(): void {
    for (const video of this.#videos) this.#drop(video);
    this.#audio.srcObject = null;
    this.#audio.remove();
  }

  #playAudio(track: MediaStreamTrack): () => void {
    this.#sound.addTrack(track);
    // Firefox does not start a player whose stream was empty when it was set.
    void this.#audio.play().catch(() => {});
    return () => this.#sound.removeTrack(track);
  }

  #playVideo(track: MediaStreamTrack, onFrame: () => void): () => void {
    if (videos >= MOST_VIDEOS) return () => {};
    const video = document.createElement('video');
    video.muted = true;
    video.autoplay = true;
    video.playsInline = true;
    video.width = 160;
    video.addEventListener('loadeddata', onFrame, { once: true });
    video.srcObject = new MediaStream([track]);
    document.body.append(video);
    this.#videos.add(video);
    videos += 1;
    return () => this.#drop(video);
  }

  #drop(video: HTMLVideoElement): void {
    if (!this.#videos.delete(video)) return;
    videos -= 1;
    video.srcObject = null;
    video.remove();
  }
}
