import { readFile } from 'node:fs/promises';
import { createWorker, type types as mediasoup, version } from 'mediasoup';
import { ProcessSocketDrops } from '../../system/process-socket-drops.ts';
import type { BridgeSample, PadReading } from '../../targets/types.ts';
import { RpcError } from '../rpc.ts';
import { sendsBandwidthFeedback } from './bandwidth-feedback.ts';
import { ROUTER_CODECS } from './codecs.ts';
import { Ledger } from './ledger.ts';
import type { BridgeSettings, BridgeUp } from './protocol.ts';
import { BridgeRoom, type Notify } from './room.ts';
import type { Tally } from './tally.ts';

/** How long the worker may take to end by itself. */
const WORKER_END_MS = 2000;

/** Monotonic milliseconds; on Linux the same clock as the worker's `uv_hrtime`. */
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** One bridge: a mediasoup worker with one UDP port for all its participants. */
export class Bridge {
  readonly #settings: BridgeSettings;
  readonly #worker: mediasoup.Worker;
  readonly #webRtcServer: mediasoup.WebRtcServer;
  readonly #notify: Notify;
  readonly #bandwidthFeedback: boolean;
  readonly #drops: ProcessSocketDrops;
  /** Of the socket for participants, once it is known. */
  #mediaPort: number | null = null;
  readonly #ledger = new Ledger();
  readonly #rooms = new Map<string, Promise<BridgeRoom>>();
  readonly #open = new Map<string, BridgeRoom>();

  private constructor(
    settings: BridgeSettings,
    worker: mediasoup.Worker,
    server: mediasoup.WebRtcServer,
    notify: Notify,
    bandwidthFeedback: boolean,
  ) {
    this.#settings = settings;
    this.#worker = worker;
    this.#webRtcServer = server;
    this.#notify = notify;
    this.#bandwidthFeedback = bandwidthFeedback;
    this.#drops = new ProcessSocketDrops(worker.pid);
  }

  static async start(settings: BridgeSettings, notify: Notify): Promise<Bridge> {
    const worker = await createWorker({ workerBin: settings.workerFile, logLevel: 'error' });
    worker.on('died', (error) => notify('workerDied', { reason: `worker died ${error.message}` }));
    const server = await worker.createWebRtcServer({
      listenInfos: [
        {
          protocol: 'udp',
          ip: settings.host,
          recvBufferSize: settings.receiveBufferBytes,
          sendBufferSize: settings.sendBufferBytes,
        },
      ],
    });
    return new Bridge(settings, worker, server, notify, await sendsBandwidthFeedback(worker));
  }

  async describe(): Promise<BridgeUp> {
    const { udpSockets } = await this.#webRtcServer.dump();
    const [socket] = udpSockets;
    if (socket === undefined) throw new RpcError('no-socket', 'the worker bound no UDP socket');
    this.#mediaPort = socket.port;
    return {
      software: `mediasoup ${version}`,
      mediaAddress: socket.ip,
      mediaPort: socket.port,
      pid: this.#worker.pid,
    };
  }

  /** Opening twice is opening once. */
  openRoom(name: string): Promise<BridgeRoom> {
    const existing = this.#rooms.get(name);
    if (existing !== undefined) return existing;
    const opening = this.#createRoom(name);
    this.#rooms.set(name, opening);
    opening.catch(() => this.#rooms.delete(name));
    return opening;
  }

  room(name: string): BridgeRoom {
    const room = this.#open.get(name);
    if (room !== undefined) return room;
    throw new RpcError('unknown-room', `no such room on ${this.#settings.bridgeId}`);
  }

  closeRoom(name: string): void {
    this.#open.get(name)?.close();
    this.#open.delete(name);
    this.#rooms.delete(name);
  }

  async sample(): Promise<BridgeSample> {
    const startedAtMs = nowMs();
    const [cpu, totals, rssBytes, drops] = await Promise.all([
      this.#readCpu(),
      this.#ledger.read(),
      this.#readRssBytes(),
      this.#drops.read(this.#mediaPort),
    ]);
    const endedAtMs = nowMs();
    const sum = (key: keyof Tally) => totals.local[key] + totals.relay[key];
    const counts = { producers: 0, consumers: 0, participants: 0 };
    for (const room of this.#open.values()) {
      counts.producers += room.counts.producers;
      counts.consumers += room.counts.consumers;
      counts.participants += room.counts.participants;
    }
    return {
      bridgeId: this.#settings.bridgeId,
      readAtMs: totals.readAtMs ?? (startedAtMs + endedAtMs) / 2,
      local: traffic(totals.local),
      relay: traffic(totals.relay),
      wireBytesIn: sum('wireBytesIn'),
      wireBytesOut: sum('wireBytesOut'),
      ...cpu,
      rssBytes,
      ...counts,
      rooms: this.#open.size,
      nackCount: sum('nackCount'),
      pliCount: sum('pliCount'),
      firCount: sum('firCount'),
      packetsLostIn: sum('packetsLostIn'),
      packetsRetransmittedOut: sum('packetsRetransmittedOut'),
      socketDrops: drops?.socketDrops ?? null,
      // Every other socket of the worker is an end of a pipe.
      relaySocketDrops: drops?.otherPortDrops ?? null,
      readDurationMs: endedAtMs - startedAtMs,
    };
  }

  /** Every producer and consumer as `sample` last read it. */
  pads(): PadReading[] {
    return [...this.#open.values()].flatMap((room) => room.pads());
  }

  /** Resolves when the worker process has ended; one that does not end by itself is killed. */
  async stop(): Promise<void> {
    if (this.#worker.subprocessClosed) return;
    const ended = new Promise<void>((resolve) => this.#worker.once('subprocessclose', resolve));
    this.#worker.close();
    const timer = setTimeout(() => process.kill(this.#worker.pid, 'SIGKILL'), WORKER_END_MS);
    await ended;
    clearTimeout(timer);
  }

  async #createRoom(name: string): Promise<BridgeRoom> {
    const router = await this.#worker.createRouter({ mediaCodecs: ROUTER_CODECS });
    const room = await BridgeRoom.open({
      room: name,
      router,
      webRtcServer: this.#webRtcServer,
      settings: this.#settings,
      ledger: this.#ledger,
      notify: this.#notify,
      bandwidthFeedback: this.#bandwidthFeedback,
    });
    this.#open.set(name, room);
    return room;
  }

  async #readCpu(): Promise<{ cpuSeconds: number; cpuReadAtMs: number }> {
    const askedAtMs = nowMs();
    const usage = await this.#worker.getResourceUsage();
    return {
      cpuSeconds: (usage.ru_utime + usage.ru_stime) / 1000,
      cpuReadAtMs: (askedAtMs + nowMs()) / 2,
    };
  }

  async #readRssBytes(): Promise<number | null> {
    const status = await readFile(`/proc/${this.#worker.pid}/status`, 'utf8').catch(() => '');
    const match = /^VmRSS:\s+(\d+) kB/m.exec(status);
    return match === null ? null : Number(match[1]) * 1024;
  }
}

function traffic({ packetsIn, bytesIn, packetsOut, bytesOut }: Tally) {
  return { packetsIn, bytesIn, packetsOut, bytesOut };
}
