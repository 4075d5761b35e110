import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MediaStore } from '../../../src/participants/synthetic/media/store.ts';
import { packageRoot } from '../../../src/setup/package-root.ts';

const FRAMES = 60;

/**
 * A folder of media whose video is nothing but packets of one size: `packetsPerFrame` payloads of `payloadBytes`.
 * The SFU forwards what it does not understand; the key frame's beginning is taken from the real track.
 */
export async function writeEvenMedia(
  folder: string,
  packetsPerFrame: number,
  payloadBytes: number,
): Promise<void> {
  const real = join(packageRoot(), 'media');
  const track = new MediaStore(real).track('vp8-360');
  const frameBytes = packetsPerFrame * payloadBytes;
  const data = Buffer.alloc(FRAMES * frameBytes, 0x5a);
  for (let frame = 0; frame < FRAMES; frame += 1) data.writeUInt8(0x01, frame * frameBytes);
  track.data.copy(data, 0, 0, 16);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'even.bin'), data);
  const frames = Array.from({ length: FRAMES }, () => [frameBytes]);
  const zeros = frames.map(() => 0);
  const even = { file: 'even.bin', codec: 'vp8', width: 640, height: 360, framesPerSecond: 30 };
  const index = {
    version: 1,
    tracks: { 'vp8-360': { ...even, units: frames, key: [0], temporalLayer: zeros, layerSync: zeros } },
  };
  await writeFile(join(folder, 'index.json'), JSON.stringify(index));
}
