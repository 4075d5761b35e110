import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { environmentError } from '../../../errors.ts';
import { missingBytes, type Pace } from './fill.ts';
import { type MediaPacket, packetizeH264, packetizeOpus, packetizeVp8, type Unit } from './packetize.ts';

/** `media/index.json`, as `tools/make-media.ts` writes it. */
const TrackSchema = z.object({
  file: z.string(),
  codec: z.enum(['vp8', 'h264', 'opus']),
  width: z.number().int().optional(),
  height: z.number().int().optional(),
  framesPerSecond: z.number().optional(),
  frameDurationMs: z.number().optional(),
  units: z.array(z.array(z.number().int().positive())),
  key: z.array(z.number().int()),
  temporalLayer: z.array(z.number().int()),
  layerSync: z.array(z.number().int()),
});
const IndexSchema = z.object({ version: z.literal(1), tracks: z.record(z.string(), TrackSchema) });

export interface MediaFrame {
  packets: readonly MediaPacket[];
  key: boolean;
  temporalLayer: number;
  /** Needs only temporal layer 0 (RFC 7741, Y bit). */
  layerSync: boolean;
}

/** A recorded track, cut into packets once. */
export interface MediaTrack {
  codec: 'vp8' | 'h264' | 'opus';
  width: number | null;
  height: number | null;
  data: Buffer;
  frames: readonly MediaFrame[];
  /** Indexes of key frames. */
  keyFrames: readonly number[];
}

const PACKETIZE = { vp8: packetizeVp8, h264: packetizeH264, opus: packetizeOpus };

/** Reads recorded tracks of a folder, each once. */
export class MediaStore {
  readonly #folder: string;
  readonly #tracks = new Map<string, MediaTrack>();
  #index: z.infer<typeof IndexSchema> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * A recording as it is, or with frames filled up so that it plays at a pace. Throws environmentError when the media
   * that come with rtc-bench are not there.
   */
  track(name: string, pace: Pace | null = null): MediaTrack {
    const key = pace === null ? name : `${name} ${pace.framesPerSecond} ${pace.bitrateBps}`;
    const known = this.#tracks.get(key);
    if (known !== undefined) return known;
    this.#index ??= IndexSchema.parse(JSON.parse(this.#read('index.json').toString('utf8')));
    const entry = this.#index.tracks[name];
    if (entry === undefined)
      throw environmentError('RTCB_MEDIA_MISSING', `there is no recorded track ${name}`);
    const { data, units } = filled(this.#read(entry.file), entry, pace);
    const frames = units.map(
      (frameUnits, i): MediaFrame => ({
        packets: PACKETIZE[entry.codec](data, frameUnits),
        key: entry.key.includes(i),
        temporalLayer: entry.temporalLayer[i] ?? 0,
        layerSync: entry.layerSync[i] === 1,
      }),
    );
    const track: MediaTrack = {
      codec: entry.codec,
      width: entry.width ?? null,
      height: entry.height ?? null,
      data,
      frames,
      keyFrames: entry.key,
    };
    this.#tracks.set(key, track);
    return track;
  }

  /** One track after the other, as one. */
  joined(names: readonly string[]): MediaTrack {
    const tracks = names.map((name) => this.track(name));
    const [first] = tracks;
    if (first === undefined) throw new Error('no tracks to join');
    const frames: MediaFrame[] = [];
    const keyFrames: number[] = [];
    let bytes = 0;
    for (const track of tracks) {
      const base = bytes;
      keyFrames.push(...track.keyFrames.map((frame) => frame + frames.length));
      for (const frame of track.frames) {
        const packets = frame.packets.map((packet) => ({ ...packet, offset: packet.offset + base }));
        frames.push({ ...frame, packets });
      }
      bytes += track.data.length;
    }
    return { ...first, data: Buffer.concat(tracks.map(({ data }) => data)), frames, keyFrames };
  }

  #read(file: string): Buffer {
    try {
      return readFileSync(join(this.#folder, file));
    } catch (cause) {
      throw environmentError(
        'RTCB_MEDIA_MISSING',
        `cannot read the recorded media ${join(this.#folder, file)}`,
        {
          hint: 'they come with the package: reinstall it, or make them with node tools/make-media.ts',
          cause,
        },
      );
    }
  }
}

/**
 * The units of each frame, and zeros after the last one where the pace asks for more bytes. Decoders do not look at
 * them: the last partition of a VP8 frame takes whatever is left (RFC 6386, section 9.5), and behind a NAL unit they
 * become trailing zeros of the byte stream (ITU-T H.264, B.1.1), which is what every decoder is given.
 */
function filled(
  recorded: Buffer,
  entry: z.infer<typeof TrackSchema>,
  pace: Pace | null,
): { data: Buffer; units: Unit[][] } {
  const sizes = entry.units.map((lengths) => lengths.reduce((total, length) => total + length, 0));
  const missing = pace === null ? sizes.map(() => 0) : missingBytes(sizes, new Set(entry.key), pace);
  const pieces: Buffer[] = [];
  let [from, at] = [0, 0];
  const units = entry.units.map((lengths, i) => {
    const more = missing[i] ?? 0;
    const frame = lengths.map((length, unit) => {
      const extra = unit === lengths.length - 1 ? more : 0;
      at += length + extra;
      return { offset: at - length - extra, length: length + extra };
    });
    const size = sizes[i] ?? 0;
    pieces.push(recorded.subarray(from, from + size), Buffer.alloc(more));
    from += size;
    return frame;
  });
  return { data: pace === null ? recorded : Buffer.concat(pieces), units };
}
