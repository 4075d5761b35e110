import { basename } from 'node:path';
import {
  formatBytes,
  formatCommand,
  formatCount,
  formatDuration,
  formatNumber,
  formatTime,
} from '../../format.ts';
import type { RunReport } from '../../model/types.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { table } from '../table.ts';

export function eventsSection({ events, eventsLeftOut }: RunReport): Section {
  const body =
    events.length === 0
      ? html`<p class="empty">Nothing was recorded.</p>`
      : html`${table(
          [{ head: 'Time' }, { head: 'Event' }],
          events.map((event) => [
            formatTime(event.tMs),
            { show: event.text, className: `level-${event.level}` },
          ]),
          'events',
        )}${eventsLeftOut === 0 ? null : html`<p class="note">And ${formatCount(eventsLeftOut)} more in timeline.ndjson.</p>`}`;
  return {
    id: 'events',
    title: 'Events',
    about: 'What happened besides the plan: bridges, failed joins, warnings.',
    body,
  };
}

export function environmentSection({ manifest, dir }: RunReport): Section {
  const command = formatCommand(manifest.command);
  return {
    id: 'environment',
    title: 'Environment',
    about: 'Where it ran and with what, and how to run it again.',
    body: html`<h3>Run it again</h3><div class="command"><code>${command}</code><button class="tool" type="button" data-copy="${command}">Copy</button></div>
<h3>Run</h3>${pairs([
      ['Scenario', manifest.scenario.path ?? manifest.scenario.name],
      ['Scenario SHA-256', manifest.scenario.sha256.slice(0, 16)],
      ['Seed', String(manifest.seed)],
      ['Started', manifest.startedAt],
      ['Ended', manifest.endedAt ?? '–'],
      ['Status', manifest.status],
      ['Exit code', manifest.exitCode === null ? '–' : String(manifest.exitCode)],
      ['Target', manifest.target.kind],
      ['Not offered by it', manifest.target.notOffered.join(', ') || 'nothing'],
      ['Sampled every', formatDuration(manifest.sampling.intervalMs)],
      ['Rows of tracks every', formatDuration(manifest.sampling.trackRowIntervalMs)],
      ['Rows of participants every', formatDuration(manifest.sampling.participantRowIntervalMs)],
      ['Folder', basename(dir)],
      ['Files', manifest.files.join(', ')],
    ])}
<h3>Host</h3>${pairs(Object.entries(manifest.host).map(hostFact))}
<h3>Versions</h3>${pairs(Object.entries(manifest.versions))}`,
  };
}

export function pairs(list: readonly (readonly [string, string])[]): Markup {
  return html`<dl class="pairs">${list.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** `memoryTotalBytes: 33548419072` as `memory total: 33.5 GB`. */
export function hostFact([name, value]: readonly [string, string | number | null]): [string, string] {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  if (typeof value === 'number' && name.endsWith('Bytes'))
    return [words.replace(/ bytes$/, ''), formatBytes(value)];
  if (typeof value === 'number') return [words, formatNumber(value)];
  return [words, value ?? '–'];
}
