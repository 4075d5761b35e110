import type { BridgeRow, GeneratorRow, HostRow, KernelDrops } from '../results/records.ts';

/** Sum of what is known; null when nothing is. */
function known(values: Iterable<number | null | undefined>): number | null {
  let sum: number | null = null;
  for (const value of values) if (value !== null && value !== undefined) sum = (sum ?? 0) + value;
  return sum;
}

/**
 * Gathers, over the steady window, what the kernel dropped and whose buffer was full, as `tune` does for one socket:
 * each bridge's sockets, the generator's, everybody else's, a CPU's backlog. Rows hold what changed in their
 * interval, so a window is the sum of its rows.
 */
export class KernelDropMeter {
  #bridges: BridgeRow[] = [];
  #generators: GeneratorRow[] = [];
  #host: HostRow[] = [];

  /** The rows of one steady interval. */
  add(rows: {
    bridges: readonly BridgeRow[];
    generators: readonly GeneratorRow[];
    host: HostRow | null;
  }): void {
    this.#bridges.push(...rows.bridges);
    this.#generators.push(...rows.generators);
    if (rows.host !== null) this.#host.push(rows.host);
  }

  restart(): void {
    this.#bridges = [];
    this.#generators = [];
    this.#host = [];
  }

  /**
   * `bridgesHere`: the bridges live on this host, so that what their sockets dropped is among what it counted. null
   * before the first steady interval.
   */
  result(bridgesHere: boolean): KernelDrops | null {
    if (this.#host.length === 0) return null;
    const receiveBufferErrors = known(this.#host.map((row) => row.udpReceiveBufferErrors));
    const generatorSocketDrops = known(this.#generators.map((row) => row.socketDrops));
    const bridges = [...Map.groupBy(this.#bridges, (row) => row.bridgeId)].map(([bridgeId, rows]) => ({
      bridgeId,
      socketDrops: known(rows.map((row) => row.socketDrops)),
      relaySocketDrops: known(rows.map((row) => row.relaySocketDrops)),
    }));
    const ofBridges = bridgesHere ? bridges.map(({ socketDrops }) => socketDrops) : [];
    // A bridge here whose sockets cannot be read may be the one that dropped: then nobody can say who did.
    const isUntold = ofBridges.includes(null) || (bridgesHere && bridges.length === 0);
    const attributed = (known(ofBridges) ?? 0) + (generatorSocketDrops ?? 0);
    return {
      bridges,
      generatorSocketDrops,
      // Readings of the parts are moments apart, so a difference may be below zero.
      otherSocketDrops:
        receiveBufferErrors === null || isUntold ? null : Math.max(0, receiveBufferErrors - attributed),
      receiveBufferErrors,
      sendBufferErrors: known(this.#host.map((row) => row.udpSendBufferErrors)),
      backlogDrops: known(this.#host.map((row) => row.softnetDropped)),
    };
  }
}
