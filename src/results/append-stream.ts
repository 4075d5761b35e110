import type { AppendFile } from './files.ts';

/** Waiting text beyond this is worth waiting for: see `RunRecorder.drain`. */
export const BACKLOG_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Writes whole lines to one file, in order, in the background: whoever writes is a measurement and must not wait
 * for a disk. What is written in one turn of the event loop goes out together. After a failed write the file is
 * cut back to its last whole line and the rest waits for `flush`, so that nothing is lost if space is found.
 */
export class AppendStream {
  readonly #file: AppendFile;
  readonly #onFailure: (error: unknown) => void;
  #waiting: string[] = [];
  #backlogBytes = 0;
  #writtenBytes = 0;
  #scheduled = false;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(file: AppendFile, onFailure: (error: unknown) => void) {
    this.#file = file;
    this.#onFailure = onFailure;
  }

  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** Takes text that ends with a newline. */
  write(text: string): void {
    this.#waiting.push(text);
    this.#backlogBytes += Buffer.byteLength(text);
    if (this.#scheduled || this.#failed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (!this.#failed) this.#writing = this.#writing.then(() => this.#writeOut());
    });
  }

  /** Forgets what is waiting; the number of bytes that are lost by it. */
  discard(): number {
    const lost = this.#backlogBytes;
    this.#waiting = [];
    this.#backlogBytes = 0;
    return lost;
  }

  /** Writes everything that is waiting, also after a failure; resolves to whether all of it is in the file. */
  flush(): Promise<boolean> {
    this.#writing = this.#writing.then(() => {
      this.#failed = false;
      return this.#writeOut();
    });
    return this.#writing.then(() => !this.#failed);
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  /** Never rejects: a failure is told once and remembered. */
  async #writeOut(): Promise<void> {
    if (this.#waiting.length === 0 || this.#failed) return;
    const text = this.#waiting.join('');
    this.#waiting = [];
    const bytes = Buffer.byteLength(text);
    try {
      await this.#file.append(text);
      this.#writtenBytes += bytes;
      this.#backlogBytes = Math.max(0, this.#backlogBytes - bytes);
    } catch (error) {
      this.#failed = true;
      this.#waiting.unshift(text);
      await this.#file.truncate(this.#writtenBytes).catch(() => undefined);
      this.#onFailure(error);
    }
  }
}
