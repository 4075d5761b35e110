import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { HtmlReporter } from '../../src/reports/html/reporter.ts';
import { buildReport } from '../../src/reports/model/build.ts';
import { mediaWords } from '../../src/reports/pair-words.ts';
import { RunReader } from '../../src/results/reader.ts';
import { processesOf, startCli, withFolder } from '../support/cli.ts';
import { listeners } from '../support/listeners.ts';
import { ownAddress } from '../support/own-address.ts';
import { ensureProgram } from './servers/provide.ts';

const SCENARIO = new URL('../../scenarios/interop.yaml', import.meta.url);

beforeAll(() => ensureProgram('firefox-esr', ['--version'], ['firefox-esr']));

/** The answer to a request that comes from another address than the one that is asked. */
async function fromElsewhere(address: string, path: string): Promise<number> {
  const [host = '', port] = address.split(':');
  const asked = request({ host, port, path, localAddress: '127.0.0.1' });
  asked.end();
  const [response] = await once(asked, 'response');
  response.resume();
  return response.statusCode;
}

/** scenarios/interop.yaml with less of it, as a file in `folder`. */
async function shorter(folder: string, change: Record<string, unknown>): Promise<string> {
  const scenario = { ...parse(await readFile(SCENARIO, 'utf8')), ...change };
  const file = join(folder, 'interop.yaml');
  await writeFile(file, stringify(scenario));
  return file;
}

describe('scenarios/interop.yaml', () => {
  it('fills every cell of the matrix, in a network of its own', () =>
    withFolder(async (folder) => {
      const file = await shorter(folder, {
        load: {
          stages: [
            { kind: 'ramp', rate: 2 },
            { kind: 'warm-up', duration: '2s' },
            { kind: 'hold', duration: '6s' },
          ],
        },
      });
      const dir = join(folder, 'run');
      const { stdout, stderr } = await startCli(['run', file, '--out', dir]).ended;
      expect(stderr).toContain('nothing of it can be reached from elsewhere');

      const report = await buildReport(await RunReader.open(dir));
      const { manifest, pairs } = report;
      expect(manifest).toMatchObject({ status: 'completed', participants: { planned: 6, joined: 6 } });
      const gates = manifest.gates.map(({ expression, outcome }) => [expression, outcome]);
      expect(gates).toHaveLength(2 + 18);
      expect(gates).toEqual(gates.map(([expression]) => [expression, 'passed']));
      expect(pairs?.kinds).toEqual(['chromium', 'firefox', 'synthetic']);
      for (const cell of pairs?.cells ?? []) {
        expect(cell.joined).toBe(cell.planned);
        expect(cell.planned).toBe(cell.sender === cell.receiver ? 2 : 4);
        expect(cell.video).toMatchObject({ sent: true, codecs: ['vp8'] });
        expect(cell.audio).toMatchObject({ sent: true, codecs: ['opus'] });
        for (const number of [cell.video.framesPerSecond, cell.video.firstFrameMs, cell.audio.packetRatePps])
          expect(number).toBeGreaterThan(0);
        for (const loss of [cell.video.lossRatio, cell.audio.lossRatio]) expect(loss).toBeLessThan(0.1);
        if (cell.receiver === 'synthetic') expect(cell.audio.audioDecodedRatio).toBeNull();
        else expect(cell.audio.audioDecodedRatio).toBeGreaterThan(0.5);
        for (const kind of ['audio', 'video'] as const) expect(mediaWords(kind, cell).tone).toBe('good');
      }
      // What Firefox does not tell is missing, and said to be.
      const silent = pairs?.notReported.find(({ kind }) => kind === 'firefox')?.notReported;
      expect(silent).toEqual(expect.arrayContaining(['datagrams sent', 'available outgoing bitrate']));
      const page = new HtmlReporter(null).render(report);
      for (const { receivers } of pairs?.cells ?? [])
        for (const id of receivers) {
          expect(page).toContain(`href="#participant-${id}"`);
          expect(page).toContain(`id="participant-${id}"`);
        }
      expect(stdout).toContain('Who received whom');
    }));

  it('opens with --advertise no more than it says', () =>
    withFolder(async (folder) => {
      const file = await shorter(folder, {
        participants: [
          { name: 'firefox', engine: 'browser', browser: 'firefox', count: 2, publish: { video: false } },
        ],
        load: {
          stages: [
            { kind: 'ramp', rate: 2 },
            { kind: 'hold', duration: '3s' },
          ],
        },
        gates: [{ expression: 'mean(participant.join_failed_ratio) == 0', window: 'all' }],
      });
      const advertise = ownAddress();
      const cli = startCli(['run', file, '--advertise', advertise, '--out', join(folder, 'run')]);
      await cli.output(/ {2}joined [12]\/2/);
      expect(cli.text()).toContain(`open on ${advertise}`);
      // The participants' page, and the door of the cluster.
      const open = listeners(processesOf(cli.mark).map(({ pid }) => pid));
      const outside = open.filter((address) => !address.startsWith('127.'));
      expect(outside.filter((address) => address.startsWith(`${advertise}:`))).toEqual(outside);
      expect(outside).toHaveLength(2);
      // What steers and reads the cluster is for this host alone.
      const answers = await Promise.all(outside.map((address) => fromElsewhere(address, '/samples')));
      expect(answers.sort()).toEqual([403, 404]);
      expect((await cli.ended).exitCode).toBe(0);
    }));
});
