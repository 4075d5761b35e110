import { createCipheriv, randomBytes } from 'node:crypto';
import { readFileSync, statfsSync } from 'node:fs';
import { cpus } from 'node:os';
import type { System } from '../../system/types.ts';
import { sandboxObstacle } from '../sandbox.ts';
import type { Check, CheckResult } from './types.ts';

const MEBIBYTE = 1024 * 1024;
/** What Chromium wants of /dev/shm; smaller, it is told to do without, which is slower. */
const SHM_WANTED_BYTES = 512 * MEBIBYTE;
/** A participant takes a handful of descriptors in this process, its worker and its browser. */
const OPEN_FILES_WANTED = 4096;
/** Holds 100 ms of 160 Mbit/s, so that a scheduling hiccup does not become packet loss. */
const UDP_BUFFER_WANTED_BYTES = 2 * MEBIBYTE;
const DISK_WANTED_BYTES = 1024 * MEBIBYTE;
/** Clock sources whose reading leaves the CPU and takes a microsecond or more. */
const SLOW_CLOCK_SOURCES = ['hpet', 'acpi_pm', 'jiffies', 'refined-jiffies'];
const CALIBRATION_MS = 150;
const CALIBRATION_PACKET_BYTES = 1100;

/** How the host's files and figures are read; replaced in tests. */
export interface HostReader {
  /** The text of a file under /proc or /sys; null where there is none. */
  text(path: string): string | null;
  /** Size and free bytes of the file system at `path`; null where there is none. */
  fileSystem(path: string): { sizeBytes: number; freeBytes: number } | null;
}

export const realHost: HostReader = {
  text(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null;
    }
  },
  fileSystem(path) {
    try {
      const { bsize, blocks, bavail } = statfsSync(path);
      return { sizeBytes: bsize * blocks, freeBytes: bsize * bavail };
    } catch {
      return null;
    }
  },
};

const mebibytes = (bytes: number) => `${Math.round(bytes / MEBIBYTE)} MiB`;

const UNKNOWN: CheckResult = { status: 'note', detail: 'this platform does not say' };

function sandboxCheck(system: System): Check {
  return {
    name: 'browser sandbox',
    async run() {
      const obstacle = await sandboxObstacle(system);
      if (obstacle === null) return { status: 'ok', detail: 'usable' };
      const detail = `not usable (${obstacle}): browsers run without it, so open no pages you do not trust`;
      return { status: 'note', detail, mend: 'run as an ordinary user with user namespaces allowed' };
    },
  };
}

function sharedMemoryCheck(host: HostReader): Check {
  return {
    name: '/dev/shm',
    async run() {
      const found = host.fileSystem('/dev/shm');
      if (found === null) return UNKNOWN;
      if (found.sizeBytes >= SHM_WANTED_BYTES) return { status: 'ok', detail: mebibytes(found.sizeBytes) };
      const detail = `${mebibytes(found.sizeBytes)}: browsers use /tmp instead, which is slower`;
      return {
        status: 'warning',
        detail,
        mend: 'docker run --shm-size=1g, or mount -o remount,size=1g /dev/shm',
      };
    },
  };
}

function openFilesCheck(host: HostReader): Check {
  return {
    name: 'open files',
    async run() {
      const limit = /^Max open files\s+(\S+)/m.exec(host.text('/proc/self/limits') ?? '')?.[1];
      if (limit === undefined) return UNKNOWN;
      if (limit === 'unlimited' || Number(limit) >= OPEN_FILES_WANTED) return { status: 'ok', detail: limit };
      return { status: 'warning', detail: `${limit}: too few for large runs`, mend: 'ulimit -n 65536' };
    },
  };
}

function udpBuffersCheck(host: HostReader): Check {
  const limit = (name: string) => Number(host.text(`/proc/sys/net/core/${name}`) ?? Number.NaN);
  return {
    name: 'UDP buffers',
    async run() {
      const [receive, send] = [limit('rmem_max'), limit('wmem_max')];
      if (Number.isNaN(receive) || Number.isNaN(send)) return UNKNOWN;
      const detail = `net.core.rmem_max ${receive}, wmem_max ${send} bytes`;
      if (Math.min(receive, send) >= UDP_BUFFER_WANTED_BYTES) return { status: 'ok', detail };
      const mend = `rtc-bench tune finds the smallest safe size; until then: sysctl -w net.core.rmem_max=${UDP_BUFFER_WANTED_BYTES} net.core.wmem_max=${UDP_BUFFER_WANTED_BYTES}`;
      return { status: 'note', detail: `${detail}: bursts may be dropped at high packet rates`, mend };
    },
  };
}

function clockSourceCheck(host: HostReader): Check {
  return {
    name: 'clock source',
    async run() {
      const source = host.text('/sys/devices/system/clocksource/clocksource0/current_clocksource')?.trim();
      if (source === undefined) return UNKNOWN;
      if (!SLOW_CLOCK_SOURCES.includes(source)) return { status: 'ok', detail: source };
      const mend = 'boot with clocksource=tsc if the CPU has a stable one';
      return { status: 'warning', detail: `${source}: reading the time is slow on this host`, mend };
    },
  };
}

/** How many packets a second one core encrypts as SRTP does: a figure to compare hosts by, not a limit. */
function cpuCheck(system: System): Check {
  return {
    name: 'CPU',
    async run() {
      const packet = randomBytes(CALIBRATION_PACKET_BYTES);
      const [key, nonce] = [randomBytes(16), randomBytes(12)];
      const startedAtMs = system.clock.nowMs();
      let packets = 0;
      while (system.clock.nowMs() - startedAtMs < CALIBRATION_MS) {
        const cipher = createCipheriv('aes-128-gcm', key, nonce);
        cipher.update(packet);
        cipher.final();
        packets += 1;
      }
      const ratePps = packets / ((system.clock.nowMs() - startedAtMs) / 1000);
      const cores = cpus();
      const model = cores[0]?.model.trim() ?? 'unknown model';
      const speed = `${Math.round(ratePps / 1000)}k AES-GCM packets/s a core`;
      const detail = `${cores.length} × ${model}, ${speed}`;
      if (cores.length >= 2) return { status: 'ok', detail };
      const mend = 'give it at least two cores: generator and SFU share this one';
      return { status: 'warning', detail, mend };
    },
  };
}

function diskCheck(system: System, host: HostReader): Check {
  return {
    name: 'disk',
    async run() {
      const found = host.fileSystem(system.cwd);
      if (found === null) return UNKNOWN;
      const detail = `${mebibytes(found.freeBytes)} free at ${system.cwd}`;
      if (found.freeBytes >= DISK_WANTED_BYTES) return { status: 'ok', detail };
      return { status: 'warning', detail, mend: 'free some, or send results elsewhere with --out' };
    },
  };
}

/** What the host gives a run: limits of the kernel, memory, clock, CPU. */
export function hostChecks(system: System, host: HostReader = realHost): Check[] {
  return [
    sandboxCheck(system),
    sharedMemoryCheck(host),
    openFilesCheck(host),
    udpBuffersCheck(host),
    clockSourceCheck(host),
    cpuCheck(system),
    diskCheck(system, host),
  ];
}
