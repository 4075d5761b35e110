import type { Pair, RunReport } from '../../model/types.ts';
import { joinedWords, mediaWords } from '../../pair-words.ts';
import { html, type Markup } from '../markup.ts';
import type { Section } from '../section.ts';
import { participantAnchor } from './people.ts';

/** null when all participants were of one kind. */
export function pairsSection({ pairs }: RunReport): Section | null {
  if (pairs === null) return null;
  const { kinds, cells, notReported } = pairs;
  return {
    id: 'pairs',
    title: 'Who received whom',
    about:
      'Each kind of endpoint as sender and as receiver. Frames are decoded by browsers and completely received by synthetic participants; the first frame counts from asking for the track, its median over all of the run.',
    body: html`<div class="scroll"><table class="matrix"><thead><tr><th scope="col">Sender ↓ receiver →</th>${kinds.map(
      (kind) => html`<th scope="col">${kind}</th>`,
    )}</tr></thead><tbody>${kinds.map(
      (sender) =>
        html`<tr><th scope="row">${sender}</th>${cells
          .filter((cell) => cell.sender === sender)
          .map(renderCell)}</tr>`,
    )}</tbody></table></div>${
      notReported.length === 0
        ? null
        : html`<h3>Not reported</h3><ul class="reasons plain">${notReported.map(
            ({ kind, notReported: names }) => html`<li><b>${kind}</b>: ${names.join('; ')}</li>`,
          )}</ul>`
    }`,
  };
}

function renderCell(cell: Pair): Markup {
  const { planned, joined, receivers } = cell;
  if (planned === 0) return html`<td class="dim">${joinedWords(cell)}</td>`;
  return html`<td><span${joined < planned ? html` class="hot"` : null}>${joinedWords(cell)}</span>${(
    ['video', 'audio'] as const
  ).map((kind) => renderMedia(kind, cell))}<span class="rows"><small>Rows</small> ${receivers.map(
    (id) => html`<a href="#${participantAnchor(id)}">${id}</a> `,
  )}</span></td>`;
}

function renderMedia(kind: 'audio' | 'video', cell: Pair): Markup {
  const { tone, what, firstFrame, loss } = mediaWords(kind, cell);
  const more = [
    firstFrame === null ? null : `first frame ${firstFrame}`,
    loss === null ? null : `loss ${loss}`,
  ].filter((text) => text !== null);
  return html`<p><b class="${tone === 'bad' ? 'hot' : ''}">${kind === 'video' ? 'Video' : 'Audio'}</b> ${what}${
    more.length === 0 ? null : html`<br><small>${more.join(', ')}</small>`
  }</p>`;
}
