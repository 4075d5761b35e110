import { formatBitrate, formatBytes, formatCount, formatDuration, formatTime } from '../../format.ts';
import { type Observed, type ObservedClient, type ObservedFlows, sum } from '../../model/observed.ts';
import type { RunReport } from '../../model/types.ts';
import { lanes } from '../chart/lanes.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { type Cell, number, table } from '../table.ts';

/** Calls that are drawn and listed, and clients that are listed: the page stays small however large the run. */
const LANES = 12;
const CALLS = 50;
const CLIENTS = 25;

const MEDIA = ['audio', 'video', 'data'] as const;

/** The calls that the observer found in the samples of participants and bridges; null when none watched. */
export function observedSection(report: RunReport): Section | null {
  const { observed, manifest } = report;
  if (observed === null || observed.calls.length === 0) return null;
  const roomName = (roomId: string) => manifest.rooms?.[roomId] ?? roomId;
  const drawn = observed.calls.slice(0, LANES);
  return {
    id: 'calls',
    title: 'Calls',
    about:
      'What the observer understood from the samples alone: who came and went, which track is whose, and what each client sent and received.',
    body: html`${said(observed)}<div class="charts">${lanes({
      id: 'c-calls',
      title: 'Call timeline',
      axis: 'participants there, joins and leaves',
      durationMs: report.durationMs,
      stages: report.stages,
      lanes: drawn.map((call) => ({
        name: roomName(call.roomId),
        summary: `${formatCount(call.clients)} clients`,
        startMs: call.startMs,
        endMs: call.endMs,
        comingsMs: call.joinsMs,
        goingsMs: call.leavesMs,
      })),
    })}</div>${
      drawn.length < observed.calls.length
        ? html`<p class="note">The ${LANES} largest of ${formatCount(observed.calls.length)} calls.</p>`
        : null
    }<h3>Calls</h3>${callTable(observed, roomName)}<h3>Traffic by client, most first</h3>${clientTable(observed, roomName)}`,
  };
}

/** The sentence that answers first: did every track find the one that it is a copy of? */
function said({ calls }: Observed): Markup {
  const matched = sum(calls, (call) => call.matchedTracks);
  const unmatched = sum(calls, (call) => call.unmatchedTracks);
  const all = matched + unmatched;
  const [tone, word, rest] =
    all === 0
      ? (['unsure', '? No tracks', ' came in: there was nothing to match'] as const)
      : unmatched === 0
        ? ([
            'good',
            '✓ All matched',
            `: each of ${formatCount(all)} inbound tracks to the track it is a copy of`,
          ] as const)
        : ([
            'unsure',
            '! Not all matched',
            `: ${formatCount(unmatched)} of ${formatCount(all)} inbound tracks found no track that they are copies of`,
          ] as const);
  return html`<p class="say"><span class="outcome ${tone}">${word}</span>${rest}.</p>`;
}

function callTable({ calls }: Observed, roomName: (roomId: string) => string): Markup {
  const rows = calls
    .slice(0, CALLS)
    .map((call): (Cell | string)[] => [
      { show: roomName(call.roomId), className: 'name' },
      number(call.startMs, () => formatTime(call.startMs)),
      call.endMs === null
        ? { show: 'still on', value: null }
        : number(call.endMs - call.startMs, (value) => formatDuration(value ?? 0)),
      number(call.clients, formatCount),
      number(call.joinsMs.length, formatCount),
      number(call.leavesMs.length, formatCount),
      number(call.matchedTracks, formatCount),
      unmatched(call.unmatchedTracks),
    ]);
  return html`${table(
    [
      { head: 'Room' },
      ...['Began', 'Lasted', 'Clients', 'Joins', 'Leaves', 'Tracks matched', 'not matched'].map((head) => ({
        head,
        number: true,
      })),
    ],
    rows,
  )}${calls.length > CALLS ? html`<p class="note">The ${CALLS} largest; all are in observer/call-event.csv.</p>` : null}`;
}

function clientTable({ clients }: Observed, roomName: (roomId: string) => string): Markup {
  const shown = clients.slice(0, CLIENTS);
  return html`${table(
    [
      { head: 'Client' },
      { head: 'Room' },
      ...['Up: audio', 'video', 'data', 'Down: audio', 'video', 'data', 'Tracks matched', 'not matched'].map(
        (head) => ({ head, number: true }),
      ),
    ],
    shown.map((client): (Cell | string)[] => [
      client.clientId,
      { show: roomName(client.roomId), className: 'name' },
      ...flowCells(client.up),
      ...flowCells(client.down),
      number(client.matchedTracks, formatCount),
      unmatched(client.unmatchedTracks),
    ]),
  )}<p class="note">Mean bitrate over the client’s own samples, up to the highest of any one interval between them, and how much in all${
    clients.length > CLIENTS
      ? html`; the ${CLIENTS} with most traffic of ${formatCount(clients.length)}`
      : null
  }. The highest of everybody: ${peak(clients)}.</p>`;
}

function flowCells(flows: ObservedFlows): Cell[] {
  return MEDIA.map((medium) => {
    const { bytes, averageBitrateBps, peakBitrateBps } = flows[medium];
    return bytes === 0
      ? { show: html`<span class="dim">–</span>`, value: 0 }
      : {
          ...number(bytes, formatBytes),
          show: html`${formatBitrate(averageBitrateBps)}<br><small>to ${formatBitrate(peakBitrateBps)}</small><br><small>${formatBytes(bytes)}</small>`,
        };
  });
}

function unmatched(count: number): Cell {
  return number(count, formatCount, count > 0 ? 'warm' : 'dim');
}

/** Of everybody, also of those who are not listed. */
function peak(clients: readonly ObservedClient[]): string {
  const highest = (direction: 'up' | 'down') =>
    clients.reduce<number | null>((high, client) => {
      const rates = MEDIA.flatMap((medium) => client[direction][medium].peakBitrateBps ?? []);
      return rates.length === 0 ? high : Math.max(high ?? 0, ...rates);
    }, null);
  return `${formatBitrate(highest('up'))} up, ${formatBitrate(highest('down'))} down`;
}
