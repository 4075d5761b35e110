import { formatStress } from './format.ts';
import type { RunHeadroom } from './model/steady-load.ts';
import type { Tone } from './verdict.ts';

/** Whether the cluster survives the loss of its fullest bridge (N-1): a word and a sentence. */
export function lossSentence({ bridges, survivesLossOfOne, stressAfterLoss }: RunHeadroom): {
  tone: Tone;
  word: string;
  text: string;
} {
  if (bridges.length < 2)
    return { tone: 'unsure', word: '! One bridge', text: 'when it is lost, nothing is left for its rooms' };
  const after = `mean stress of the others after it: ${formatStress(stressAfterLoss)}`;
  return survivesLossOfOne
    ? { tone: 'good', word: '✓ Survives', text: `the loss of the fullest bridge; ${after}` }
    : { tone: 'bad', word: '✗ Does not survive', text: `the loss of the fullest bridge; ${after}` };
}
