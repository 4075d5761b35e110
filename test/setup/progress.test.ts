import { describe, expect, it } from 'vitest';
import { createProgress } from '../../src/setup/progress.ts';
import { FakeClock } from '../support/fake-clock.ts';

function terminal(isTTY: boolean) {
  const clock = new FakeClock();
  const written: string[] = [];
  const stderr = { isTTY, columns: 20, write: (text: string) => void written.push(text) };
  return { clock, progress: createProgress({ stderr, clock }), text: () => written.join('') };
}

describe('progress of set-up', () => {
  it('is a line every few seconds in a pipe', () => {
    const { clock, progress, text } = terminal(false);
    for (let i = 1; i <= 100; i += 1) {
      progress.status(`[${i}/100]`);
      clock.stall(100);
    }
    progress.done();
    expect(text()).toBe('  [1/100]\n  [51/100]\n');
  });

  it('overwrites itself on a terminal, no wider than that, and makes way for lines that stay', () => {
    const { clock, progress, text } = terminal(true);
    progress.status('a line that is much too long');
    clock.stall(50);
    progress.status('too soon');
    progress.step('done');
    expect(text()).toBe('\r\u001b[K  a line that is mu\r\u001b[Kdone\n');
  });
});
