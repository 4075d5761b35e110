import { describe, expect, it } from 'vitest';
import { Reported } from '../../src/run/reported.ts';
import { participantSample, trackSample } from '../support/samples.ts';

describe('what a kind of endpoint does not report', () => {
  it('is what no reading of it ever told, with where it was missed', () => {
    const reported = new Reported();
    const silent = participantSample({
      tracks: [trackSample({ packetsLost: 0 }), trackSample({ kind: 'audio' })],
    });
    reported.take('firefox', silent);
    reported.take(
      'firefox',
      participantSample({ roundTripTimeMs: 3, tracks: [trackSample({ jitterMs: 1 })] }),
    );
    const missing = reported.notReported('firefox');
    expect(missing).toContain('datagrams sent');
    expect(missing).not.toContain('round trip time');
    // Told of video and not of sound; of neither; of nothing that was sent there is no sample.
    expect(missing).toContain('packets lost (audio received)');
    expect(missing).toContain('packets out of order');
    expect(missing).toContain('audio decoded (audio received)');
    expect(missing.filter((text) => text.includes('sent)'))).toEqual([]);
  });

  it('is kept apart by kind, and is nothing where everything was told', () => {
    const reported = new Reported();
    reported.take('firefox', participantSample());
    reported.take(
      'synthetic',
      participantSample({
        roundTripTimeMs: 1,
        datagramsSent: 1,
        datagramsReceived: 1,
        controlDatagramsSent: 0,
        controlDatagramsReceived: 0,
        availableOutgoingBitrateBps: 1,
      }),
    );
    expect(reported.endpoints.map(({ kind, notReported }) => [kind, notReported.length])).toEqual([
      ['firefox', 6],
      ['synthetic', 0],
    ]);
  });
});
