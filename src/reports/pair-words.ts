import { formatCount, formatMetric, formatRatio, MISSING } from './format.ts';
import type { Pair, PairMedia } from './model/types.ts';

/** What came of one medium in one cell; `tone` is bad where something was sent and did not arrive. */
export interface MediaWords {
  tone: 'good' | 'bad' | 'none';
  /** Codec and how much was decoded, or why nothing was. */
  what: string;
  /** Null where there is nothing to measure. */
  firstFrame: string | null;
  loss: string | null;
}

const NOT_REPORTED = 'not reported';

export function mediaWords(kind: 'audio' | 'video', pair: Pair): MediaWords {
  const media = pair[kind];
  const nothing = { firstFrame: null, loss: null };
  if (pair.joined === 0) return { tone: 'none', what: MISSING, ...nothing };
  if (media.packetRatePps === null || media.packetRatePps === 0)
    return media.sent
      ? { tone: 'bad', what: 'sent, none received', ...nothing }
      : { tone: 'none', what: 'none sent', ...nothing };
  const loss = media.lossRatio === null ? NOT_REPORTED : formatRatio(media.lossRatio);
  const codec = media.codecs.length === 0 ? `codec ${NOT_REPORTED}` : media.codecs.map(codecName).join(', ');
  const decoded = kind === 'video' ? videoDecoded(media, pair) : audioDecoded(media, pair);
  return {
    tone: decoded === null ? 'bad' : 'good',
    what: `${codec}, ${decoded ?? 'none decoded'}`,
    firstFrame:
      kind === 'audio' || decoded === null
        ? null
        : media.firstFrameMs === null
          ? NOT_REPORTED
          : formatMetric(media.firstFrameMs, 'ms'),
    loss,
  };
}

/** `2 of 2` pairs of participants; for one that never was in a room with another, why there is none. */
export function joinedWords({ planned, joined }: Pair): string {
  return planned === 0 ? 'never in one room' : `${formatCount(joined)} of ${formatCount(planned)} joined`;
}

export const PAIR_COLUMNS = [
  'Sender',
  'Receiver',
  'Pairs',
  'Video',
  'First frame',
  'Loss',
  'Audio',
  'Loss',
] as const;

/** A line for each pair of kinds that met in a room; `bad` dresses what was sent and did not arrive. */
export function pairRows(cells: readonly Pair[], bad = (text: string) => text): string[][] {
  return cells
    .filter(({ planned }) => planned > 0)
    .map((cell) => {
      const [video, audio] = [mediaWords('video', cell), mediaWords('audio', cell)];
      const what = (words: MediaWords) => (words.tone === 'bad' ? bad(words.what) : words.what);
      return [
        cell.sender,
        cell.receiver,
        joinedWords(cell),
        what(video),
        video.firstFrame ?? MISSING,
        video.loss ?? MISSING,
        what(audio),
        audio.loss ?? MISSING,
      ];
    });
}

function videoDecoded({ framesPerSecond }: PairMedia, { receiver }: Pair): string | null {
  if (framesPerSecond === null) return `frames ${NOT_REPORTED} by ${receiver}`;
  return framesPerSecond === 0 ? null : formatMetric(framesPerSecond, '1/s');
}

function audioDecoded({ audioDecodedRatio, packetRatePps }: PairMedia, { receiver }: Pair): string | null {
  // A synthetic participant decodes nothing: each packet is a whole frame of sound.
  if (receiver === 'synthetic') return `${formatCount(packetRatePps)} frames/s received`;
  if (audioDecodedRatio === null) return `decoding ${NOT_REPORTED} by ${receiver}`;
  return audioDecodedRatio === 0 ? null : `${formatRatio(audioDecodedRatio)} decoded`;
}

/** As people write it: VP8, H264, Opus. */
function codecName(codec: string): string {
  return codec === 'opus' ? 'Opus' : codec.toUpperCase();
}
