import { expect, test } from 'vitest';
import { withPossibleCpuShare } from '../../src/cli/run/cpu-share.ts';
import { loadScenario } from '../../src/scenario/load.ts';

const scenario = (target: string) =>
  loadScenario(`version: 1\nname: s\ntarget: { ${target} }\nparticipants: [{ count: 2 }]\n`, 's.yaml');
const refuse = () => {
  throw new Error('read-only file system');
};

test('a share that is asked for if possible is left out where the host refuses, and that is said', () => {
  const asked = scenario('cpuShare: 0.5, cpuShareIfPossible: true');
  const { scenario: without, warning } = withPossibleCpuShare(asked, refuse);
  expect(without.target.cpuShare).toBeUndefined();
  expect(warning).toBe('bridges have all the CPU they get and not 0.5 of a core: read-only file system');
  expect(withPossibleCpuShare(asked, () => {})).toEqual({ scenario: asked, warning: null });
});

test('a share that must be is left to whoever starts the bridges', () => {
  for (const target of ['cpuShare: 0.5', 'cpuShareIfPossible: true', 'bridges: 1']) {
    const asked = scenario(target);
    expect(withPossibleCpuShare(asked, refuse)).toEqual({ scenario: asked, warning: null });
  }
});
