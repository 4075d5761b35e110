import { describe, expect, it } from 'vitest';
import { compareJoins, viewsOf } from '../../bench/lib/capture/compare.ts';
import { captureJoin } from '../../bench/lib/capture/join.ts';

/** Two checks for consent are further apart than the first ones. */
const SECONDS = 7;

describe('the join of a synthetic participant', () => {
  it('looks to the SFU like that of Chromium, but for what docs/synthetic.md lists', async () => {
    const browser = viewsOf(await captureJoin('browser', SECONDS));
    const synthetic = viewsOf(await captureJoin('synthetic', SECONDS));
    const rows = compareJoins(browser, synthetic);
    expect(rows.filter(({ alike }) => alike !== null).length).toBeGreaterThan(25);
    expect(rows.filter(({ alike }) => alike === false)).toEqual([]);
    // The capture holds what it is about.
    expect(synthetic.send.firstCheck?.attributes).toEqual([
      'USERNAME',
      'ICE-CONTROLLING',
      'PRIORITY',
      'MESSAGE-INTEGRITY',
      'FINGERPRINT',
    ]);
    expect(synthetic.send.lastCheck?.attributes).toContain('USE-CANDIDATE');
    expect(synthetic.send.clientHello?.extensions).toEqual(
      expect.arrayContaining(['use_srtp', 'extended_master_secret']),
    );
    expect(Object.keys(synthetic.send.rtcpSent)).toEqual(['SR']);
    expect(Object.keys(synthetic.receive.rtcpSent)).toEqual(['RR']);
  });
});
