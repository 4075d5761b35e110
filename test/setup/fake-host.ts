import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../../src/setup/types.ts';
import { createSystem } from '../../src/system/real.ts';
import type { System } from '../../src/system/types.ts';

const world = createSystem();

/**
 * A host of our own: real processes, but a PATH with only the programs that a test puts there, and folders that
 * vanish afterwards.
 */
export class FakeHost implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'host-'));
  readonly bin = join(this.root, 'bin');
  readonly cache = join(this.root, 'cache');
  readonly env: Record<string, string | undefined>;
  readonly system: System;
  readonly said: string[] = [];

  constructor() {
    mkdirSync(this.bin);
    mkdirSync(join(this.root, 'etc'));
    this.env = {
      PATH: this.bin,
      HOME: join(this.root, 'home'),
      XDG_CACHE_HOME: this.cache,
      PUPPETEER_CACHE_DIR: join(this.root, 'puppeteer'),
    };
    this.system = { ...world, env: this.env };
  }

  /** Puts a program there: a shell script that finds ordinary tools at their usual places. */
  program(name: string, script: string, directory = this.bin): string {
    const path = join(directory, name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path, `#!/bin/sh\nPATH="$PATH:/usr/bin:/bin"\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  osRelease(id: string, like = ''): void {
    writeFileSync(join(this.root, 'etc', 'os-release'), `NAME="x"\nID=${id}\nID_LIKE="${like}"\n`);
  }

  readonly progress: Progress = {
    step: (text) => this.said.push(text),
    status: () => undefined,
    done: () => undefined,
  };

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** What a worker does that nobody from mediasoup started. */
export const WORKER_SCRIPT = 'exit 41';

export const never = new AbortController().signal;
