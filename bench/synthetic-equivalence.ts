/**
 * `npm run bench -- synthetic-equivalence [--json] [--participants N] [--height N] [--fps N] [--codec NAME]
 * [--audio PATTERN] [--seconds N]`: the same room once with browsers and once with synthetic participants, side by
 * side as the SFU and the participants see it. RTCP is counted in the clear at the participants, for both kinds.
 *
 * The default is as much as two cores can carry without starving the browsers' encoders: what is compared with must
 * be a healthy browser, and the benchmark says so where it is not.
 */
import { parseArgs } from 'node:util';
import { measureRoom, type RoomOptions } from './lib/equivalence/room.ts';
import { compareRooms, makeUps, type Row } from './lib/equivalence/rows.ts';

/** A browser whose encoder has the CPU it needs sends nearly every frame. */
const HEALTHY_FRAMES_RATIO = 0.9;

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      participants: { type: 'string', default: '2' },
      height: { type: 'string', default: '360' },
      fps: { type: 'string', default: '30' },
      codec: { type: 'string', default: 'vp8' },
      audio: { type: 'string', default: 'continuous' },
      seconds: { type: 'string', default: '20' },
    },
  });
  const options: RoomOptions = {
    participants: Number(values.participants),
    seconds: Number(values.seconds),
    audio: values.audio === 'speech' ? 'speech' : 'continuous',
    video: {
      codec: values.codec === 'h264' ? 'h264' : 'vp8',
      heightPixels: Number(values.height),
      framesPerSecond: Number(values.fps),
      simulcast: true,
    } as RoomOptions['video'],
  };
  const browser = await measureRoom('browser', options);
  const synthetic = await measureRoom('synthetic', options);
  const rows = compareRooms(browser, synthetic);
  const frames = rows.find(({ name }) => name === 'video frames up')?.browser ?? 0;
  const healthy = frames >= HEALTHY_FRAMES_RATIO * options.video.framesPerSecond;
  const document = {
    benchmark: 'synthetic-equivalence',
    schemaVersion: 2,
    options,
    versions: { ...browser.versions, ...synthetic.versions },
    browserHealthy: healthy,
    rows,
    rtcpMakeUp: { browser: makeUps(browser), synthetic: makeUps(synthetic) },
  };
  if (values.json) console.log(JSON.stringify(document, null, 2));
  else {
    print(rows);
    for (const [kind, lines] of Object.entries(document.rtcpMakeUp)) {
      console.log(`\nRTCP compounds of ${kind} participants, each`);
      for (const line of lines) console.log(`  ${line}`);
    }
  }
  if (!healthy) {
    console.error(
      `the browsers sent ${frames.toFixed(1)} frames a second of ${options.video.framesPerSecond}: this host has too little CPU for them, so nothing is proven; take fewer participants, a lower height or frame rate`,
    );
    return 4;
  }
  return rows.every(({ met }) => met !== false) ? 0 : 99;
}

function print(rows: readonly Row[]): void {
  console.log(`${'a participant'.padEnd(36)}${'browser'.padStart(10)}${'synthetic'.padStart(11)}`);
  for (const { name, unit, browser, synthetic, differenceRatio, target, met } of rows) {
    if (browser === 0 && synthetic === 0) continue;
    const difference =
      differenceRatio === null
        ? ''
        : `${differenceRatio > 0 ? '+' : ''}${(100 * differenceRatio).toFixed(0)} %`;
    const mark = met === null ? '' : `${met ? 'ok' : 'MISS'} (±${100 * (target ?? 0)} %)`;
    console.log(
      `${name.padEnd(36)}${figure(browser).padStart(10)}${figure(synthetic).padStart(11)}${difference.padStart(9)} ${mark.padEnd(14)} ${unit}`.trimEnd(),
    );
  }
}

function figure(value: number | null): string {
  if (value === null) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
