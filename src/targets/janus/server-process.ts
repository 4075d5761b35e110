import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { processEnd } from '../../cluster/process-end.ts';
import { environmentError } from '../../errors.ts';
import { requireJanus } from '../../setup/find-janus.ts';
import { findProgram } from '../../setup/find-program.ts';
import { RunDirectory } from '../../system/run-directory.ts';
import type { System } from '../../system/types.ts';
import { JanusAdmin } from './admin.ts';
import { writeConfiguration } from './configuration.ts';

const START_TIMEOUT_MS = 15_000;
const POLL_INTERVAL_MS = 50;
const STOP_TIMEOUT_MS = 3000;
/** UDP ports of the first server; the next one has those after them. */
const FIRST_RTP_PORT = 20_000;
const RTP_PORTS = 2000;

export interface StartedJanus {
  pid: number | null;
  webSocketUrl: string;
  adminUrl: string;
  adminSecret: string;
  admin: JanusAdmin;
  /** Resolves to how the process ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Ends the process and removes its folder. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts the Janus of this host with a configuration of our own in a temporary folder.
 * @throws RtcBenchError RTCB_JANUS_MISSING or RTCB_JANUS_START
 */
export async function startJanus(
  system: System,
  index: number,
  mediaAddress: string,
  signal: AbortSignal,
): Promise<StartedJanus> {
  const janus = requireJanus(system);
  const folder = RunDirectory.create('janus');
  const [webSocketPort = 0, httpPort = 0, adminPort = 0] = await freePorts(3);
  const adminSecret = randomBytes(18).toString('base64url');
  const firstPort = FIRST_RTP_PORT + index * RTP_PORTS;
  writeConfiguration({
    folder: folder.path,
    janus,
    mediaAddress,
    rtpPorts: { first: firstPort, last: firstPort + RTP_PORTS - 1 },
    webSocketPort,
    httpPort,
    adminPort,
    adminSecret,
  });
  const [file, args] = endingWithUs(system, janus.program, [
    '-F',
    folder.path,
    '-C',
    `${folder.path}/janus.jcfg`,
    '-o',
  ]);
  const child = system.processes.spawn(file, args, {
    // Its log goes to stdout; the end of it tells why it ended.
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C in the terminal drains the run, which still needs it.
    detached: true,
  });
  const ended = processEnd(child);
  child.stdout?.resume();
  let running = true;
  void ended.then(() => {
    running = false;
  });
  const adminUrl = `http://127.0.0.1:${adminPort}/admin`;
  const admin = new JanusAdmin({
    url: adminUrl,
    secret: adminSecret,
    secretPlace: 'its configuration',
  });
  const close = async () => {
    admin.close();
    if (running) child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
    await folder.remove();
  };
  try {
    await answering(admin, () => running, system, signal);
  } catch (error) {
    await close();
    signal.throwIfAborted();
    throw environmentError(
      'RTCB_JANUS_START',
      `Janus did not start: ${running ? 'no answer' : await ended}`,
      {
        hint: `${file} ${args.join(' ')}`,
        cause: error,
      },
    );
  }
  return {
    pid: child.pid ?? null,
    webSocketUrl: `ws://127.0.0.1:${webSocketPort}`,
    adminUrl,
    adminSecret,
    admin,
    ended,
    close,
  };
}

/** Where the kernel can be asked for it, the program ends when this process does, however that ends. */
function endingWithUs(system: System, program: string, args: string[]): [string, string[]] {
  const setpriv = findProgram(system.env, 'setpriv');
  return setpriv === null ? [program, args] : [setpriv, ['--pdeathsig', 'KILL', '--', program, ...args]];
}

async function answering(
  admin: JanusAdmin,
  isRunning: () => boolean,
  { clock }: System,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.nowMs() + START_TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      await admin.info(signal);
      return;
    } catch (error) {
      if (!isRunning() || clock.nowMs() > deadline) throw error;
    }
    await clock.sleep(POLL_INTERVAL_MS, signal);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
  return ports;
}
