import { describe, expect, it } from 'vitest';
import { allProviders } from '../../src/setup/providers.ts';
import { FakeHost } from './fake-host.ts';

const names = (optional: boolean) => {
  using host = new FakeHost();
  return allProviders(host.system, async () => false, optional).map(({ name }) => name);
};

describe('what set-up provides', () => {
  it('is what a run cannot do without, and the rest when asked for', () => {
    expect(names(false)).toEqual(expect.arrayContaining(['mediasoup worker', 'Chromium']));
    expect(names(false)).not.toContain('iperf3');
    expect(names(true)).toEqual(expect.arrayContaining(['iperf3', 'ip', 'nft', 'janus']));
  });

  it('finds an optional program on PATH, and can be without it', async () => {
    using host = new FakeHost();
    const iperf = host.program('iperf3', '');
    const provider = allProviders(host.system, async () => false, true).find(({ name }) => name === 'iperf3');
    expect(await provider?.check()).toEqual({ found: true, what: iperf });
    expect(provider).toMatchObject({ essential: false, without: 'probes use the built-in prober' });
  });
});
