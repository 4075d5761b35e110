import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireChromium } from '../../../src/setup/find-chromium.ts';
import type { System } from '../../../src/system/types.ts';

/** A packet that the browser wrote down before it protected it or after it opened it. */
export interface DumpedPacket {
  direction: 'sent' | 'received';
  /** Milliseconds of the day, on the browser's clock. */
  atMs: number;
  data: Buffer;
}

/**
 * The Chromium of this host, made to write every RTP and RTCP packet in the clear into a file: what a browser puts
 * into its RTCP cannot be seen on the wire. libwebrtc does so on the field trial `WebRTC-Debugging-RtpDump`
 * (`pc/srtp_session.cc`), one line of `text2pcap` a packet.
 */
export class DumpingChromium {
  /** To be given to the browser engine as its executable. */
  readonly executable: string;
  readonly #folder: string;
  readonly #file: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.executable = join(folder, 'chromium');
    this.#file = join(folder, 'stderr');
  }

  static async create(system: System): Promise<DumpingChromium> {
    const found = await requireChromium(system);
    const chromium = new DumpingChromium(mkdtempSync(join(tmpdir(), 'rtc-bench-dump-')));
    const variables = Object.entries(found.env).map(([name, value]) => `export ${name}=${quote(value)}`);
    const flags = [
      '--enable-logging=stderr',
      '--vmodule=srtp_session=1',
      '--force-fieldtrials=WebRTC-Debugging-RtpDump/Enabled/',
    ];
    writeFileSync(
      chromium.executable,
      [
        '#!/bin/sh',
        ...variables,
        `exec ${quote(found.executablePath)} ${flags.map(quote).join(' ')} "$@" 2>>${quote(chromium.#file)}`,
        '',
      ].join('\n'),
      { mode: 0o700 },
    );
    writeFileSync(chromium.#file, '');
    return chromium;
  }

  /** Where the dump ends now; what comes later is read from here. */
  position(): number {
    return statSync(this.#file).size;
  }

  /** Packets that were written down between two positions. */
  async *packets(from: number, to = this.position()): AsyncGenerator<DumpedPacket> {
    const file = await open(this.#file);
    try {
      if (to <= from) return;
      for await (const line of file.readLines({ start: from, end: to - 1 })) {
        const packet = parseDumpLine(line);
        if (packet !== null) yield packet;
      }
    } finally {
      await file.close().catch(() => {});
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** `… O 12:34:56.789 0000 80 c8 … # RTP_DUMP`; null for any other line, and for one that is cut. */
export function parseDumpLine(line: string): DumpedPacket | null {
  const match = /\b([IO]) (\d\d):(\d\d):(\d\d\.\d+) 0+ ((?:[0-9a-f]{2} )+).*RTP_DUMP/.exec(line);
  if (match === null) return null;
  const [, letter, hours, minutes, seconds, hex = ''] = match;
  return {
    direction: letter === 'O' ? 'sent' : 'received',
    atMs: 1000 * (3600 * Number(hours) + 60 * Number(minutes) + Number(seconds)),
    data: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
  };
}

/** RFC 5761, section 4: told apart by the second byte. */
export function isRtcp(data: Uint8Array): boolean {
  const type = data[1] ?? 0;
  return type >= 192 && type <= 223;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
