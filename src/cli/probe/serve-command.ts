import { serveProbe } from '../../probe/server/serve.ts';
import type { CliContext } from '../context.ts';
import { parseAmount, parseRange, parseWhole } from './flags.ts';
import { interruptible } from './interrupts.ts';

export interface ServeFlags {
  listen: string;
  port: string;
  maxDuration: string;
  maxRate: string;
  stopAfter?: string;
  json: boolean;
}

const MAX_DURATION_S = 86_400;

export async function serve(context: CliContext, flags: ServeFlags): Promise<void> {
  const { system } = context;
  const say = (text: string) => {
    if (!context.quiet) system.stderr.write(`${text}\n`);
  };
  const limits = {
    maxDurationMs: parseRange('--max-duration', flags.maxDuration, 1, MAX_DURATION_S) * 1000,
    maxPacketRatePps: parseAmount('--max-rate', flags.maxRate),
  };
  const stopAfterMs =
    flags.stopAfter === undefined
      ? null
      : parseRange('--stop-after', flags.stopAfter, 0.1, MAX_DURATION_S) * 1000;
  const port = parseWhole('--port', flags.port, 0, 65_535);
  // Being told to end is how a server ends well: exit 0.
  await interruptible(system, async (signal) => {
    const server = await serveProbe(system, { address: flags.listen, port, limits, log: say });
    try {
      const { address } = server;
      if (flags.json)
        system.stdout.write(
          `${JSON.stringify({ schemaVersion: 1, kind: 'probe-server', address, port: server.port })}\n`,
        );
      say(`listening on ${address}, TCP and UDP port ${server.port}; Ctrl-C ends it`);
      if (stopAfterMs === null) await aborted(signal);
      else await system.clock.sleep(stopAfterMs, signal);
    } finally {
      await server.close();
    }
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
