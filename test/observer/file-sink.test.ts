import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileRoute } from '../../src/observer/index.ts';
import { REPORT_COLUMNS } from '../../src/observer/reports/columns.ts';
import { reportsIn } from '../../src/observer/reports/row-bytes.ts';
import { REPORT_TYPES, type Report } from '../../src/observer/reports/types.ts';
import { DEFAULT_FILE_SINK, openFileSink, rowsForFiles } from '../../src/observer/sinks/file.ts';
import { createLoggerSink } from '../../src/observer/sinks/logger.ts';
import { RowPacker } from '../../src/observer/sinks/rows.ts';
import { createSystem } from '../../src/system/real.ts';

const event = (name: string): Report => ({
  type: 'call-event',
  base: { serviceId: 'svc' },
  stat: {},
  own: { name },
});
const never = new AbortController().signal;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'files-'));
});
afterEach(() => rm(directory, { recursive: true }));
const lines = async (file: string): Promise<string[]> =>
  (await readFile(join(directory, file), 'utf8')).trimEnd().split(/\r?\n/);

describe('report files', () => {
  it('are there from the beginning, one a type, with upstream’s columns as their header', async () => {
    const sink = await openFileSink({ ...DEFAULT_FILE_SINK, directory });
    await sink.close();
    expect((await readdir(directory)).toSorted()).toEqual(
      REPORT_TYPES.map((type) => `${type}.csv`).toSorted(),
    );
    for (const type of REPORT_TYPES) {
      expect(await lines(`${type}.csv`)).toEqual([REPORT_COLUMNS[type].join(',')]);
    }
  });

  it('go on where an earlier process stopped, without a second header', async () => {
    for (const name of ['ONE', 'TWO']) {
      const sink = await openFileSink({ ...DEFAULT_FILE_SINK, directory });
      await sink.write([event(name)], never);
      await sink.close();
    }
    const rows = await lines('call-event.csv');
    expect(rows.map((row) => row.split(',')[2])).toEqual(['name', 'ONE', 'TWO']);
  });

  it('hold every row whole, short ones and one that is larger than a piece of memory, in their order', async () => {
    const long = 'ä'.repeat(300_000);
    const names = Array.from({ length: 20_000 }, (_, index) => `EVENT_${index}`).toSpliced(10_000, 0, long);
    const packer = new RowPacker(rowsForFiles(DEFAULT_FILE_SINK), 1000);
    const sink = await openFileSink({ ...DEFAULT_FILE_SINK, directory });
    // As a queue has them: packed on arrival, and some not.
    const batch = names.flatMap((name, index) => {
      if (index % 7000 !== 0) return packer.add(event(name)) ?? [];
      packer.seal();
      return event(name);
    });
    expect(batch.length).toBeLessThan(100);
    expect(batch.reduce((sum, report) => sum + reportsIn(report), 0)).toBe(names.length);
    expect(await sink.write(batch, never)).toEqual({ retry: [], rejected: [], reason: null });
    await sink.close();
    const rows = (await lines('call-event.csv')).slice(1);
    expect(rows.map((row) => row.split(',')[2])).toEqual(names);
  });

  it('are turned over at their size, each with a header, and old ones are deleted when asked to', async () => {
    const sink = await openFileSink({
      ...DEFAULT_FILE_SINK,
      directory,
      rotateBytes: 300,
      keepFiles: 2,
      types: ['call-event'],
    });
    for (let index = 0; index < 40; index += 1) await sink.write([event(`E${index}`)], never);
    await sink.close();
    const files = (await readdir(directory)).toSorted();
    expect(files).toHaveLength(3);
    expect(files).toContain('call-event.csv');
    const rotated = files.filter((file) => /\.\d+\./.test(file));
    for (const file of rotated) expect((await lines(file))[0]).toMatch(/^serviceId,timestamp,name/);
    const names = (await Promise.all(files.map(lines))).flat().flatMap((row) => row.match(/E\d+/) ?? []);
    expect(names).toContain('E39');
    expect(new Set(names).size).toBe(names.length);
  });

  it('go on growing where they cannot be put aside, and lose nothing', async () => {
    const sink = await openFileSink({
      ...DEFAULT_FILE_SINK,
      directory,
      rotateBytes: 300,
      types: ['call-event'],
    });
    await mkdir(join(directory, 'call-event.1.csv', 'in the way'), { recursive: true });
    for (let index = 0; index < 6; index += 1) {
      expect((await sink.write([event(`E${index}`)], never)).retry).toEqual([]);
    }
    await sink.close();
    const files = (await readdir(directory)).filter((file) => file !== 'call-event.1.csv');
    const names = (await Promise.all(files.map(lines))).flat().flatMap((row) => row.match(/E\d+/) ?? []);
    expect(names.toSorted()).toEqual(['E0', 'E1', 'E2', 'E3', 'E4', 'E5']);
  });

  it('can be lines of JSON', async () => {
    const sink = await openFileSink({ ...DEFAULT_FILE_SINK, directory, encoding: 'json', types: [] });
    await sink.write([event('ONE')], never);
    await sink.close();
    expect((await lines('call-event.ndjson')).map((line) => JSON.parse(line))).toEqual([
      { type: 'CALL_EVENT', schemaVersion: '2.2.0', payload: { serviceId: 'svc', name: 'ONE' } },
    ]);
  });

  it('are known to be written before the event loop comes to it', async () => {
    const sink = await openFileSink({ ...DEFAULT_FILE_SINK, directory, types: ['call-event'] });
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    let written = false;
    const writing = sink.write([event('ONE')], never).then(() => {
      written = true;
    });
    const deadlineMs = performance.now() + 5000;
    // Only what promises promised runs between two looks.
    while (!written && performance.now() < deadlineMs) {
      sink.poll?.();
      await Promise.resolve();
    }
    expect({ written, turned }).toEqual({ written: true, turned: false });
    await writing;
    await sink.close();
  });

  it('keep a process that has nothing else to do until they are closed, and no longer', async () => {
    const program = `
      import { openFileSink, DEFAULT_FILE_SINK } from ${JSON.stringify(import.meta.resolve('../../src/observer/sinks/file.ts'))};
      const sink = await openFileSink({ ...DEFAULT_FILE_SINK, directory: ${JSON.stringify(directory)} });
      const report = { type: 'call-event', base: {}, stat: {}, own: { name: 'ONE' } };
      await sink.write([report], new AbortController().signal);
      if (process.argv[2] === 'close') await sink.close();
      console.log('done');
    `;
    const file = join(directory, 'program.mjs');
    await writeFile(file, program);
    for (const ending of ['close', 'leave open']) {
      const { stdout } = await promisify(execFile)(process.execPath, [file, ending]);
      expect(stdout).toBe('done\n');
    }
    expect(await lines('call-event.csv')).toHaveLength(3);
  });

  it('on a disk that hangs stop nobody, and have everything once it is well', async () => {
    const path = join(directory, 'call-event.csv');
    await promisify(execFile)('mkfifo', [path]);
    // A pipe takes 64 KiB and then nothing until it is read: as long as the test wants.
    const pipe = await open(path, constants.O_RDWR);
    const names = Array.from({ length: 20_000 }, (_, index) => `EVENT_${index}`);
    const { clock } = createSystem();
    const route = fileRoute(directory, clock, { file: { types: ['call-event'] } });
    await route.queue.prepare();
    for (const name of names) route.queue.push(event(name));
    await new Promise(setImmediate);
    expect(route.queue.counters).toMatchObject({ written: 0, dropped: { 'buffer-full': 0 } });
    let text = '';
    while (!text.includes(`${names.at(-1)},`)) {
      const { buffer, bytesRead } = await pipe.read();
      text += buffer.toString('utf8', 0, bytesRead);
    }
    await route.queue.close();
    await pipe.close();
    const rows = text.trimEnd().split('\r\n').slice(1);
    expect(rows.map((row) => row.split(',')[2])).toEqual(names);
    expect(route.queue.counters.written).toBe(names.length);
  });

  it('that cannot be written leave the others written, and their reports for another try', async () => {
    const sink = await openFileSink({ ...DEFAULT_FILE_SINK, directory, types: ['call-event'] });
    await rm(directory, { recursive: true });
    const other: Report = { ...event('X'), type: 'sfu-event' };
    const result = await sink.write([event('ONE'), other], never);
    expect(result.retry).toEqual([other]);
    expect(result.reason).toContain('ENOENT');
    await sink.close();
    directory = await mkdtemp(join(tmpdir(), 'files-'));
  });
});

describe('the log', () => {
  const write = async (options: Parameters<typeof createLoggerSink>[0]): Promise<string> => {
    let text = '';
    const stream = {
      isTTY: false,
      columns: 80,
      write(more: string) {
        text += more;
      },
    };
    await createLoggerSink(options, stream).write([event('a\u001b[31m'), event('b')], never);
    return text;
  };
  it('prints reports, summaries, both or nothing, and no control characters', async () => {
    expect(await write({ logLevel: 'INFO', printReports: false, printTypeSummary: false })).toBe('');
    expect(await write({ logLevel: 'WARN', printReports: false, printTypeSummary: true })).toBe(
      'WARN call-event: 2\n',
    );
    const printed = await write({ logLevel: 'INFO', printReports: true, printTypeSummary: false });
    expect(printed.split('\n')).toHaveLength(3);
    expect(printed).not.toContain('\u001b');
  });
});
