import { usageError } from '../../errors.ts';
import { sectionPage } from '../../probe/output/html.ts';
import { trialText, tuneSection, tuneTable } from '../../probe/tune/output.ts';
import { HOST_PLACE, revertSysctl } from '../../probe/tune/sysctl.ts';
import { tuneBuffers } from '../../probe/tune/tune.ts';
import type { TuneFlags } from '../commands/tune.ts';
import type { CliContext } from '../context.ts';
import { writeText } from './deliver.ts';
import { parseAmount, parseRange, parseWhole } from './flags.ts';
import { interruptible } from './interrupts.ts';

export async function tuneCommand(context: CliContext, flags: TuneFlags): Promise<void> {
  const { system } = context;
  const place = { ...HOST_PLACE, dropIn: flags.dropIn };
  if (flags.apply && flags.revert) throw usageError('RTCB_FLAG', '--apply and --revert exclude each other');
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
      marginRatio,
      sockets,
      apply: flags.apply,
      place,
      signal,
      onTrial: (side, trial) => say(trialText(side, trial)),
      onPhase: say,
    });
    const json = `${JSON.stringify(result, null, 2)}\n`;
    if (flags.out !== undefined) await writeText(flags.out, json);
    const section = tuneSection(result);
    if (flags.svg !== undefined) await writeText(flags.svg, section.charts[0] ?? '');
    if (flags.html !== undefined) await writeText(flags.html, sectionPage(section, result.createdAt));
    system.stdout.write(flags.json ? json : tuneTable(result));
  });
  if (code !== null) context.exit(code);
}
