import type { BrowserName, ParticipantPlan } from './plan-types.ts';

/** What is at the other end of a track: which browser, or the synthetic engine. */
export type EndpointKind = BrowserName | 'synthetic';

export function endpointOf({ engine, browser }: Pick<ParticipantPlan, 'engine' | 'browser'>): EndpointKind {
  return engine === 'browser' ? (browser ?? 'chromium') : 'synthetic';
}
