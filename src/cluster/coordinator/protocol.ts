import type { ClusterSettings } from '../settings.ts';

/** What whoever started a coordinator process asks of it, once. */
export interface CoordinatorMethods {
  /** An error is in the result, for its hint must come through as well. */
  start: {
    params: ClusterSettings;
    result:
      | { url: string }
      | { failed: { code: `RTCB_${string}`; message: string; hint: string | undefined } };
  };
  stop: { params: null; result: null };
}
