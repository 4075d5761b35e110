import { findPacketAddon } from '../../setup/find-packet-addon.ts';
import type { System } from '../../system/types.ts';
import { dgramSockets } from './dgram.ts';
import { hasDatagrams, nativeSockets } from './native.ts';
import type { SocketKind } from './types.ts';

/** Which sockets a thread is to use: its name, or the file of the native addon. */
export type SocketChoice = { kind: 'dgram' } | { kind: 'native'; addonFile: string };

export const DGRAM: SocketChoice = { kind: 'dgram' };

/**
 * The native ones where set-up has built them and they load, else those of node:dgram. `RTCB_PACKET_LOOP=typescript`
 * keeps to the latter.
 */
export function preferredSockets(env: System['env']): SocketChoice {
  if (env.RTCB_PACKET_LOOP === 'typescript') return DGRAM;
  const addonFile = findPacketAddon(env);
  return addonFile !== null && hasDatagrams(addonFile) ? { kind: 'native', addonFile } : DGRAM;
}

export function openSockets(choice: SocketChoice): SocketKind {
  return choice.kind === 'native' ? nativeSockets(choice.addonFile) : dgramSockets();
}
