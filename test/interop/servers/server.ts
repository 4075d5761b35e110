import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface TestServer {
  readonly port: number;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Stops it where it is: its port stays open, and nothing is answered any more. */
  hang(): void;
  /** Lets it go on from there. */
  resume(): void;
  /** Asks it to end. Idempotent. */
  stop(): Promise<void>;
}

const POLL_MS = 100;

/** Starts a program and waits until `ready` says so; polls, because that is all that a foreign server offers. */
export async function startServer(
  file: string,
  args: readonly string[],
  port: number,
  ready: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<TestServer> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
    });
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  for (const deadline = Date.now() + timeoutMs; !(await ready()); ) {
    if (hasEnded(child) || Date.now() > deadline) {
      await end('SIGKILL');
      throw new Error(`${file} did not come up: ${output}`);
    }
    await delay(POLL_MS);
  }
  return {
    port,
    kill: () => end('SIGKILL'),
    hang: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      // What hangs would never hear of it.
      child.kill('SIGCONT');
      await end('SIGTERM');
    },
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Whether `attempt` succeeds now. */
export const succeeds = (attempt: () => Promise<unknown>): Promise<boolean> =>
  attempt().then(
    () => true,
    () => false,
  );
