import type { ChalkInstance } from 'chalk';
import type { Clock, TextStream } from '../../system/types.ts';
import { renderLive, renderPlainLine } from './render.ts';
import type { LiveState } from './state.ts';

/** At most ten redraws a second on a terminal. */
const REDRAW_INTERVAL_MS = 100;
/** A pipe gets a line this often, and one at every change of phase or stage. */
const PLAIN_INTERVAL_MS = 10_000;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_BELOW = '\u001b[0J';

export interface LiveView {
  update(state: LiveState): void;
  /** Leaves the terminal as it was; nothing is drawn after it. */
  close(): void;
}

export const silentView: LiveView = { update: () => {}, close: () => {} };

/** Redraws in place; for a stream that is a terminal. */
export function terminalView(stream: TextStream, clock: Clock, paint: ChalkInstance): LiveView {
  let drawnLines = 0;
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  const up = () => (drawnLines === 0 ? '' : `\u001b[${drawnLines}F`);
  stream.write(HIDE_CURSOR);
  return {
    update(state) {
      const now = clock.nowMs();
      if (closed || now - drawnAtMs < REDRAW_INTERVAL_MS) return;
      const lines = renderLive(state, stream.columns, paint);
      stream.write(`${up()}${ERASE_BELOW}${lines.join('\n')}\n`);
      drawnLines = lines.length;
      drawnAtMs = now;
    },
    close() {
      if (closed) return;
      closed = true;
      stream.write(`${up()}${ERASE_BELOW}${SHOW_CURSOR}`);
    },
  };
}

/** A line now and then; for a pipe, a file or a CI log. */
export function plainView(stream: TextStream, clock: Clock): LiveView {
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  let lastKey = '';
  let closed = false;
  return {
    update(state) {
      const key = `${state.phase} ${state.stage} ${state.notice}`;
      const now = clock.nowMs();
      if (closed || (key === lastKey && now - writtenAtMs < PLAIN_INTERVAL_MS)) return;
      writtenAtMs = now;
      lastKey = key;
      stream.write(`${renderPlainLine(state)}\n`);
    },
    close() {
      closed = true;
    },
  };
}
