import { environmentError, errorMessage } from '../errors.ts';
import { loadPacketAddon, NativePacketLoop } from './native-loop.ts';
import type { PacketLoop } from './types.ts';
import { type LoopOptions, TypescriptPacketLoop } from './typescript-loop.ts';

/**
 * The packet loop: `native`, `typescript`, or `auto` for the native one where it is built and loads. `addonFile` is
 * where it was built, null when it was not. Throws environmentError when `native` was asked for and cannot be had.
 */
export function createPacketLoop(
  wanted: 'auto' | 'native' | 'typescript',
  addonFile: string | null,
  options: LoopOptions,
): PacketLoop {
  if (wanted === 'typescript') return new TypescriptPacketLoop(options);
  if (addonFile !== null) {
    try {
      return new NativePacketLoop(loadPacketAddon(addonFile), options);
    } catch (cause) {
      if (wanted === 'native') {
        throw environmentError(
          'RTCB_PACKET_LOOP_UNUSABLE',
          `the native packet loop does not load: ${errorMessage(cause)}`,
          { hint: 'build it again with rtc-bench setup, or set packetLoop to typescript', cause },
        );
      }
    }
  }
  if (wanted === 'native') {
    throw environmentError('RTCB_PACKET_LOOP_MISSING', 'the native packet loop is not built', {
      hint: 'build it with rtc-bench setup',
    });
  }
  return new TypescriptPacketLoop(options);
}
