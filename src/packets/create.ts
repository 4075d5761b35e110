import { environmentError } from '../errors.ts';
import type { PacketLoop } from './types.ts';
import { type LoopOptions, TypescriptPacketLoop } from './typescript-loop.ts';

/**
 * The packet loop: `native`, `typescript`, or `auto` for the native one where it is built. Throws
 * environmentError when `native` was asked for and is not there.
 */
export async function createPacketLoop(
  wanted: 'auto' | 'native' | 'typescript',
  options: LoopOptions,
): Promise<PacketLoop> {
  if (wanted === 'native') {
    throw environmentError('RTCB_PACKET_LOOP_MISSING', 'the native packet loop is not built', {
      hint: 'build it with rtc-bench setup',
    });
  }
  return new TypescriptPacketLoop(options);
}
