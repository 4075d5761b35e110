import { FlowCounter } from '../flow-counter.ts';
import {
  belongsTo,
  packetFlow,
  packetSentMs,
  packetSequence,
  type TokenWords,
  tokenWords,
} from '../packet-format.ts';

/** Everything the receiver has counted of one session at one moment of its own clock. */
export interface ReceiverReading {
  readAtMs: number;
  receivedPackets: number;
  receivedBytes: number;
  /** Packets that must have been sent, by the highest sequence numbers seen. */
  expectedPackets: number;
  outOfOrderPackets: number;
  duplicatePackets: number;
  /** RFC 3550's J now, mean over the flows; null before a second packet. */
  jitterMs: number | null;
  /** Mean of J over every packet so far. */
  meanJitterMs: number | null;
  firstArrivalMs: number | null;
  lastArrivalMs: number | null;
  /** Datagrams that were not of this session. */
  foreignPackets: number;
  /** CPU time of the receiving thread since it started. */
  cpuMs: number | null;
}

/** Counts one session's packets, and only those. */
export class SessionCounter {
  readonly #token: TokenWords;
  readonly #flows: FlowCounter[];
  foreignPackets = 0;

  constructor(token: Uint8Array, flows: number) {
    this.#token = tokenWords(token);
    this.#flows = Array.from({ length: flows }, () => new FlowCounter());
  }

  /** Returns whether the packet was this session's. */
  count(data: Buffer, offset: number, length: number, arrivedMs: number): boolean {
    const flow = belongsTo(data, offset, length, this.#token)
      ? this.#flows[packetFlow(data, offset)]
      : undefined;
    if (flow === undefined) {
      this.foreignPackets += 1;
      return false;
    }
    flow.count(packetSequence(data, offset), length, packetSentMs(data, offset), arrivedMs);
    return true;
  }

  read(readAtMs: number, cpuMs: number | null): ReceiverReading {
    const sum = (value: (flow: FlowCounter) => number) => this.#flows.reduce((a, flow) => a + value(flow), 0);
    const active = this.#flows.filter((flow) => flow.jitterSamples > 0);
    const samples = active.reduce((a, flow) => a + flow.jitterSamples, 0);
    const firsts = this.#flows.flatMap(({ firstArrivalMs }) => firstArrivalMs ?? []);
    const lasts = this.#flows.flatMap(({ lastArrivalMs }) => lastArrivalMs ?? []);
    return {
      readAtMs,
      receivedPackets: sum((flow) => flow.receivedPackets),
      receivedBytes: sum((flow) => flow.receivedBytes),
      expectedPackets: sum((flow) => flow.highestSequence + 1),
      outOfOrderPackets: sum((flow) => flow.outOfOrderPackets),
      duplicatePackets: sum((flow) => flow.duplicatePackets),
      jitterMs: active.length === 0 ? null : active.reduce((a, flow) => a + flow.jitterMs, 0) / active.length,
      meanJitterMs:
        samples === 0
          ? null
          : active.reduce((a, flow) => a + (flow.meanJitterMs ?? 0) * flow.jitterSamples, 0) / samples,
      firstArrivalMs: firsts.length === 0 ? null : Math.min(...firsts),
      lastArrivalMs: lasts.length === 0 ? null : Math.max(...lasts),
      foreignPackets: this.foreignPackets,
      cpuMs,
    };
  }
}
