import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RtcBenchError } from '../../src/errors.ts';
import { assertComplete, planSetup, runSetup } from '../../src/setup/setup.ts';
import { type Finding, type Provider, type Source, SourceFailed } from '../../src/setup/types.ts';
import { FakeHost, never } from './fake-host.ts';

const silent = { step: () => undefined, status: () => undefined, done: () => undefined };

interface Thing {
  there: boolean;
}

const works = (thing: Thing, log: string[] = []): Source => ({
  plan: async () => ['make it'],
  provide: async () => {
    log.push('works');
    thing.there = true;
  },
});
const fails = (why: string): Source => ({
  plan: async () => ['try it'],
  provide: async () => {
    throw new SourceFailed(why);
  },
});
const unusable: Source = {
  plan: async () => null,
  provide: async () => {
    throw new Error('must not be tried');
  },
};
const useless: Source = { plan: async () => ['do nothing'], provide: async () => undefined };

function provider(thing: Thing, sources: Source[], essential = true): Provider {
  const check = async (): Promise<Finding> =>
    thing.there ? { found: true, what: 'here' } : { found: false, why: 'not there yet' };
  return { name: 'thing', essential, check, sources };
}

const run = (...providers: Provider[]) => runSetup(providers, silent, never);

describe('set-up', () => {
  it('leaves alone what is there', async () => {
    const log: string[] = [];
    const thing = { there: true };
    const [outcome] = await run(provider(thing, [works(thing, log)]));
    expect(outcome).toMatchObject({ provided: false, finding: { found: true }, failures: [] });
    expect(log).toEqual([]);
  });

  it('tries the ways in order until the thing is there', async () => {
    const thing = { there: false };
    const log: string[] = [];
    const sources = [unusable, fails('no network'), useless, works(thing, log), works(thing, log)];
    const [outcome] = await run(provider(thing, sources));
    expect(outcome).toMatchObject({ provided: true, failures: ['no network', 'not there yet'] });
    expect(log).toEqual(['works']);
  });

  it('fails with exit 3 and the last reason when something essential is missing', async () => {
    const outcomes = await run(provider({ there: false }, [fails('no network'), fails('no compiler')]));
    expect(() => assertComplete(outcomes)).toThrow(/thing: no compiler/);
    try {
      assertComplete(outcomes);
    } catch (error) {
      expect(error).toBeInstanceOf(RtcBenchError);
      expect(error).toMatchObject({ code: 'RTCB_SETUP_INCOMPLETE', exitCode: 3 });
    }
  });

  it('is complete without what is not essential', async () => {
    const outcomes = await run(provider({ there: false }, [fails('no compiler')], false));
    expect(outcomes[0]?.finding.found).toBe(false);
    expect(() => assertComplete(outcomes)).not.toThrow();
  });

  it('does not take a bug for a source that failed', async () => {
    const broken: Source = {
      plan: async () => ['break'],
      provide: async () => {
        throw new TypeError('x is undefined');
      },
    };
    await expect(run(provider({ there: false }, [broken]))).rejects.toThrow(TypeError);
  });

  it('tells a folder that cannot be written as what it is', async () => {
    const unwritable: Source = {
      plan: async () => ['write'],
      provide: async () => mkdirSync('/proc/rtc-bench'),
    };
    const [outcome] = await run(provider({ there: false }, [unwritable]));
    expect(outcome?.failures).toEqual([expect.stringMatching(/ENOENT|EACCES|EPERM|EROFS/)]);
  });

  it('stops between two ways when interrupted', async () => {
    const stop = new AbortController();
    const thing = { there: false };
    const interrupted: Source = {
      plan: async () => ['be slow'],
      provide: async () => {
        stop.abort();
        throw new SourceFailed('killed');
      },
    };
    const running = runSetup([provider(thing, [interrupted, works(thing)])], silent, stop.signal);
    await expect(running).rejects.toThrow(/abort/i);
    expect(thing.there).toBe(false);
  });

  it('plans without providing', async () => {
    const thing = { there: false };
    const [plan] = await planSetup([provider(thing, [unusable, fails('x'), works(thing)])]);
    expect(plan?.ways).toEqual([['try it'], ['make it']]);
    expect(thing.there).toBe(false);
  });

  it('says each thing once it is clear', async () => {
    using host = new FakeHost();
    const thing = { there: false };
    await runSetup([provider(thing, [fails('no network'), works(thing)])], host.progress, never);
    expect(host.said).toEqual(['thing: not there yet', '  no network', 'thing: here']);
  });
});
