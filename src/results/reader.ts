import { readFile } from 'node:fs/promises';
import { errorMessage, usageError } from '../errors.ts';
import { DistributionStore, roomIds } from './distribution-store.ts';
import { FILES, inFolder } from './files.ts';
import { parseManifest } from './manifest.ts';
import { type NdjsonProblems, readNdjson } from './ndjson.ts';
import { rebuildManifest } from './rebuild.ts';
import type { DistributionRecord, Manifest, TimelineRecord } from './records.ts';
import { asDistributionRecord, asTimelineRecord } from './validate.ts';

/** Which lines of the distributions are wanted: none that are kept by room, or those of these (ids or names). */
export interface DistributionChoice {
  rooms?: 'all' | ReadonlySet<string>;
}

/**
 * Reads a run's folder, whatever became of the run. Streams its files, so memory does not grow with the run.
 * What could not be read is said in `warnings`.
 */
export class RunReader {
  readonly dir: string;
  /** As the run left it; of a run that was killed, with what its timeline tells filled in. */
  readonly manifest: Manifest;
  /** The run left no end: it was killed, or still goes on. */
  readonly died: boolean;
  readonly #warnings = new Set<string>();

  private constructor(dir: string, manifest: Manifest, died: boolean) {
    this.dir = dir;
    this.manifest = manifest;
    this.died = died;
  }

  /** Throws usageError `RTCB_NOT_A_RUN` when there is no manifest, `RTCB_MANIFEST_INVALID` when it is none. */
  static async open(dir: string): Promise<RunReader> {
    const path = inFolder(dir, 'manifest');
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      throw usageError(
        'RTCB_NOT_A_RUN',
        `${dir} is not the folder of a run: ${errorMessage(error)}`,
        'Name the folder that `rtc-bench run` printed at its end; by default it is under reports/.',
      );
    }
    const manifest = parseManifest(text, path);
    const died = manifest.status === 'running';
    const reader = new RunReader(dir, manifest, died);
    if (!died) return reader;
    const rebuilt = await rebuildManifest(manifest, (take) => reader.timeline(take));
    const result = new RunReader(dir, rebuilt, true);
    for (const warning of reader.warnings) result.#warnings.add(warning);
    return result;
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** Calls `take` for every record of the timeline, in order. */
  async timeline(take: (record: TimelineRecord) => void): Promise<void> {
    let unusable = 0;
    const problems = await readNdjson(inFolder(this.dir, 'timeline'), (value) => {
      const record = asTimelineRecord(value);
      if (record === null) unusable += 1;
      else take(record);
    });
    this.#note(FILES.timeline, problems, unusable);
  }

  /** Calls `take` for every window of a distribution that is wanted, in order. */
  async distributions(
    take: (record: DistributionRecord) => void,
    choice: DistributionChoice = {},
  ): Promise<void> {
    let unusable = 0;
    const names = this.manifest.rooms ?? {};
    const rooms =
      choice.rooms instanceof Set
        ? new Set([...choice.rooms].flatMap((room: string) => [...roomIds(room, names)]))
        : choice.rooms;
    const problems = await readNdjson(
      inFolder(this.dir, 'distributions'),
      (value) => {
        const record = asDistributionRecord(value);
        if (record === null) unusable += 1;
        else if (
          record.labels.room === undefined ||
          rooms === 'all' ||
          rooms?.has(record.labels.room) === true
        )
          take(record);
      },
      // Lines by room are most of the file; where they are not wanted they are not parsed.
      rooms === undefined ? (line) => !line.includes('"labels":{"room":') : undefined,
    );
    this.#note(FILES.distributions, problems, unusable);
  }

  /** The distributions merged, ready for questions. */
  async loadDistributions(choice: DistributionChoice = {}): Promise<DistributionStore> {
    const store = new DistributionStore(this.manifest.rooms);
    await this.distributions((record) => store.add(record), choice);
    return store;
  }

  #note(file: string, { malformed, truncated, missing }: NdjsonProblems, unusable: number): void {
    if (missing) this.#warnings.add(`${file} is missing`);
    if (truncated) this.#warnings.add(`${file} ends in the middle of a line, which was skipped`);
    const skipped = malformed + unusable;
    if (skipped > 0)
      this.#warnings.add(`${file}: skipped ${skipped} line${skipped === 1 ? '' : 's'} of unknown form`);
  }
}
