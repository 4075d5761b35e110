import { FILES, inFolder, type ResultFiles } from './files.ts';
import { formatManifest } from './manifest.ts';
import type { Manifest } from './records.ts';

/** The manifest while a run goes on: its file always holds a whole one, the newest that could be written. */
export class ManifestFile {
  readonly #dir: string;
  readonly #files: ResultFiles;
  readonly #onFailure: (file: string, error: unknown) => void;
  #manifest: Manifest;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    dir: string,
    manifest: Manifest,
    files: ResultFiles,
    onFailure: (file: string, error: unknown) => void,
  ) {
    this.#dir = dir;
    this.#manifest = manifest;
    this.#files = files;
    this.#onFailure = onFailure;
  }

  get current(): Readonly<Manifest> {
    return this.#manifest;
  }

  /** Resolves when the file was replaced, or when that failed and was told. */
  update(patch: Partial<Manifest>): Promise<void> {
    this.#manifest = { ...this.#manifest, ...patch };
    this.#writing = this.#writing.then(async () => {
      try {
        await this.#files.replace(inFolder(this.#dir, 'manifest'), formatManifest(this.#manifest));
      } catch (error) {
        this.#onFailure(FILES.manifest, error);
      }
    });
    return this.#writing;
  }
}
