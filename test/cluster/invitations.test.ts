import { describe, expect, it } from 'vitest';
import { RECENT_PLACEMENT_MS } from '../../src/cluster/balancer.ts';
import type { BridgeProcess } from '../../src/cluster/coordinator/bridge-process.ts';
import { INVITATION_MS, Invitations } from '../../src/cluster/coordinator/invitations.ts';

const bridge = { bridgeId: 'bridge-0' } as BridgeProcess;
const invitation = { room: 'r', participantId: 'p', pinnedIndex: null, placement: 'spread', bridge } as const;

function atTime() {
  const clock = { ms: 0, nowMs: () => clock.ms };
  return { clock, invitations: new Invitations(clock) };
}

describe('invitations', () => {
  it('are good once', () => {
    const { invitations } = atTime();
    const token = invitations.issue(invitation);
    expect(invitations.redeem(token)).toMatchObject(invitation);
    expect(invitations.redeem(token)).toBeUndefined();
    expect(invitations.redeem('')).toBeUndefined();
  });

  it('have tokens that nobody guesses', () => {
    const { invitations } = atTime();
    const tokens = Array.from({ length: 100 }, () => invitations.issue(invitation));
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(16);
  });

  it('keep a place until they are followed or old', () => {
    const { clock, invitations } = atTime();
    const first = invitations.issue(invitation);
    clock.ms = INVITATION_MS;
    invitations.issue(invitation);
    expect([...invitations.pending()]).toHaveLength(2);
    clock.ms = INVITATION_MS + 1;
    expect([...invitations.pending()]).toHaveLength(1);
    expect(invitations.redeem(first)).toBeUndefined();
  });

  it('count as recent placements for as long as measurements lag, followed or not', () => {
    const { clock, invitations } = atTime();
    invitations.redeem(invitations.issue(invitation));
    clock.ms = RECENT_PLACEMENT_MS;
    invitations.issue(invitation);
    expect(invitations.recentlyPlaced(bridge)).toBe(2);
    clock.ms = RECENT_PLACEMENT_MS + 1;
    expect(invitations.recentlyPlaced(bridge)).toBe(1);
    expect(invitations.recentlyPlaced({ bridgeId: 'bridge-1' } as BridgeProcess)).toBe(0);
  });
});
