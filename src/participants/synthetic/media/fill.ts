/** At what pace a recording is to be played. */
export interface Pace {
  framesPerSecond: number;
  /** Payload, in the mean over the recording. */
  bitrateBps: number;
}

/**
 * An encoder spends the bitrate that it is given, however small the recording of its picture is and however few
 * frames a second it has to spend it on. Returns how many bytes each frame lacks for that; key frames stay as they
 * are, and the others keep their proportions. A recording that is too large already stays as it is.
 */
export function missingBytes(sizes: readonly number[], keyFrames: ReadonlySet<number>, pace: Pace): number[] {
  const wanted = (pace.bitrateBps / 8 / pace.framesPerSecond) * sizes.length;
  const sum = (of: (size: number, index: number) => number) =>
    sizes.reduce((total, size, index) => total + of(size, index), 0);
  const keyBytes = sum((size, index) => (keyFrames.has(index) ? size : 0));
  const otherBytes = sum((size, index) => (keyFrames.has(index) ? 0 : size));
  const factor = otherBytes === 0 ? 1 : Math.max(1, (wanted - keyBytes) / otherBytes);
  return sizes.map((size, index) => (keyFrames.has(index) ? 0 : Math.round((factor - 1) * size)));
}
