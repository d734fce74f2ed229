import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  // In the checkout pgrant/resource is its source; test/package has what is published.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/server.ts'],
    setupFiles: ['test/support/setup.ts'],
    // More than there are processors: much of what is tested waits, for a lock, a deadline or a browser.
    maxWorkers: 3,
    // Modules are read once in each process; a file ends what it has started (test/support/at-end.ts).
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
