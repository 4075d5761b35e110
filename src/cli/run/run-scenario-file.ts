import { join, relative } from 'node:path';
import { capacityMismatches } from '../../capacity/match.ts';
import { FILES } from '../../results/files.ts';
import type { GateResult, Manifest } from '../../results/records.ts';
import type { RunProgress } from '../../run/runner.ts';
import { runSession } from '../../run/session.ts';
import { cpuShareOf } from '../../scenario/cpu-share.ts';
import { planRun } from '../../scenario/plan.ts';
import { describeTraffic } from '../../scenario/traffic.ts';
import { readHostInfo } from '../../system/host-info.ts';
import type { System } from '../../system/types.ts';
import type { BridgeInfo } from '../../targets/types.ts';
import type { CliContext } from '../context.ts';
import { type LiveView, plainView, silentView, terminalView } from '../live/view.ts';
import { parseSeed, planScenarioFile } from '../plan/plan-scenario-file.ts';
import { type LoadedScenario, readScenarioFile } from '../scenario-file.ts';
import { toolVersion } from '../version.ts';
import { checkBrowsers, reachWords, withBrowserFlags } from './browser-settings.ts';
import { createEngines, createTarget } from './compose.ts';
import { keepOffBridgeCores, withCores, withPossibleCpuShare } from './cpu-share.ts';
import type { RunFlags } from './flags.ts';
import { watchInterrupts } from './interrupts.ts';
import { outDir } from './out-dir.ts';
import { beginInOwnNetwork } from './own-network.ts';
import { tellCause } from './tell-cause.ts';

/** Runs a scenario file to its verdict; sets the exit code. Throws for what keeps it from starting at all. */
export async function runScenarioFile(file: string, flags: RunFlags, context: CliContext): Promise<void> {
  if (flags.dryRun) {
    await planScenarioFile(file, flags, context);
    return;
  }
  const { system } = context;
  const read = withBrowserFlags(await readScenarioFile(file, system.cwd), flags);
  const { scenario, warning } = withPossibleCpuShare(await beginInOwnNetwork(system, read.scenario));
  const cores = await keepOffBridgeCores(scenario);
  const loaded = { ...read, scenario };
  const { maxPacketRatePps } = loaded;
  const plan = planRun(scenario, flags.seed === undefined ? scenario.seed : parseSeed(flags.seed));
  const dir = outDir(system.cwd, flags.out, scenario.name, system.clock.wallMs());
  const view = createView(context);
  const { signal, stop } = watchInterrupts(system, (text) => {
    view.close();
    system.stderr.write(`${text}\n`);
  });
  try {
    await checkBrowsers(system, scenario, plan, signal);
    const reach = reachWords(system, scenario);
    if (reach !== null) system.stderr.write(`${reach}\n`);
    const { manifest, cause, begun } = await runSession(
      {
        ...loaded,
        system,
        toolVersion: toolVersion(),
        plan,
        scenarioPath: loaded.path,
        scenarioSha256: loaded.sha256,
        command: repeatCommand(file, plan.seed),
        dir,
        host: withCores(readHostInfo(), cores),
        warnings: [...(warning === null ? [] : [warning]), ...warningsBeforeStart(loaded, system)],
        warningsOf: (bridges) => softwareWarnings(loaded.capacity, bridges),
        createTarget: (options) => createTarget(system, scenario, maxPacketRatePps, options, cores?.bridges),
        createEngines: (options) => createEngines(system, scenario, plan, options),
        onProgress: (progress, gates) => view.update(liveState(scenario.name, plan, progress, gates)),
      },
      signal,
    );
    view.close();
    if (begun || flags.json) await report(dir, manifest, flags, context);
    tellCause(cause, system);
    context.exit(manifest.exitCode ?? 1);
  } finally {
    view.close();
    stop();
  }
}

function createView(context: CliContext): LiveView {
  const { stderr, clock } = context.system;
  if (context.quiet) return silentView;
  return stderr.isTTY ? terminalView(stderr, clock, context.paint(stderr)) : plainView(stderr, clock);
}

function liveState(
  scenarioName: string,
  plan: { durationMs: number; participants: readonly unknown[] },
  progress: RunProgress,
  gates: () => readonly GateResult[],
) {
  const { phase, tMs, stage, snapshot, notice } = progress;
  return {
    phase,
    scenarioName,
    tMs,
    durationMs: plan.durationMs,
    stage: stage?.name ?? null,
    planned: plan.participants.length,
    quality: snapshot?.quality ?? null,
    bridges: snapshot?.bridges ?? [],
    gates: phase === 'running' ? gates() : [],
    notice,
  };
}

function repeatCommand(file: string, seed: number): string[] {
  return ['npx', 'rtc-bench', 'run', file, '--seed', String(seed)];
}

/** What the user may not know and will not see otherwise. */
function warningsBeforeStart({ capacity, scenario }: LoadedScenario, system: System): string[] {
  const warnings: string[] = [];
  const { target } = scenario;
  const reach = reachWords(system, scenario);
  if (reach !== null) warnings.push(reach);
  if (target.url !== undefined && target.maxParticipantsPerBridgeAndRoom !== undefined)
    warnings.push(
      'target.maxParticipantsPerBridgeAndRoom is ignored: with target.url it is a setting of the running cluster',
    );
  if (capacity !== null) {
    const { cpuModel, cores } = readHostInfo();
    const here = {
      traffic: describeTraffic(scenario),
      ...(cpuModel === null ? {} : { cpuModel: String(cpuModel) }),
      ...cpuShareOf(target),
    };
    warnings.push(...capacityMismatches(capacity, { ...here, cores: Number(cores) }));
  }
  return warnings;
}

/** Bridges are known once they are up. */
function softwareWarnings(capacity: LoadedScenario['capacity'], bridges: readonly BridgeInfo[]): string[] {
  if (capacity === null) return [];
  const versions = new Set(bridges.map(({ software }) => software));
  return [...versions].flatMap((software) => capacityMismatches(capacity, { software }));
}

/** Writes the report beside the record and prints the answer; without a folder's report the run still counts. */
async function report(
  dir: string,
  manifest: Readonly<Manifest>,
  flags: RunFlags,
  context: CliContext,
): Promise<void> {
  const { system } = context;
  const { RunReader } = await import('../../results/reader.ts');
  const { buildReport } = await import('../../reports/model/build.ts');
  const { HtmlReporter } = await import('../../reports/html/reporter.ts');
  const { secondsCsv } = await import('../../reports/seconds.ts');
  const { writeCiOutputs, writeReport, writeText } = await import('../../reports/ci/outputs.ts');
  const built = await buildReport(await RunReader.open(dir));
  await writeReport(join(dir, FILES.report), await HtmlReporter.create(), built);
  await writeText(join(dir, FILES.seconds), secondsCsv(built));
  // With --json stdout is one document and nothing else.
  await writeCiOutputs(built, flags, system, { annotate: !flags.json });
  if (flags.json) {
    system.stdout.write(`${JSON.stringify(manifest, null, 2)}\n`);
    return;
  }
  const { ConsoleReporter, nextCommands } = await import('../../reports/console/reporter.ts');
  const below = relative(system.cwd, dir);
  const shown = below === '' || below.startsWith('..') ? dir : below;
  const console = new ConsoleReporter({
    paint: context.paint(system.stdout),
    files: [
      'report.html',
      'manifest.json',
      'seconds.csv',
      'bridges.csv',
      'participants.csv',
      'tracks.csv',
    ].map((name) => join(shown, name)),
    next: nextCommands(built, shown),
  });
  system.stdout.write(console.render(built));
}
