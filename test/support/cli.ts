import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { inOwnNetwork } from './own-network.ts';

const BIN = fileURLToPath(new URL('../../bin/rtc-bench.js', import.meta.url));
/** Every process that a command starts inherits this variable, so that what it leaves behind can be found. */
const MARK_NAME = 'RTC_BENCH_TEST_MARK';

export interface CliResult {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly mark: string;
  readonly ended: Promise<CliResult>;
  /** Resolves once stdout and stderr together match; rejects when the command ends before. */
  output(pattern: RegExp): Promise<void>;
  /** What it has printed until now, on stdout and stderr. */
  text(): string;
}

export interface CliOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** In a network namespace with nothing but its own loopback: nobody else's datagrams are in its counters. */
  ownNetwork?: boolean;
  /** In such a namespace: datagrams a second, of both directions and all ports together, beyond which all are dropped. */
  datagramLimitPps?: number;
}

/** Starts the command line as a user would, with its own mark in the environment. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const mark = randomUUID();
  const command = [process.execPath, BIN, ...args];
  const { ownNetwork = false, datagramLimitPps = null } = options;
  const [file = '', ...rest] =
    ownNetwork || datagramLimitPps !== null ? inOwnNetwork(command, datagramLimitPps) : command;
  const child = spawn(file, rest, {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, NO_COLOR: '1', ...options.env, [MARK_NAME]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  // A test that fails half-way must leave nothing running: what is still there is ended with it.
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  const output = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stdout + stderr)) resolve();
      };
      look();
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      ended.then(() => reject(new Error(`ended without ${pattern}: ${stdout}${stderr}`)), reject);
    });
  return { child, mark, ended, output, text: () => stdout + stderr };
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended;
}

/** Command lines of living processes that carry the mark. */
export function processesOf(mark: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${MARK_NAME}=${mark}`)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid: Number(pid), command }];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}

/** Waits until nothing of the command is left; returns what still is after `timeoutMs`. */
export async function leftoversOf(
  mark: string,
  timeoutMs = 10_000,
): Promise<{ pid: number; command: string }[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = processesOf(mark);
    if (left.length === 0 || Date.now() > deadline) return left;
    await delay(100);
  }
}

/** A folder of the test's own, removed at its end. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rtcb-test-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
