import { createHash } from 'node:crypto';
import { environmentError } from '../../errors.ts';
import { JanusConnection } from '../../janus/connection.ts';
import { type JanusId, VIDEO_ROOM } from '../../janus/protocol.ts';
import { readProcessStat } from '../../system/process-stat.ts';
import type { Clock } from '../../system/types.ts';
import type { BridgeInfo, BridgeSample, PadReading } from '../types.ts';
import type { JanusAdmin } from './admin.ts';
import { HandleLedger } from './ledger.ts';

/** A session hears from us this many times within what the server allows it to be silent. */
const KEEP_ALIVES = 3;
/** Who publishes and who receives each have a handle: no session of ours has more. */
const HANDLES_OF_A_PARTICIPANT = 2;
const READERS = 4;
/** Errors of the plugin: https://janus.conf.meetecho.com/docs/videoroom.html */
const ROOM_EXISTS = 427;
const INVALID_ELEMENT = 430;

/** Nobody is turned away, and no layer is capped but by what its publisher sends. */
const ROOM_SETTINGS = {
  publishers: 10_000,
  bitrate: 0,
  audiocodec: 'opus',
  videocodec: 'vp8,h264',
  is_private: true,
  audiolevel_event: true,
  // Told after half a second of speech, as speakers of mediasoup are.
  audio_active_packets: 25,
};

export interface JanusBridgeOptions {
  bridgeId: string;
  clock: Clock;
  admin: JanusAdmin;
  /** Address of the JSON API for participants. */
  webSocketUrl: string;
  mediaAddress: string | null;
  /** null: it runs elsewhere, or cannot be seen. */
  pid: number | null;
}

/** One Janus server: its rooms, and what it counts. */
export class JanusBridge {
  readonly #options: JanusBridgeOptions;
  readonly #ledger = new HandleLedger();
  /** Handles of the sessions that will get no more. */
  readonly #complete = new Map<number, number[]>();
  readonly #rooms = new Map<string, Promise<JanusId>>();
  readonly #ownRooms = new Set<JanusId>();
  #connection: JanusConnection | null = null;
  #version = 'unknown';
  #keepAliveMs = 0;
  #stringIds = false;
  #reading: Promise<BridgeSample> | null = null;

  constructor(options: JanusBridgeOptions) {
    this.#options = options;
  }

  get info(): BridgeInfo {
    const { bridgeId, mediaAddress, pid } = this.#options;
    return { bridgeId, software: `janus ${this.#version}`, mediaAddress, mediaPort: null, pid };
  }

  get version(): string {
    return this.#version;
  }

  get webSocketUrl(): string {
    return this.#options.webSocketUrl;
  }

  get keepAliveMs(): number {
    return this.#keepAliveMs;
  }

  /** Asks it everything that a run will need. Throws environmentError. Resolves to how it ends, later. */
  async start(signal: AbortSignal): Promise<{ lost: Promise<string> }> {
    const { admin, webSocketUrl } = this.#options;
    const { version, sessionTimeoutS } = await admin.info(signal);
    this.#version = version;
    // 0: the server never ends a session for its silence.
    this.#keepAliveMs = (1000 * (sessionTimeoutS > 0 ? sessionTimeoutS : 60)) / KEEP_ALIVES;
    const answer = await admin.videoRoom({ request: 'exists', room: 1 }, signal);
    this.#stringIds = answer.error_code === INVALID_ELEMENT;
    await admin.sessions();
    try {
      this.#connection = await JanusConnection.connect(webSocketUrl, this.#keepAliveMs, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw environmentError('RTCB_TARGET_UNREACHABLE', `no web sockets of Janus at ${webSocketUrl}`, {
        hint: 'in janus.transport.websockets.jcfg: ws = true, with ws_ip and ws_port; target.servers[].url names it',
        cause,
      });
    }
    return { lost: this.#connection.closed };
  }

  /** Whether it is still there: asked, for who was on it knows of its death as soon as we do. */
  async answers(): Promise<boolean> {
    return (
      this.#connection?.request({ janus: 'keepalive' }).then(
        () => true,
        () => false,
      ) ?? false
    );
  }

  /** Janus's name of the room, which is made first where it is not there. `onExisting`: it was there. */
  room(name: string, onExisting: () => void): Promise<JanusId> {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const opening = this.#openRoom(name, onExisting);
    this.#rooms.set(name, opening);
    opening.catch(() => this.#rooms.delete(name));
    return opening;
  }

  /** One reading of all handles; whoever asks meanwhile gets the same. */
  sample(): Promise<BridgeSample> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  pads(): PadReading[] {
    return this.#ledger.pads(this.#options.bridgeId);
  }

  /** Takes the rooms away that it made. Never rejects. */
  async close(): Promise<void> {
    const { admin } = this.#options;
    for (const room of this.#ownRooms) await admin.videoRoom({ request: 'destroy', room }).catch(() => {});
    await this.#connection?.destroy();
    this.#connection?.close();
    admin.close();
  }

  async #openRoom(name: string, onExisting: () => void): Promise<JanusId> {
    const room = this.#stringIds ? name : roomNumber(name);
    const { error_code: code, error } = await this.#options.admin.videoRoom({
      request: 'create',
      room,
      description: name,
      ...ROOM_SETTINGS,
    });
    if (code === undefined) this.#ownRooms.add(room);
    else if (code === ROOM_EXISTS) onExisting();
    else
      throw environmentError(
        'RTCB_TARGET_REFUSED',
        `Janus does not make room ${name}: ${error} (error ${code})`,
      );
    return room;
  }

  async #read(): Promise<BridgeSample> {
    const { bridgeId, clock, admin, pid } = this.#options;
    const beganMs = clock.nowMs();
    const process = pid === null ? null : readProcessStat(pid);
    const handles = await this.#handles();
    await each(handles, async ([session, handle]) => {
      const info = await admin.handleInfo(session, handle).catch(() => null);
      if (info?.plugin === VIDEO_ROOM) this.#ledger.take(handle, info, clock.nowMs());
    });
    this.#ledger.keep(new Set(handles.map(([, handle]) => handle)));
    const endedMs = clock.nowMs();
    return {
      bridgeId,
      // The counters were read one after the other between the two.
      readAtMs: (beganMs + endedMs) / 2,
      ...this.#ledger.counts(),
      // Servers of Janus know nothing of each other.
      relay: { packetsIn: 0, bytesIn: 0, packetsOut: 0, bytesOut: 0 },
      wireBytesIn: null,
      wireBytesOut: null,
      cpuSeconds: process?.cpuSeconds ?? null,
      cpuReadAtMs: process === null ? null : beganMs,
      rssBytes: process?.rssBytes ?? null,
      pliCount: null,
      firCount: null,
      packetsRetransmittedOut: null,
      readDurationMs: endedMs - beganMs,
    };
  }

  /** Every handle with its session. */
  async #handles(): Promise<[session: number, handle: number][]> {
    const { admin } = this.#options;
    const sessions = await admin.sessions();
    const found: [number, number][] = [];
    await each(sessions, async (session) => {
      const handles = this.#complete.get(session) ?? (await admin.handles(session).catch(() => []));
      if (handles.length >= HANDLES_OF_A_PARTICIPANT) this.#complete.set(session, handles);
      for (const handle of handles) found.push([session, handle]);
    });
    const living = new Set(sessions);
    for (const session of this.#complete.keys()) if (!living.has(session)) this.#complete.delete(session);
    return found;
  }
}

/** A room whose name is a number is that room; any other name becomes a number that both JSON and Janus can hold. */
export function roomNumber(name: string): number {
  if (/^[1-9]\d{0,14}$/.test(name)) return Number(name);
  return 1 + createHash('sha256').update(name).digest().readUIntBE(0, 6);
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const read = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: READERS }, read));
}
