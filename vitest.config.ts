import { defineConfig } from 'vitest/config';

/**
 * Four projects, because they want different things of a two-core machine: unit tests run in parallel and
 * are over in seconds; end-to-end tests start real workers and browsers and would only disturb each other.
 *
 * Real parts are tried again once or twice: a shared host can stall for seconds, and what then fails is the host.
 * What is broken fails three times in a row.
 */
const REAL_PARTS = { testTimeout: 180_000, hookTimeout: 180_000, fileParallelism: false, retry: 2 };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/interop/**', 'test/own-network/**'],
          testTimeout: 20_000,
        },
      },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...REAL_PARTS } },
      // Inside a network namespace: node tools/own-network.ts vitest run --project own-network
      { test: { name: 'own-network', include: ['test/own-network/**/*.test.ts'], ...REAL_PARTS } },
      { test: { name: 'interop', include: ['test/interop/**/*.test.ts'], ...REAL_PARTS } },
    ],
  },
});
