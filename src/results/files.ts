import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Only the user who ran it may read a run: names of rooms and hosts are in it. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** A file that only grows. */
export interface AppendFile {
  append(text: string): Promise<void>;
  /** Cuts the file back to `bytes`: what a write that failed half-way left behind is removed. */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** The file system as a run folder needs it; tests hand over one that fails. */
export interface ResultFiles {
  /** Makes the folder and those above it; resolves to the names in it. */
  makeFolder(path: string): Promise<string[]>;
  /** Creates a file that must not exist yet. */
  create(path: string): Promise<AppendFile>;
  /** Replaces a file's whole content so that a reader sees the old or the new text, never a part. */
  replace(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export const nodeFiles: ResultFiles = {
  async makeFolder(path) {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    return readdir(path);
  },

  async create(path) {
    const handle = await open(path, 'ax', FILE_MODE);
    return {
      append: (text) => handle.appendFile(text),
      truncate: (bytes) => handle.truncate(bytes),
      close: () => handle.close(),
    };
  },

  async replace(path, text) {
    const temporary = `${path}.tmp`;
    try {
      const handle = await open(temporary, 'w', FILE_MODE);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(path));
  },

  remove: (path) => rm(path, { force: true }),
};

/** Makes a rename survive a power cut, where the platform lets a folder be synced. */
async function syncFolder(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // The rename itself is done; only its durability is not assured here.
  }
}

/** The files of a run folder; `report.html` and others made from them come later. */
export const FILES = {
  manifest: 'manifest.json',
  timeline: 'timeline.ndjson',
  distributions: 'distributions.ndjson',
  bridges: 'bridges.csv',
  participants: 'participants.csv',
  tracks: 'tracks.csv',
  report: 'report.html',
  seconds: 'seconds.csv',
} as const;

/** What the recorder writes, in the order in which the manifest lists it. */
export const RECORDED_FILES: readonly string[] = [
  FILES.manifest,
  FILES.timeline,
  FILES.distributions,
  FILES.bridges,
  FILES.participants,
  FILES.tracks,
];

export function inFolder(dir: string, name: keyof typeof FILES): string {
  return join(dir, FILES[name]);
}
