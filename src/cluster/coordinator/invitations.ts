import { randomBytes } from 'node:crypto';
import type { Clock } from '../../system/types.ts';
import { type Placement, RECENT_PLACEMENT_MS } from '../balancer.ts';
import type { BridgeProcess } from './bridge-process.ts';

/** An invitation that nobody followed is void after this, in milliseconds. */
export const INVITATION_MS = 60_000;

export interface Invitation {
  room: string;
  participantId: string;
  pinnedIndex: number | null;
  placement: Placement;
  bridge: BridgeProcess;
}

interface Issued extends Invitation {
  atMs: number;
}

/** Who may come in, and where a place is kept. A token is good for one connection. */
export class Invitations {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #open = new Map<string, Issued>();
  #placements: { bridge: BridgeProcess; atMs: number }[] = [];

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  issue(invitation: Invitation): string {
    const token = randomBytes(16).toString('base64url');
    const atMs = this.#clock.nowMs();
    this.#open.set(token, { ...invitation, atMs });
    this.#placements.push({ bridge: invitation.bridge, atMs });
    return token;
  }

  /** The invitation, which is void from here on; undefined for an unknown, used or old token. */
  redeem(token: string): Invitation | undefined {
    this.#forgetOld();
    const invitation = this.#open.get(token);
    this.#open.delete(token);
    return invitation;
  }

  pending(): Iterable<Invitation> {
    this.#forgetOld();
    return this.#open.values();
  }

  recentlyPlaced(bridge: BridgeProcess): number {
    this.#forgetOld();
    return this.#placements.filter((placement) => placement.bridge === bridge).length;
  }

  #forgetOld(): void {
    const nowMs = this.#clock.nowMs();
    for (const [token, { atMs }] of this.#open) if (nowMs - atMs > INVITATION_MS) this.#open.delete(token);
    this.#placements = this.#placements.filter(({ atMs }) => nowMs - atMs <= RECENT_PLACEMENT_MS);
  }
}
