import { errorMessage } from '../../errors.ts';
import type { System } from '../../system/types.ts';
import type { Debian } from '../debian.ts';
import { findWorker } from '../find-worker.ts';
import type { Provider } from '../types.ts';
import { builtWorker } from './build.ts';
import { prebuiltWorker } from './prebuilt.ts';

/** The SFU of the embedded cluster. */
export function workerProvider(system: System, debian: Debian): Provider {
  return {
    name: 'mediasoup worker',
    essential: true,
    async check() {
      try {
        const file = await findWorker(system);
        return file === null ? { found: false, why: 'not there yet' } : { found: true, what: file };
      } catch (error) {
        return { found: false, why: errorMessage(error) };
      }
    },
    // A worker that the user named is the user's to mend.
    sources: system.env.MEDIASOUP_WORKER_BIN ? [] : [prebuiltWorker(system), builtWorker(system, debian)],
  };
}
