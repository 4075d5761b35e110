import type { System } from '../../system/types.ts';
import { formatPercent } from '../output/format.ts';
import { adviseBuffers } from './advice.ts';
import { type SweepOptions, sweepBuffers } from './sweep.ts';
import { applySysctl, HOST_PLACE, requireWritable, type SysctlPlace } from './sysctl.ts';
import type { TuneResult } from './types.ts';

export interface TuneOptions extends SweepOptions {
  marginRatio: number;
  sockets: number;
  apply: boolean;
  place?: SysctlPlace;
  onPhase?: (text: string) => void;
}

/** Less is a stray packet. */
const NETWORK_LOSS_RATIO = 0.0001;

/** Sweep, advise and, where asked, apply and sweep again. */
export async function tuneBuffers(system: System, options: TuneOptions): Promise<TuneResult> {
  const { burst, marginRatio, sockets, server = null, place = HOST_PLACE } = options;
  const createdAt = new Date(system.clock.wallMs()).toISOString();
  if (options.apply) await requireWritable(place);
  const sweep = await sweepBuffers(system, options);
  const advice = adviseBuffers(sweep, burst, { marginRatio, sockets, isRemote: server !== null });
  const warnings: string[] = [];
  if ((sweep.networkLossRatio ?? 0) > NETWORK_LOSS_RATIO)
    warnings.push(
      `the network lost ${formatPercent(sweep.networkLossRatio)} of the packets whatever the buffer was: no buffer mends that`,
    );
  const isApplying = options.apply && advice.sysctl.length > 0;
  if (options.apply && !isApplying) warnings.push('nothing had to be raised: no file was written');
  if (isApplying) {
    await applySysctl(advice.sysctl, place);
    options.onPhase?.(`wrote ${place.dropIn} and loaded it; sweeping again`);
  }
  return {
    schemaVersion: 1,
    kind: 'udp-buffer-sweep',
    createdAt,
    server,
    burst,
    sweep,
    advice,
    applied: isApplying ? { dropIn: place.dropIn, lines: advice.sysctl } : null,
    after: isApplying ? await sweepBuffers(system, options) : null,
    warnings,
  };
}
