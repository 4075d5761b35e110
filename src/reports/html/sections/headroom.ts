import { TARGET_STRESS } from '../../../capacity/stress.ts';
import { formatCount, formatStress } from '../../format.ts';
import { lossSentence } from '../../headroom.ts';
import type { RunReport } from '../../model/types.ts';
import { html, type Markup } from '../markup.ts';
import { number, table } from '../table.ts';

/** What still fits, and whether one bridge may be lost; nothing without a maximum packet rate. */
export function headroomPart({ headroom }: RunReport): Markup | null {
  if (headroom === null) return null;
  const { tone, word, text } = lossSentence(headroom);
  return html`<h3>Headroom, until a bridge’s stress is ${TARGET_STRESS}</h3><p class="say"><span class="outcome ${tone}">${word}</span>${tone === 'unsure' ? ': ' : ' '}${text}.</p>${table(
    [
      { head: 'Bridge' },
      { head: 'Stress mean', number: true },
      { head: 'Spare packets/s', number: true },
      { head: 'More participants of this kind', number: true },
    ],
    [
      ...headroom.bridges.map((bridge) => [
        bridge.bridgeId,
        number(bridge.stress, formatStress),
        number(bridge.sparePps, formatCount, bridge.sparePps < 0 ? 'hot' : undefined),
        number(bridge.spareParticipants, formatCount),
      ]),
    ],
  )}<p class="note">${
    headroom.spareParticipants === null
      ? 'Nobody was there to tell what a participant costs.'
      : `In all ${formatCount(headroom.spareParticipants)} more participants like those of this run, each at the packets a second that one of them took on the bridges in the steady window.`
  }</p>`;
}
