import type { Debian } from '../debian.ts';
import type { Source } from '../types.ts';

const PACKAGES = ['chromium'];

/** Debian's own Chromium. Only on Debian itself: elsewhere the package of that name may be something else. */
export function debianChromium(debian: Debian): Source {
  return {
    async plan() {
      return debian.isDebian() ? [`install Debian packages: ${debian.command(PACKAGES)}`] : null;
    },
    provide: (progress, signal) => debian.install(PACKAGES, progress, signal),
  };
}
