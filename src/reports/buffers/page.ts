import { formatBinary } from '../format.ts';
import { renderDocument } from '../html/document.ts';
import { html } from '../html/markup.ts';
import { renderSection } from '../html/section.ts';
import { buffersSection } from '../html/sections/buffers.ts';
import type { SweptBuffers } from '../model/buffers.ts';

/** The page of `tune udp-buffers`: the same section that a run's report has, under its answer. */
export function renderBuffersPage(swept: SweptBuffers, script: string | null): string {
  const { sweep, advice } = swept;
  const answer =
    sweep.smallestReceiveBytes === null
      ? `No receive buffer that the host grants held the bursts; ${formatBinary(advice.recommendedBytes)} is an estimate.`
      : `A receive buffer of ${formatBinary(advice.recommendedBytes)} holds the bursts; ${formatBinary(sweep.smallestReceiveBytes)} just did.`;
  const [tone, word] = advice.isEstimate ? ['unsure', 'ESTIMATED'] : ['good', 'FOUND'];
  const made = swept.createdAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  return renderDocument({
    title: 'UDP buffers · rtc-bench',
    brand: 'rtc-bench',
    header: html`<header><p class="kicker">Tuning · ${made}</p><h1>UDP buffers</h1>
<div class="verdict ${tone}" role="status"><b>${word}</b><p>${answer}</p></div></header>
`,
    sections: [buffersSection(swept)].map((section) => ({ section, markup: renderSection(section) })),
    footer: html`Made by rtc-bench from tune.json.`,
    json: { manifest: { value: swept, indent: 1 } },
    saveAs: 'tune.json',
    script,
  });
}
