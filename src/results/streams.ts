import { join } from 'node:path';
import { AppendStream, BACKLOG_LIMIT_BYTES } from './append-stream.ts';
import { FILES, inFolder, type ResultFiles } from './files.ts';

/** Space kept aside in the folder, so that on a full disk there is room for how the run ended. */
const RESERVE_FILE = '.reserve';
const RESERVE_BYTES = 2 * 1024 * 1024;

const NAMES = ['timeline', 'distributions', 'bridges', 'participants', 'tracks'] as const;
type Name = (typeof NAMES)[number];

/** The append-only files of a run, and the space that is kept for their end. */
export class RecordStreams {
  readonly #dir: string;
  readonly #files: ResultFiles;
  readonly #streams: Record<Name, AppendStream>;

  /** Creates the files, none of which may exist yet. `onFailure` is called for each write that fails. */
  static async create(
    dir: string,
    files: ResultFiles,
    onFailure: (file: string, error: unknown) => void,
  ): Promise<RecordStreams> {
    const reserve = await files.create(join(dir, RESERVE_FILE));
    await reserve.append('\n'.repeat(RESERVE_BYTES));
    await reserve.close();
    const stream = async (name: Name) =>
      new AppendStream(await files.create(inFolder(dir, name)), (error) => onFailure(FILES[name], error));
    return new RecordStreams(dir, files, {
      timeline: await stream('timeline'),
      distributions: await stream('distributions'),
      bridges: await stream('bridges'),
      participants: await stream('participants'),
      tracks: await stream('tracks'),
    });
  }

  private constructor(dir: string, files: ResultFiles, streams: Record<Name, AppendStream>) {
    this.#dir = dir;
    this.#files = files;
    this.#streams = streams;
  }

  get(name: Name): AppendStream {
    return this.#streams[name];
  }

  /** Waits for files that are far behind. */
  async drain(): Promise<void> {
    for (const stream of this.#all()) if (stream.backlogBytes > BACKLOG_LIMIT_BYTES) await stream.flush();
  }

  /** Gives up what waits to be written as rows, so that there is space for how the run ended. */
  discardRows(): void {
    for (const name of ['bridges', 'participants', 'tracks'] as const) this.#streams[name].discard();
  }

  /** Writes all that waits; what finds no space is tried once more in the space kept aside. */
  async flush(): Promise<void> {
    if (await this.#flushAll()) return;
    await this.freeReserve();
    await this.#flushAll();
  }

  freeReserve(): Promise<void> {
    return this.#files.remove(join(this.#dir, RESERVE_FILE)).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.freeReserve();
    for (const stream of this.#all()) await stream.close().catch(() => undefined);
  }

  /** Whether everything is in the files. */
  async #flushAll(): Promise<boolean> {
    let complete = true;
    for (const stream of this.#all()) complete = (await stream.flush()) && complete;
    return complete;
  }

  #all(): AppendStream[] {
    return NAMES.map((name) => this.#streams[name]);
  }
}
