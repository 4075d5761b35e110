import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { System } from '../system/types.ts';
import { findProgram } from './find-program.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { type Progress, SourceFailed } from './types.ts';

const UPDATE_TIMEOUT_MS = 180_000;
const INSTALL_TIMEOUT_MS = 900_000;
/** apt-get tries every mirror of every source for long; a dead network must show sooner. */
const APT_OPTIONS = [
  '-q',
  '-o',
  'Acquire::http::Timeout=20',
  '-o',
  'Acquire::https::Timeout=20',
  '-o',
  'Acquire::Retries=1',
  '-o',
  'DPkg::Lock::Timeout=300',
];

/** Asks whether these packages may be installed by this command; true means yes. */
export type Consent = (packages: readonly string[], command: string) => Promise<boolean>;

export interface DebianOptions {
  consent: Consent;
  /** User id of this process; 0 is root. */
  uid: number;
  /** Where the system's files are; `/` outside tests. */
  systemRoot?: string;
}

/** Debian's packages: which are there, and installing more where that is allowed. */
export class Debian {
  readonly #system: System;
  readonly #options: DebianOptions;
  #updated = false;
  #refused = false;

  constructor(system: System, options: DebianOptions) {
    this.#system = system;
    this.#options = options;
  }

  /** `debian`, `ubuntu`, …: the ID of os-release, and what it is like. */
  #identity(): { id: string; like: string[] } {
    try {
      const text = readFileSync(join(this.#options.systemRoot ?? '/', 'etc', 'os-release'), 'utf8');
      const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
      return { id: field('ID'), like: field('ID_LIKE').split(' ') };
    } catch {
      return { id: '', like: [] };
    }
  }

  /** Whether this is Debian itself, whose package `chromium` is a browser and not a pointer to another store. */
  isDebian(): boolean {
    return this.hasApt() && this.#identity().id === 'debian';
  }

  /** Whether packages come from apt-get: Debian and what is made from it. */
  hasApt(): boolean {
    const { id, like } = this.#identity();
    return (id === 'debian' || like.includes('debian')) && findProgram(this.#system.env, 'apt-get') !== null;
  }

  /** Those of `packages` that are not installed. */
  async missing(packages: readonly string[]): Promise<string[]> {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: these are placeholders of dpkg-query
    const query = ['-W', '-f', '${db:Status-Status} ${binary:Package}\n', ...packages];
    const { output } = await runProgram(this.#system, 'dpkg-query', query, { timeoutMs: 10_000 });
    const installed = new Set(
      output
        .split('\n')
        .filter((line) => line.startsWith('installed '))
        .map((line) => line.slice('installed '.length).split(':')[0]),
    );
    return packages.filter((name) => !installed.has(name));
  }

  /** The command that a user would type. */
  command(packages: readonly string[]): string {
    return `${this.#options.uid === 0 ? '' : 'sudo '}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  }

  /**
   * Installs those of `packages` that are missing.
   * @throws SourceFailed when it may not, cannot, or apt-get fails.
   */
  async install(packages: readonly string[], progress: Progress, signal: AbortSignal): Promise<void> {
    const missing = await this.missing(packages);
    if (missing.length === 0) return;
    const command = this.command(missing);
    if (this.#refused || !(await this.#options.consent(missing, command))) {
      this.#refused = true;
      throw new SourceFailed(`needs Debian packages; allow it with --yes, or run: ${command}`);
    }
    const prefix = await this.#asRoot(command);
    if (!this.#updated) {
      progress.step('  apt-get update');
      const update = await this.#apt(prefix, ['update'], UPDATE_TIMEOUT_MS, progress, signal);
      // An outdated list may still do; whether it does is for the installation to say.
      if (update.exitCode !== 0) progress.step(`  apt-get update failed: ${lastLines(update)}`);
      this.#updated = true;
    }
    progress.step(`  ${command}`);
    const args = ['install', '-y', '--no-install-recommends', ...missing];
    const result = await this.#apt(prefix, args, INSTALL_TIMEOUT_MS, progress, signal);
    signal.throwIfAborted();
    if (result.exitCode !== 0) throw new SourceFailed(`apt-get install failed: ${lastLines(result)}`);
  }

  /** What to put before apt-get to run it as root. */
  async #asRoot(command: string): Promise<string[]> {
    if (this.#options.uid === 0) return [];
    const sudo = findProgram(this.#system.env, 'sudo');
    if (sudo !== null) {
      const allowed = await runProgram(this.#system, sudo, ['-n', 'true'], { timeoutMs: 10_000 });
      if (allowed.exitCode === 0) return [sudo, '-n'];
    }
    throw new SourceFailed(`installing Debian packages takes root; run: ${command}`);
  }

  #apt(prefix: string[], args: string[], timeoutMs: number, progress: Progress, signal: AbortSignal) {
    const [program = '', ...rest] = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      ...APT_OPTIONS,
      ...args,
    ];
    return runProgram(this.#system, program, rest, {
      timeoutMs,
      signal,
      onLine: (line) => progress.status(line),
    });
  }
}

/** The end of what a program said, for a message. */
export function lastLines(result: ProgramResult, count = 3): string {
  const lines = result.output.split('\n').filter((line) => line.trim() !== '');
  const said = lines.slice(-count).join(' / ');
  return result.failure === null ? said : `${result.failure}${said === '' ? '' : ` (${said})`}`;
}
