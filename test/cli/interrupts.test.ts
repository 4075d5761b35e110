import { expect, it } from 'vitest';
import { watchInterrupts } from '../../src/cli/run/interrupts.ts';
import { Interrupted } from '../../src/run/runner.ts';
import { fakeSystem } from '../support/fake-system.ts';

it('drains at the first signal, ends at once at the second', () => {
  const system = fakeSystem();
  const said: string[] = [];
  const { signal } = watchInterrupts(system, (text) => said.push(text));
  system.raise('SIGINT');
  expect(signal.reason).toBeInstanceOf(Interrupted);
  expect(said[0]).toContain('kept');
  expect(system.exitCodes).toEqual([]);
  expect(() => system.raise('SIGINT')).toThrow('exit 130');
  expect(system.exitCodes).toEqual([130]);
});

it('listens no more once it is stopped', () => {
  const system = fakeSystem();
  const { signal, stop } = watchInterrupts(system, () => {});
  stop();
  system.raise('SIGTERM');
  expect(signal.aborted).toBe(false);
});
