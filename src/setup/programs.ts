import type { System } from '../system/types.ts';
import type { Debian } from './debian.ts';
import { findProgram } from './find-program.ts';
import type { Provider } from './types.ts';

/** A program that rtc-bench can use and does not need. */
interface OptionalProgram {
  program: string;
  debianPackage: string;
  without: string;
  /** What else its installation does. */
  note?: string;
}

const PROGRAMS: readonly OptionalProgram[] = [
  { program: 'iperf3', debianPackage: 'iperf3', without: 'probes use the built-in prober' },
  {
    program: 'ip',
    debianPackage: 'iproute2',
    without: 'no network namespaces for tests on an impaired network',
  },
  {
    program: 'janus',
    debianPackage: 'janus',
    without: 'no Janus that a run starts by itself (target.kind: janus, start: true)',
    note: 'with systemd its own service begins too; `systemctl disable --now janus` ends it',
  },
  { program: 'nft', debianPackage: 'nftables', without: 'no packet loss for tests on an impaired network' },
];

/** Where such programs lie that an ordinary user's PATH leaves out. */
const SYSTEM_DIRECTORIES = ':/usr/sbin:/sbin';

/** The optional programs, each from its Debian package. */
export function programProviders(system: System, debian: Debian): Provider[] {
  return PROGRAMS.map(({ program, debianPackage, without, note }) => ({
    name: program,
    essential: false,
    without,
    async check() {
      const file = findProgram(
        { ...system.env, PATH: `${system.env.PATH ?? ''}${SYSTEM_DIRECTORIES}` },
        program,
      );
      return file === null ? { found: false, why: 'not there yet' } : { found: true, what: file };
    },
    sources: [
      {
        plan: async () =>
          debian.hasApt()
            ? [
                `install Debian packages: ${debian.command([debianPackage])}`,
                ...(note === undefined ? [] : [`mind: ${note}`]),
              ]
            : null,
        provide: (progress, signal) => debian.install([debianPackage], progress, signal),
      },
    ],
  }));
}
