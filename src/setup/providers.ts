import type { System } from '../system/types.ts';
import { chromiumProvider } from './chromium/provider.ts';
import { type Consent, Debian } from './debian.ts';
import { packetAddonProvider } from './packets/provider.ts';
import { programProviders } from './programs.ts';
import type { Provider } from './types.ts';
import { workerProvider } from './worker/provider.ts';

/** Everything that a run needs and npm does not bring; with `optional`, also what it can use. */
export function allProviders(system: System, consent: Consent, optional = false): Provider[] {
  const debian = new Debian(system, { consent, uid: process.getuid?.() ?? -1 });
  return [
    workerProvider(system, debian),
    // After the worker, whose build brings the compiler that this one takes.
    packetAddonProvider(system, debian),
    chromiumProvider(system, debian),
    ...(optional ? programProviders(system, debian) : []),
  ];
}
