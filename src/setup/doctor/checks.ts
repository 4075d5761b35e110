import type { System } from '../../system/types.ts';
import { sweepLeftovers } from '../leftovers.ts';
import { hostChecks } from './host.ts';
import { portsCheck } from './ports.ts';
import { softwareChecks } from './software.ts';
import type { Check } from './types.ts';

function leftoversCheck(): Check {
  return {
    name: 'leftovers',
    async run() {
      const { directories, processes } = sweepLeftovers();
      if (directories.length === 0) return { status: 'ok', detail: 'none of killed runs' };
      const ended = processes.length === 0 ? '' : ` and ${processes.length} processes`;
      return {
        status: 'note',
        detail: `removed ${directories.length} temporary folders${ended} of killed runs`,
      };
    },
  };
}

/** Everything that the doctor looks at, in the order in which it is told. */
export function allChecks(system: System): Check[] {
  return [...softwareChecks(system), ...hostChecks(system), portsCheck(), leftoversCheck()];
}
