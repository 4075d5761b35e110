import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface AccessToken {
  token: string;
  /** Unix milliseconds after which it is no longer good; null: never. */
  expiresAtMs: number | null;
  /** Web sockets that may be open with it at once; null: any number. */
  maxWebsockets: number | null;
}

export type Access = 'allowed' | 'missing' | 'invalid' | 'expired';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** From `Authorization: Bearer`, or `?token=` where a browser cannot set headers, as for web sockets. */
export function presentedToken(request: IncomingMessage, url: URL): string | null {
  const header = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return header?.trim() ?? url.searchParams.get('token');
}

/** Checks tokens in constant time. Without any token everybody may come in. */
export class Gatekeeper {
  readonly #tokens: readonly AccessToken[];

  constructor(tokens: readonly AccessToken[]) {
    this.#tokens = tokens;
  }

  find(presented: string): AccessToken | null {
    const wanted = digest(presented);
    return this.#tokens.find(({ token }) => timingSafeEqual(digest(token), wanted)) ?? null;
  }

  check(presented: string | null, nowMs: number): Access {
    if (this.#tokens.length === 0) return 'allowed';
    if (presented === null || presented === '') return 'missing';
    const known = this.find(presented);
    if (known === null) return 'invalid';
    return known.expiresAtMs !== null && nowMs >= known.expiresAtMs ? 'expired' : 'allowed';
  }
}
