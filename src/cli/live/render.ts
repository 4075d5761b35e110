import type { ChalkInstance } from 'chalk';
import type { GateResult } from '../../results/records.ts';
import { safeText } from '../../system/safe-text.ts';
import type { LiveState } from './state.ts';

const BAR_WIDTH = 24;

/** `1:05`, `12:00`, `1:02:03`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${String(minutes).padStart(hours > 0 ? 2 : 1, '0')}:${String(rest).padStart(2, '0')}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/** Thousands apart and no decimals: rates are read, not computed with. */
export function formatRate(pps: number): string {
  return Math.round(pps).toLocaleString('en-US');
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH);
  return '━'.repeat(filled) + '─'.repeat(BAR_WIDTH - filled);
}

function gateMark(gate: GateResult, paint: ChalkInstance): string {
  if (gate.outcome === 'passed') return paint.green('✓');
  if (gate.outcome === 'inconclusive') return paint.yellow('?');
  return gate.level === 'warn' ? paint.yellow('!') : paint.red('✗');
}

/** What goes on before the run's clock does; null from then on. */
function preparation({ phase }: LiveState): string | null {
  if (phase === 'probing') return 'measuring the UDP path, before anybody joins';
  return phase === 'starting' ? 'starting the target and the engines' : null;
}

function phaseLine(state: LiveState, paint: ChalkInstance): string {
  const name = paint.bold(safeText(state.scenarioName));
  const preparing = preparation(state);
  if (preparing !== null) return `${name}  ${preparing}`;
  const clock = `${formatClock(state.tMs)} of ${formatClock(state.durationMs)}`;
  if (state.phase === 'draining') return `${name}  ${clock}  leaving the rooms and writing the results`;
  return `${name}  ${paint.cyan(bar(state.tMs / state.durationMs))}  ${clock}  ${safeText(state.stage ?? '')}`;
}

function participantLine({ quality, planned }: LiveState, paint: ChalkInstance): string {
  if (quality === null) return `participants  0 of ${planned}`;
  const failed = quality.failed > 0 ? paint.red(`  ${quality.failed} failed`) : '';
  const loss = quality.lossRatio === null ? '' : `  loss max ${(quality.lossRatio.max * 100).toFixed(2)} %`;
  const rtt = quality.rttMs?.p50 == null ? '' : `  RTT median ${quality.rttMs.p50.toFixed(1)} ms`;
  return `participants  ${quality.joined} of ${quality.target} due, ${planned} planned${failed}${rtt}${loss}`;
}

function bridgeLines({ bridges }: LiveState, paint: ChalkInstance): string[] {
  return bridges.map((bridge) => {
    const stress = bridge.stress === null ? 'stress –   ' : `stress ${bridge.stress.toFixed(3)}`;
    const coloured = (bridge.stress ?? 0) >= 0.8 ? paint.red(stress) : stress;
    const cpu = bridge.cpuRatio === null ? '' : `  CPU ${(bridge.cpuRatio * 100).toFixed(0)} %`;
    return `${safeText(bridge.bridgeId).padEnd(12)}  ${coloured}  ${formatRate(bridge.packetRatePps).padStart(8)} packets/s${cpu}`;
  });
}

/** The lines of the live view, each cut to `columns`; redrawn whole. */
export function renderLive(state: LiveState, columns: number, paint: ChalkInstance): string[] {
  const lines = [phaseLine(state, paint)];
  if (preparation(state) === null) {
    lines.push(participantLine(state, paint), ...bridgeLines(state, paint));
    for (const gate of state.gates) lines.push(`${gateMark(gate, paint)} ${safeText(gate.expression)}`);
  }
  if (state.notice !== null) lines.push(paint.yellow(safeText(state.notice)));
  return lines.map((line) => cutToWidth(line, columns));
}

/** One line for a pipe or a log: no colours, no cursor. */
export function renderPlainLine(state: LiveState): string {
  const preparing = preparation(state);
  if (preparing !== null) return `${safeText(state.scenarioName)}: ${preparing}`;
  const stress = state.bridges
    .map((bridge) => `${safeText(bridge.bridgeId)} ${bridge.stress?.toFixed(3) ?? '–'}`)
    .join(', ');
  const failing = state.gates.filter((gate) => gate.outcome === 'failed').length;
  return [
    `${formatClock(state.tMs)}/${formatClock(state.durationMs)} ${safeText(state.stage ?? '')}`,
    `joined ${state.quality?.joined ?? 0}/${state.planned}`,
    ...(stress === '' ? [] : [`stress ${stress}`]),
    ...(failing === 0 ? [] : [`gates failing ${failing}`]),
    ...(state.phase === 'draining' ? ['draining'] : []),
  ].join('  ');
}

/** Cuts to a visible width, counting no escape sequence, and closes what colour was open. */
function cutToWidth(line: string, columns: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colour sequences start with ESC
  const parts = line.split(/(\u001b\[[0-9;]*m)/);
  let left = Math.max(1, columns - 1);
  let cut = '';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) cut += part;
    else {
      const characters = [...part].slice(0, left);
      left -= characters.length;
      cut += characters.join('');
    }
  }
  return cut;
}
