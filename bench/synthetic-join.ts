/**
 * `npm run bench -- synthetic-join [--json] [--seconds N] [--pcap FOLDER]`: the join of a browser and of a synthetic
 * participant, captured between them and the SFU, side by side: STUN, DTLS, and of SRTP and SRTCP what is in the clear.
 * `--pcap` keeps the captures for Wireshark.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareJoins, viewsOf } from './lib/capture/compare.ts';
import { captureJoin } from './lib/capture/join.ts';
import { writePcap } from './lib/capture/pcap.ts';

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '12' },
      pcap: { type: 'string' },
    },
  });
  const seconds = Number(values.seconds);
  const browser = await captureJoin('browser', seconds);
  const synthetic = await captureJoin('synthetic', seconds);
  if (values.pcap !== undefined) {
    await writePcap(join(values.pcap, 'browser.pcap'), browser.conversations);
    await writePcap(join(values.pcap, 'synthetic.pcap'), synthetic.conversations);
  }
  const rows = compareJoins(viewsOf(browser), viewsOf(synthetic));
  if (values.json) {
    console.log(JSON.stringify({ benchmark: 'synthetic-join', schemaVersion: 1, rows }, null, 2));
  } else {
    for (const { role, name, browser: theirs, synthetic: ours, alike } of rows) {
      const mark = alike === null ? '    ' : alike ? 'ok  ' : 'MISS';
      console.log(`${mark} ${role}: ${name}\n       browser    ${theirs}\n       synthetic  ${ours}`);
    }
  }
  return rows.every(({ alike }) => alike !== false) ? 0 : 99;
}
