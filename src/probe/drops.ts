import { readFileSync } from 'node:fs';
import type { HostCounters } from '../system/host-counters.ts';
import { parseUdpSockets, UDP_TABLES, type UdpSocket } from '../system/udp-sockets.ts';
import type { DropAttribution } from './types.ts';

/** Counters of one end at one moment; null where this platform has none. */
export interface DropCounters {
  socketDrops: number | null;
  receiveBufferErrors: number | null;
  sendBufferErrors: number | null;
  backlogDrops: number | null;
}

/** Drops of the sockets on that port since they were opened; null when there is none, or no table of them. */
export function readSocketDrops(port: number): number | null {
  const sockets = UDP_TABLES.flatMap((table) => {
    try {
      return parseUdpSockets(readFileSync(`/proc/${table}`, 'utf8'));
    } catch {
      // Not Linux, or no IPv6: that file has nothing to add.
      return [];
    }
  });
  return dropsOfPort(sockets, port);
}

export function dropsOfPort(sockets: readonly UdpSocket[], port: number): number | null {
  const own = sockets.filter(({ localPort }) => localPort === port);
  return own.length === 0 ? null : own.reduce((sum, { drops }) => sum + drops, 0);
}

export function readDropCounters(host: HostCounters, port: number): DropCounters {
  return {
    socketDrops: readSocketDrops(port),
    receiveBufferErrors: host.udp?.rcvbufErrors ?? null,
    sendBufferErrors: host.udp?.sndbufErrors ?? null,
    backlogDrops: host.softnetDropped,
  };
}

/** What a counter grew by; null where a reading is missing. */
export const change = (before: number | null, after: number | null) =>
  before === null || after === null ? null : Math.max(0, after - before);

export type DropChange = Omit<DropAttribution, 'networkLost'>;

export function dropsBetween(before: DropCounters, after: DropCounters): DropChange {
  return {
    socketDrops: change(before.socketDrops, after.socketDrops),
    receiveBufferErrors: change(before.receiveBufferErrors, after.receiveBufferErrors),
    sendBufferErrors: change(before.sendBufferErrors, after.sendBufferErrors),
    backlogDrops: change(before.backlogDrops, after.backlogDrops),
  };
}

/**
 * Splits the loss: what the receiving socket dropped, what a backlog dropped, and the rest, which the network lost.
 * RcvbufErrors and SndbufErrors count every socket of their namespace and are shown beside, never subtracted:
 * the socket's own drops are part of the first, and what the second counts was never sent. A host that cannot be
 * read explains nothing, so there the rest is unknown.
 */
export function attributeLoss(
  drops: DropChange,
  lostPackets: number,
  /** With segmentation offload the kernel counts a batch of packets as one drop: nothing can be subtracted. */
  { countsBatches = false }: { countsBatches?: boolean } = {},
): DropAttribution {
  const { socketDrops, backlogDrops } = drops;
  if (countsBatches && lostPackets > 0) return { ...drops, networkLost: null };
  return {
    ...drops,
    networkLost: socketDrops === null ? null : Math.max(0, lostPackets - socketDrops - (backlogDrops ?? 0)),
  };
}
