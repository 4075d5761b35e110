import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../../errors.ts';
import { ownNetworkObstacle } from '../../system/own-network.ts';
import type { System } from '../../system/types.ts';
import { requireChromium } from '../find-chromium.ts';
import { findJanus } from '../find-janus.ts';
import { findPacketAddon } from '../find-packet-addon.ts';
import { findProgram } from '../find-program.ts';
import { requireWorker } from '../find-worker.ts';
import { packageRoot } from '../package-root.ts';
import { addonLoads } from '../packets/provider.ts';
import { runProgram } from '../run-program.ts';
import type { Check } from './types.ts';

const START_TIMEOUT_MS = 30_000;

/** Rejects when `work` takes too long, so that one hanging program does not hang the doctor. */
async function within<T>(what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(START_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what} did not start within ${START_TIMEOUT_MS / 1000} s`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
    late.catch(() => undefined);
  }
}

/** `>=22.18` of `engines` in package.json as numbers. */
function wantedNode(): [number, number] {
  const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  const [, major = '22', minor = '0'] = /(\d+)\.(\d+)/.exec(manifest.engines.node) ?? [];
  return [Number(major), Number(minor)];
}

/** The line of a browser's dying words that says why, without the time stamps and advice around it. */
function gist(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((words) => /FATAL|error|ERROR/.test(words)) ?? lines[0] ?? '';
  return line.replace(/^\[[^\]]*\]\s*/, '').slice(0, 200);
}

function nodeCheck(): Check {
  return {
    name: 'Node',
    async run() {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      const [wantedMajor, wantedMinor] = wantedNode();
      if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) {
        return { status: 'ok', detail: process.version };
      }
      const mend = `install Node ${wantedMajor}.${wantedMinor} or later; in a checkout: npm run setup`;
      return { status: 'failure', detail: `${process.version} is too old`, mend };
    },
  };
}

/** Starts a worker as a run would, asks it something, and closes it. */
function workerCheck(system: System): Check {
  return {
    name: 'mediasoup worker',
    async run() {
      const workerBin = await requireWorker(system);
      const mediasoup = await import('mediasoup');
      const startedAtMs = system.clock.nowMs();
      const worker = await within('the worker', mediasoup.createWorker({ workerBin }));
      try {
        await within('the worker', worker.getResourceUsage());
      } finally {
        worker.close();
      }
      const ms = Math.round(system.clock.nowMs() - startedAtMs);
      return { status: 'ok', detail: `${mediasoup.version} starts in ${ms} ms: ${workerBin}` };
    },
  };
}

/** Starts the browser as a run would and reads its version over the protocol. */
function browserCheck(system: System): Check {
  return {
    name: 'Chromium',
    async run() {
      const { executablePath, args, env, headless, source } = await requireChromium(system);
      const { default: puppeteer } = await import('puppeteer');
      const startedAtMs = system.clock.nowMs();
      const launching = puppeteer.launch({
        executablePath,
        headless,
        args: [...args, '--disable-gpu', '--no-first-run', '--disable-background-networking'],
        env: { ...system.env, ...env },
        timeout: START_TIMEOUT_MS,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      });
      const browser = await launching.catch((error: unknown) => {
        throw new Error(`${executablePath} does not start: ${gist(errorMessage(error))}`);
      });
      try {
        const version = await within('Chromium', browser.version());
        const ms = Math.round(system.clock.nowMs() - startedAtMs);
        return { status: 'ok', detail: `${version} (${source}) starts in ${ms} ms: ${executablePath}` };
      } finally {
        await within('Chromium', browser.close());
      }
    },
  };
}

function packetLoopCheck(system: System): Check {
  return {
    name: 'packet loop',
    async run() {
      const file = findPacketAddon(system.env);
      const mend = 'npx rtc-bench setup (it takes a C++ compiler)';
      if (file !== null) {
        if (await addonLoads(system, file)) return { status: 'ok', detail: `native: ${file}` };
        return { status: 'warning', detail: `${file} does not load`, mend: `remove it, then: ${mend}` };
      }
      return { status: 'note', detail: 'TypeScript: several times the CPU a packet of the native one', mend };
    },
  };
}

function iperfCheck(system: System): Check {
  return {
    name: 'iperf3',
    async run() {
      const file = findProgram(system.env, 'iperf3');
      if (file === null) {
        return {
          status: 'note',
          detail: 'not installed; the built-in prober is used',
          mend: 'apt-get install iperf3',
        };
      }
      const { output } = await runProgram(system, file, ['--version'], { timeoutMs: 5000 });
      return { status: 'ok', detail: `${/iperf \S+/.exec(output)?.[0] ?? 'of unknown version'}: ${file}` };
    },
  };
}

function janusCheck(system: System): Check {
  return {
    name: 'Janus',
    async run() {
      const janus = findJanus(system);
      if (janus === null) {
        return {
          status: 'note',
          detail: 'not installed; only a target of kind janus that is to be started needs it',
          mend: 'npx rtc-bench setup --all',
        };
      }
      const { output } = await runProgram(system, janus.program, ['--version'], { timeoutMs: 5000 });
      const version = /\(([\d.]+)\)/.exec(output)?.[1] ?? 'of unknown version';
      const obstacle = await ownNetworkObstacle();
      if (obstacle === null) return { status: 'ok', detail: `${version}: ${janus.program}` };
      return {
        status: 'note',
        detail: `${version}: ${janus.program}; no network namespace for one that a run starts: ${obstacle}`,
        mend: 'name an address of this host in target.mediaAddress, or run as root',
      };
    },
  };
}

/** The programs that a run starts, each really started. */
export function softwareChecks(system: System): Check[] {
  return [
    nodeCheck(),
    workerCheck(system),
    browserCheck(system),
    packetLoopCheck(system),
    iperfCheck(system),
    janusCheck(system),
  ];
}
