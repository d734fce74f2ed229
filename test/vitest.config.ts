import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './support/longest-first.ts';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  // In the checkout pgrant/resource is its source; test/package has what is published.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/server.ts'],
    setupFiles: ['test/support/setup.ts'],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Modules are read once in each of the two processes; a file ends what it has started (test/support/at-end.ts).
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
