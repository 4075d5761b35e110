import { errorMessage, usageError } from '../../errors.ts';
import { parseServer } from '../../probe/server-address.ts';
import { trialText, tuneChart, tuneTable } from '../../probe/tune/output.ts';
import { HOST_PLACE, revertSysctl } from '../../probe/tune/sysctl.ts';
import { tuneBuffers } from '../../probe/tune/tune.ts';
import type { TuneResult } from '../../probe/tune/types.ts';
import { safeText } from '../../system/safe-text.ts';
import type { CliContext } from '../context.ts';
import { writeText } from './deliver.ts';
import { parseAmount, parseRange, parseWhole } from './flags.ts';
import { interruptible } from './interrupts.ts';
import { documentOf, writeFolder, writePage } from './tune-files.ts';

export interface TuneFlags {
  rate: string;
  size: string;
  senders: string;
  pause: string;
  pauseEvery: string;
  trial: string;
  margin: string;
  sockets: string;
  server?: string;
  apply: boolean;
  revert: boolean;
  dropIn: string;
  out?: string;
  svg?: string;
  html?: string;
  json: boolean;
}

/** Where nothing may be written, as in somebody else's folder, the answer stands without a page. */
async function leavePage({ system, quiet }: CliContext, result: TuneResult): Promise<void> {
  try {
    const shown = await writeFolder(result, system.cwd, undefined);
    if (!quiet) system.stderr.write(`-> ${shown}\n`);
  } catch (error) {
    if (!quiet) system.stderr.write(`no page: ${safeText(errorMessage(error))}; name a folder with --out\n`);
  }
}

export async function tuneCommand(context: CliContext, flags: TuneFlags): Promise<void> {
  const { system } = context;
  const place = { ...HOST_PLACE, dropIn: flags.dropIn };
  if (flags.apply && flags.revert) throw usageError('RTCB_FLAG', '--apply and --revert exclude each other');
  if (flags.apply && flags.server !== undefined)
    throw usageError(
      'RTCB_FLAG',
      '--apply changes this host, and with --server the receive buffers are those of the other one',
      'run `rtc-bench tune udp-buffers --apply` over there, or set the printed lines there',
    );
  const server = flags.server === undefined ? null : parseServer(flags.server, 'builtin');
  if (flags.revert) {
    const restored = await revertSysctl(place);
    const values = Object.fromEntries(restored);
    system.stdout.write(
      flags.json
        ? `${JSON.stringify({ schemaVersion: 1, kind: 'udp-buffer-revert', restored: values }, null, 2)}\n`
        : `${Object.entries(values)
            .map(([name, value]) => `restored ${name} = ${value}`)
            .join('\n')}\n`,
    );
    return;
  }
  const pauseMs = parseRange('--pause', flags.pause, 0, 2000);
  const burst = {
    ratePps: parseAmount('--rate', flags.rate),
    sizeBytes: parseAmount('--size', flags.size, 'bytes'),
    senders: parseWhole('--senders', flags.senders, 1, 128),
    pauseMs,
    pauseEveryMs: parseRange('--pause-every', flags.pauseEvery, pauseMs + 1, 60_000),
    trialMs: parseRange('--trial', flags.trial, 0.5, 60) * 1000,
  };
  const marginRatio = parseRange('--margin', flags.margin, 1, 10);
  const sockets = parseWhole('--sockets', flags.sockets, 1, 100_000);
  const say = (line: string) => {
    if (!context.quiet) system.stderr.write(`${line}\n`);
  };
  const code = await interruptible(system, async (signal) => {
    const result = await tuneBuffers(system, {
      burst,
      server,
      marginRatio,
      sockets,
      apply: flags.apply,
      place,
      signal,
      onTrial: (side, trial) => say(trialText(side, trial)),
      onPhase: say,
    });
    const json = documentOf(result);
    // The answer first: no disk is worth losing a minute of measuring for.
    system.stdout.write(flags.json ? json : tuneTable(result));
    if (flags.svg !== undefined) await writeText(flags.svg, tuneChart(result));
    if (flags.html !== undefined) await writePage(json, flags.html);
    if (flags.out?.endsWith('.json') === true) await writeText(flags.out, json);
    else if (flags.out !== undefined) say(`-> ${await writeFolder(result, system.cwd, flags.out)}`);
    else if (!flags.json) await leavePage(context, result);
  });
  if (code !== null) context.exit(code);
}
