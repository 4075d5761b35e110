import type { ParticipantSummary, TrafficByMedium } from '../../../results/records.ts';
import { formatBytes, formatCount, formatMetric, formatNumber, formatRatio } from '../../format.ts';
import type { RunReport } from '../../model/types.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { number, table } from '../table.ts';

/** Rows of a table that may have thousands; the worst ones. */
const ROWS = 50;

const ms = (value: number | null) => formatMetric(value, 'ms');

export function roomsSection({ rooms }: RunReport): Section {
  const shown = rooms.slice(0, ROWS);
  const body =
    rooms.length === 0
      ? html`<p class="empty">No room was placed.</p>`
      : html`${table(
          [
            { head: 'Room' },
            { head: 'Bridges' },
            { head: 'Participants', number: true },
            { head: 'Loss mean', number: true },
            { head: 'Round trip p95', number: true },
            { head: 'Jitter p95', number: true },
            { head: 'Frames/s mean', number: true },
            { head: 'Frozen mean', number: true },
          ],
          shown.map((room) => [
            {
              show: html`${room.name}${room.name === room.id ? null : html` <small>${room.id}</small>`}`,
              className: 'name',
            },
            { show: room.bridges.join(', '), className: 'tight' },
            number(room.participants, formatCount),
            number(room.lossRatioMean, formatRatio),
            number(room.rttP95Ms, ms),
            number(room.jitterP95Ms, ms),
            number(room.framesPerSecondMean, formatNumber),
            number(room.freezeRatioMean, formatRatio),
          ]),
        )}${leftOut(rooms.length, 'rooms')}`;
  return {
    id: 'rooms',
    title: 'Rooms',
    about: 'Quality by room, the worst first. Frames are of all video of the room, screens too.',
    body,
  };
}

function leftOut(all: number, what: string): Markup | null {
  return all <= ROWS
    ? null
    : html`<p class="note">The ${ROWS} worst of ${formatCount(all)} ${what}; rows of all are in the CSV files.</p>`;
}

/** Where a participant's row is on the page. */
export function participantAnchor(participantId: string): string {
  return `participant-${encodeURIComponent(participantId.toWellFormed())}`;
}

export function participantsSection({ participants, traffic, pairs }: RunReport): Section {
  const linked = new Set(pairs?.cells.flatMap(({ receivers }) => receivers));
  const shown = participants.filter(({ participantId }, i) => i < ROWS || linked.has(participantId));
  return {
    id: 'participants',
    title: 'Participants',
    about: 'Traffic of everybody together, and the participants that fared worst.',
    body: html`<h3>Traffic</h3>${trafficTable(traffic)}<h3>Participants, worst first</h3>${
      participants.length === 0 ? html`<p class="empty">Nobody joined.</p>` : participantTable(shown)
    }${leftOut(participants.length, 'participants')}`,
  };
}

function trafficTable(traffic: RunReport['traffic']): Markup {
  const cells = (direction: 'up' | 'down') =>
    (['audio', 'video', 'data'] as const).flatMap((medium) => [
      number(traffic[direction][medium].packets, formatCount),
      number(traffic[direction][medium].bytes, formatBytes),
    ]);
  return table(
    [
      { head: 'Direction' },
      ...['Audio packets', 'bytes', 'Video packets', 'bytes', 'Data messages', 'bytes'].map((head) => ({
        head,
        number: true,
      })),
    ],
    [
      ['Up, sent by participants', ...cells('up')],
      ['Down, received by them', ...cells('down')],
    ],
    'traffic',
  );
}

function total(traffic: TrafficByMedium): number {
  return traffic.audio.bytes + traffic.video.bytes + traffic.data.bytes;
}

function participantTable(rows: readonly ParticipantSummary[]): Markup {
  return table(
    [
      { head: 'Participant' },
      { head: 'Room' },
      { head: 'Bridge' },
      { head: 'Endpoint' },
      { head: 'Join', number: true },
      { head: 'Loss', number: true },
      { head: 'Round trip', number: true },
      { head: 'Jitter max', number: true },
      { head: 'Frames/s', number: true },
      { head: 'Frozen', number: true },
      { head: 'Up', number: true },
      { head: 'Down', number: true },
    ],
    rows.map((one) => [
      {
        show: html`<span id="${participantAnchor(one.participantId)}">${one.participantId}</span> <small>${one.group}</small>`,
      },
      one.roomId,
      one.bridgeId ?? '–',
      one.endpoint ?? one.engine,
      one.joinMs === null
        ? { show: html`<span class="hot">never</span>`, value: 1e9 }
        : number(one.joinMs, ms),
      number(one.lossRatio, formatRatio),
      number(one.rttMsMean, ms),
      number(one.jitterMsMax, ms),
      number(one.framesPerSecondMean, formatNumber),
      number(one.freezeRatio, formatRatio),
      number(total(one.up), formatBytes),
      number(total(one.down), formatBytes),
    ]),
  );
}
