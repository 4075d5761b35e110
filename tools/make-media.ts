/**
 * Makes the media that synthetic participants replay: `node tools/make-media.ts`, with ffmpeg (libvpx, libx264,
 * libopus) in PATH. Everything is drawn and sounded by ffmpeg's own generators, so the files are ours. Output:
 * `media/index.json` and one `.bin` a track, the encoded units one after the other, described in `docs/synthetic.md`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MEDIA_FOLDER = fileURLToPath(new URL('../media/', import.meta.url));
const FRAMES_PER_SECOND = 30;
/** A multiple of four, the period of the temporal layers. */
const LOOP_FRAMES = 96;
/** Temporal layer of each frame of the period, and whether it needs only layer 0 (layer sync, RFC 7741). */
const TEMPORAL_PATTERN = [
  { layer: 0, sync: false },
  { layer: 2, sync: true },
  { layer: 1, sync: true },
  { layer: 2, sync: false },
];
const LAYERS = [
  { height: 180, width: 320, kbps: 150 },
  { height: 360, width: 640, kbps: 500 },
  { height: 720, width: 1280, kbps: 1200 },
];

interface Frame {
  /** Sizes of its units: one for VP8 and Opus, one a NAL unit for H.264. */
  units: number[];
  key: boolean;
  temporalLayer: number;
  layerSync: boolean;
}

const scratch = mkdtempSync(join(tmpdir(), 'make-media-'));
const tracks: Record<string, object> = {};

function ffmpeg(args: string[]): Buffer {
  const output = join(scratch, 'out');
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, output], { stdio: 'inherit' });
  return readFileSync(output);
}

function save(name: string, codec: string, more: object, units: Buffer[], frames: Frame[]): void {
  const file = `${name}.bin`;
  writeFileSync(join(MEDIA_FOLDER, file), Buffer.concat(units));
  tracks[name] = {
    file,
    codec,
    ...more,
    units: frames.map((frame) => frame.units),
    key: frames.flatMap((frame, i) => (frame.key ? [i] : [])),
    temporalLayer: frames.map((frame) => frame.temporalLayer),
    layerSync: frames.map((frame) => (frame.layerSync ? 1 : 0)),
  };
}

/** https://wiki.multimedia.cx/index.php/IVF */
function ivfFrames(ivf: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = ivf.readUInt16LE(6); at < ivf.length; ) {
    const size = ivf.readUInt32LE(at);
    frames.push(ivf.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return frames;
}

/** NAL units of an Annex B stream, grouped into access units by their delimiters (type 9). */
function accessUnits(annexB: Buffer): Buffer[][] {
  const starts: number[] = [];
  for (
    let at = annexB.indexOf('\0\0\x01', 0, 'latin1');
    at !== -1;
    at = annexB.indexOf('\0\0\x01', at + 3, 'latin1')
  ) {
    starts.push(at + 3);
  }
  const groups: Buffer[][] = [];
  for (const [i, start] of starts.entries()) {
    const next = starts[i + 1];
    let end = next === undefined ? annexB.length : next - 3;
    while (end > start && annexB[end - 1] === 0) end -= 1;
    const unit = annexB.subarray(start, end);
    const type = (unit[0] ?? 0) & 0x1f;
    if (type === 9) groups.push([]);
    // Supplemental information (6) is of no use on the wire.
    else if (type !== 6) groups.at(-1)?.push(unit);
  }
  return groups;
}

/** RFC 3533 pages; the first two packets are the Opus headers (RFC 7845). */
function oggPackets(ogg: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let partial: Buffer[] = [];
  for (let at = 0; at < ogg.length; ) {
    const segments = ogg.subarray(at + 27, at + 27 + (ogg[at + 26] ?? 0));
    let data = at + 27 + segments.length;
    for (const size of segments) {
      partial.push(ogg.subarray(data, data + size));
      data += size;
      if (size === 255) continue;
      packets.push(Buffer.concat(partial));
      partial = [];
    }
    at = data;
  }
  return packets.slice(2);
}

function makeVp8({ height, width, kbps }: (typeof LAYERS)[number]): void {
  const frames = ivfFrames(
    ffmpeg([
      ...['-f', 'lavfi', '-i', `testsrc2=s=${width}x${height}:r=${FRAMES_PER_SECOND},noise=alls=6:allf=t`],
      ...['-frames:v', String(LOOP_FRAMES), '-c:v', 'libvpx', '-deadline', 'good', '-cpu-used', '2'],
      ...['-b:v', `${kbps}k`, '-minrate', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps / 2}k`],
      ...['-g', '9999', '-lag-in-frames', '0', '-auto-alt-ref', '0', '-error-resilient', '1'],
      '-ts-parameters',
      `ts_number_layers=3:ts_target_bitrate=${Math.round(kbps * 0.5)},${Math.round(kbps * 0.7)},${kbps}:` +
        'ts_rate_decimator=4,2,1:ts_periodicity=4:ts_layer_id=0,2,1,2:ts_layering_mode=3',
      ...['-f', 'ivf'],
    ]),
  );
  const described = frames.map((frame, i): Frame => {
    const { layer, sync } = TEMPORAL_PATTERN[i % TEMPORAL_PATTERN.length] ?? { layer: 0, sync: false };
    return { units: [frame.length], key: ((frame[0] ?? 1) & 1) === 0, temporalLayer: layer, layerSync: sync };
  });
  save(`vp8-${height}`, 'vp8', { width, height, framesPerSecond: FRAMES_PER_SECOND }, frames, described);
}

function makeH264({ height, width, kbps }: (typeof LAYERS)[number]): void {
  const groups = accessUnits(
    ffmpeg([
      ...['-f', 'lavfi', '-i', `testsrc2=s=${width}x${height}:r=${FRAMES_PER_SECOND},noise=alls=6:allf=t`],
      ...['-frames:v', String(LOOP_FRAMES), '-c:v', 'libx264', '-profile:v', 'baseline', '-level', '3.1'],
      ...['-preset', 'medium', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
      ...['-b:v', `${kbps}k`, '-maxrate', `${kbps}k`, '-bufsize', `${kbps / 2}k`, '-g', '9999'],
      ...['-x264-params', 'aud=1:sliced-threads=0:slices=1', '-f', 'h264'],
    ]),
  );
  const frames = groups.map((units): Frame => {
    const key = units.some((unit) => ((unit[0] ?? 0) & 0x1f) === 5);
    return { units: units.map((unit) => unit.length), key, temporalLayer: 0, layerSync: false };
  });
  save(
    `h264-${height}`,
    'h264',
    { width, height, framesPerSecond: FRAMES_PER_SECOND },
    groups.flat(),
    frames,
  );
}

/** Two slides: each a key frame, a few refining frames and then frames in which nothing moves. */
function makeScreen(): void {
  const slides = [0.3, 0.02].map((scale) =>
    ivfFrames(
      ffmpeg([
        ...['-f', 'lavfi', '-i', `mandelbrot=s=1280x720:r=5:start_scale=${scale},loop=loop=-1:size=1`],
        ...[
          '-frames:v',
          '12',
          '-c:v',
          'libvpx',
          '-deadline',
          'good',
          '-cpu-used',
          '2',
          '-b:v',
          '900k',
          '-qmin',
          '20',
        ],
        ...['-g', '9999', '-lag-in-frames', '0', '-auto-alt-ref', '0', '-error-resilient', '1', '-f', 'ivf'],
      ]),
    ),
  );
  const frames = slides.flat().map(
    (frame): Frame => ({
      units: [frame.length],
      key: ((frame[0] ?? 1) & 1) === 0,
      temporalLayer: 0,
      layerSync: false,
    }),
  );
  save('vp8-screen', 'vp8', { width: 1280, height: 720, framesPerSecond: 5 }, slides.flat(), frames);
}

function makeOpus(name: string, source: string, seconds: number): void {
  const packets = oggPackets(
    ffmpeg([
      ...['-f', 'lavfi', '-i', source, '-t', String(seconds), '-ac', '1', '-ar', '48000', '-c:a', 'libopus'],
      ...['-b:a', '32k', '-vbr', 'on', '-application', 'voip', '-frame_duration', '20', '-f', 'ogg'],
    ]),
  );
  const frames = packets.map(
    (packet): Frame => ({ units: [packet.length], key: false, temporalLayer: 0, layerSync: false }),
  );
  save(name, 'opus', { frameDurationMs: 20 }, packets, frames);
}

try {
  for (const layer of LAYERS) makeVp8(layer);
  for (const layer of LAYERS) makeH264(layer);
  makeScreen();
  // A voice of sorts: harmonics of a wandering pitch, opened and closed four times a second, with some breath.
  const pitch = '2*PI*t*(120+15*sin(2*PI*0.6*t))';
  const voice = [1, 2, 3, 4, 5, 6, 8, 10].map((n) => `${(0.22 / n).toFixed(3)}*sin(${n}*${pitch})`).join('+');
  makeOpus('opus-speech', `aevalsrc=(${voice}+0.02*random(0))*(0.25+0.75*pow(sin(PI*4*t)\\,2)):s=48000`, 4);
  makeOpus('opus-silence', 'anoisesrc=r=48000:a=0.0004:c=pink:seed=1', 0.4);
  writeFileSync(join(MEDIA_FOLDER, 'index.json'), `${JSON.stringify({ version: 1, tracks })}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
