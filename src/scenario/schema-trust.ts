import { z } from 'zod';
import { DEFAULT_TRUST_BOUNDS, TRUST_BOUNDS, type TrustBounds } from '../trust/bounds.ts';

const bound = (name: keyof TrustBounds) =>
  z
    .number()
    .min(0)
    .max(1_000_000)
    .default(DEFAULT_TRUST_BOUNDS[name])
    .describe(TRUST_BOUNDS[name].description);

export const trustSchema = z
  .strictObject(
    Object.fromEntries(
      (Object.keys(TRUST_BOUNDS) as (keyof TrustBounds)[]).map((name) => [name, bound(name)]),
    ) as Record<keyof TrustBounds, ReturnType<typeof bound>>,
  )
  .describe('Bounds beyond which the generator is held to have been the bottleneck');
