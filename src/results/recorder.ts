import { join } from 'node:path';
import { environmentError, errorMessage, RtcBenchError, usageError } from '../errors.ts';
import type { DistributionQuery } from '../gates/types.ts';
import type { MetricLabels, MetricName } from '../metrics/catalogue.ts';
import { BridgeSummaries } from './bridge-summaries.ts';
import { BRIDGE_COLUMNS, csvHeader, csvRow, PARTICIPANT_COLUMNS, TRACK_COLUMNS } from './csv.ts';
import { CsvStream } from './csv-stream.ts';
import { DistributionStore } from './distribution-store.ts';
import { DistributionWindows, windowLengthMs } from './distribution-windows.ts';
import { FILES, nodeFiles, RECORDED_FILES, type ResultFiles } from './files.ts';
import { ManifestFile } from './manifest-file.ts';
import type {
  BridgeRow,
  BridgeSummary,
  Manifest,
  ParticipantRow,
  RunStatus,
  TimelineRecord,
  TrackRow,
} from './records.ts';
import { RowThinning } from './row-interval.ts';
import { RecordStreams } from './streams.ts';

export interface RecorderOptions {
  /** How long the run is to last, in milliseconds: decides how finely it is recorded. Default 10 minutes. */
  durationMs?: number;
  /** Tracks and participants that the plan expects, so that rows keep one interval. Default 0: seen as they come. */
  expectedTracks?: number;
  expectedParticipants?: number;
  /**
   * Called once, when something cannot be written: the run should end. What is measured from then on still
   * reaches `query()`, the timeline and the distributions if there is space, but no CSV.
   */
  onFailure?(error: RtcBenchError): void;
  files?: ResultFiles;
}

/** The first thing that could not be written; shared with streams that are opened before the recorder is. */
interface Failures {
  error: RtcBenchError | null;
  tell(file: string, error: unknown): void;
}

/** Writes a run's folder while it goes on. All `tMs` are milliseconds since the run's origin and never fall. */
export class RunRecorder {
  readonly dir: string;
  readonly #streams: RecordStreams;
  readonly #manifest: ManifestFile;
  readonly #bridgeCsv: CsvStream;
  readonly #participantCsv: CsvStream;
  readonly #trackCsv: CsvStream;
  readonly #participantRows: RowThinning;
  readonly #trackRows: RowThinning;
  readonly #windows: DistributionWindows;
  readonly #store: DistributionStore;
  readonly #bridges = new BridgeSummaries();
  readonly #failures: Failures;
  #lastMs = 0;

  /**
   * Makes the folder and writes its first manifest. Throws usageError `RTCB_OUT_NOT_EMPTY` when something is in it
   * already, environmentError `RTCB_OUT_UNWRITABLE` when it cannot be made.
   */
  static async create(dir: string, manifest: Manifest, options: RecorderOptions = {}): Promise<RunRecorder> {
    const files = options.files ?? nodeFiles;
    const failures: Failures = { error: null, tell: () => undefined };
    let recorder: RunRecorder;
    try {
      refuseWhatIsThere(dir, await files.makeFolder(dir));
      const streams = await RecordStreams.create(dir, files, (file, error) => failures.tell(file, error));
      recorder = new RunRecorder(dir, manifest, options, files, streams, failures);
    } catch (error) {
      if (error instanceof RtcBenchError) throw error;
      throw environmentError('RTCB_OUT_UNWRITABLE', `cannot write to ${dir}: ${errorMessage(error)}`, {
        hint: 'Choose a folder that you may write to, on a disk with space, with --out.',
        cause: error,
      });
    }
    await recorder.updateManifest({ files: [...RECORDED_FILES] });
    if (recorder.failure === null) return recorder;
    await recorder.#streams.close();
    throw recorder.failure;
  }

  private constructor(
    dir: string,
    manifest: Manifest,
    options: RecorderOptions,
    files: ResultFiles,
    streams: RecordStreams,
    failures: Failures,
  ) {
    const durationMs = options.durationMs ?? 600_000;
    const { intervalMs } = manifest.sampling;
    const windowMs = windowLengthMs(durationMs);
    this.dir = dir;
    this.#streams = streams;
    this.#failures = failures;
    failures.tell = (file, error) => this.#onWriteError(file, error, options.onFailure);
    const sampling = { ...manifest.sampling, distributionWindowMs: windowMs };
    this.#manifest = new ManifestFile(dir, { ...manifest, sampling }, files, failures.tell);
    this.#participantRows = new RowThinning(options.expectedParticipants ?? 0, durationMs, intervalMs);
    this.#trackRows = new RowThinning(options.expectedTracks ?? 0, durationMs, intervalMs);
    this.#bridgeCsv = new CsvStream(streams.get('bridges'), csvHeader(BRIDGE_COLUMNS));
    this.#participantCsv = new CsvStream(streams.get('participants'), csvHeader(PARTICIPANT_COLUMNS));
    this.#trackCsv = new CsvStream(streams.get('tracks'), csvHeader(TRACK_COLUMNS));
    this.#store = new DistributionStore(manifest.rooms);
    this.#windows = new DistributionWindows(windowMs, (record) => {
      this.#store.add(record);
      streams.get('distributions').write(`${JSON.stringify(record)}\n`);
    });
  }

  /** What could not be written, or null while all is well. */
  get failure(): RtcBenchError | null {
    return this.#failures.error;
  }

  get manifest(): Readonly<Manifest> {
    return this.#manifest.current;
  }

  record(record: TimelineRecord): void {
    this.#advance(record.tMs);
    this.#bridges.take(record);
    this.#streams.get('timeline').write(`${JSON.stringify(record)}\n`);
  }

  bridgeRow(tMs: number, row: BridgeRow): void {
    if (this.failure === null) this.#bridgeCsv.row(csvRow(BRIDGE_COLUMNS, { tMs, row, roomName: '' }));
  }

  participantRow(tMs: number, row: ParticipantRow): void {
    if (this.failure !== null || !this.#participantRows.take(row.participantId, tMs)) return;
    this.#participantCsv.row(csvRow(PARTICIPANT_COLUMNS, { tMs, row, roomName: this.#roomName(row.roomId) }));
  }

  trackRow(tMs: number, row: TrackRow): void {
    if (this.failure !== null || !this.#trackRows.take(`${row.participantId} ${row.trackId}`, tMs)) return;
    this.#trackCsv.row(csvRow(TRACK_COLUMNS, { tMs, row, roomName: this.#roomName(row.roomId) }));
  }

  /** One value of a metric, in the window that is open. Throws RangeError for what is no number of at least 0. */
  observe(metric: MetricName, labels: MetricLabels, value: number): void {
    this.#windows.observe(metric, labels, value);
  }

  /** Begins a stage: to be called before anything of it is observed. Writes the timeline's `stage-started`. */
  startStage(stage: string, steady: boolean, tMs: number): void {
    this.#windows.startStage(stage, steady, tMs);
    this.record({ tMs, type: 'stage-started', stage, steady });
  }

  /** Everything observed until now, written or not. */
  query(): DistributionQuery {
    return {
      query: (metric, labels, window) => {
        const result = this.#store.query(metric, labels, window);
        const open = new DistributionStore(this.manifest.rooms);
        for (const record of this.#windows.open()) if (record.metric === metric) open.add(record);
        result.merge(open.query(metric, labels, window));
        return result;
      },
    };
  }

  /** The bridges as the manifest is to show them, over their steady rows until now. */
  bridgeSummaries(
    known: readonly Pick<
      BridgeSummary,
      'id' | 'software' | 'maxPacketRatePps' | 'maxPacketRateSource'
    >[] = [],
  ): BridgeSummary[] {
    return this.#bridges.result(known);
  }

  /** Resolves at once, or when a slow disk has caught up. A sampler awaits it after each tick. */
  async drain(): Promise<void> {
    if (this.failure === null) await this.#streams.drain();
  }

  /** Changes the manifest and replaces its file; a failure is told by `onFailure`. */
  updateManifest(patch: Partial<Manifest>): Promise<void> {
    return this.#manifest.update(patch);
  }

  /**
   * Ends the record: closes windows, writes `run-ended` and the last manifest, closes the files. Returns what
   * could not be written at any time, or null. `patch` should have what the run came to: status, verdict, gates.
   */
  async finish(tMs: number, patch: Partial<Manifest> & { status: RunStatus }): Promise<RtcBenchError | null> {
    this.#windows.close(tMs);
    this.record({ tMs, type: 'run-ended', status: patch.status, reason: patch.statusReason ?? null });
    const sampling = {
      ...this.manifest.sampling,
      trackRowIntervalMs: this.#trackRows.intervalMs,
      participantRowIntervalMs: this.#participantRows.intervalMs,
    };
    // On a full disk the answer goes first: what follows may find no space.
    if (this.failure !== null) {
      await this.#streams.freeReserve();
      await this.updateManifest({ ...patch, sampling });
    }
    for (const csv of [this.#bridgeCsv, this.#participantCsv, this.#trackCsv]) csv.push();
    await this.#streams.flush();
    const warnings = patch.warnings ?? this.manifest.warnings;
    await this.updateManifest({
      ...patch,
      sampling,
      warnings: this.failure === null ? warnings : [...warnings, this.failure.message],
    });
    await this.#streams.close();
    return this.failure;
  }

  #roomName(roomId: string): string {
    return this.manifest.rooms?.[roomId] ?? roomId;
  }

  #advance(tMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, tMs);
    this.#windows.advance(this.#lastMs);
  }

  #onWriteError(file: string, error: unknown, onFailure: RecorderOptions['onFailure']): void {
    if (this.#failures.error !== null) return;
    this.#failures.error = environmentError(
      'RTCB_RESULTS_WRITE_FAILED',
      `cannot write ${join(this.dir, file)}: ${errorMessage(error)}`,
      {
        hint: `What was recorded until then is kept; free some space and run: rtc-bench report ${this.dir}`,
        cause: error,
      },
    );
    this.#streams.discardRows();
    void this.#streams.freeReserve();
    onFailure?.(this.#failures.error);
  }
}

function refuseWhatIsThere(dir: string, present: readonly string[]): void {
  if (present.length === 0) return;
  throw usageError(
    'RTCB_OUT_NOT_EMPTY',
    present.includes(FILES.manifest) ? `${dir} already holds a run` : `${dir} is not empty`,
    'Name another folder with --out, or leave --out away: each run then gets its own.',
  );
}
