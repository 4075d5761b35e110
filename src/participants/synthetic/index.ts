import { findPacketAddon } from '../../setup/find-packet-addon.ts';
import type { System } from '../../system/types.ts';
import type { EngineOptions } from '../types.ts';
import { SyntheticEngine, type SyntheticSettings } from './engine.ts';

export type { SyntheticSettings } from './engine.ts';

/** Participants without a browser, in worker threads of this process. */
export function createSyntheticEngine(
  system: System,
  options: EngineOptions,
  settings: SyntheticSettings = {},
): SyntheticEngine {
  return new SyntheticEngine(options, { packetAddonFile: findPacketAddon(system.env), ...settings });
}
