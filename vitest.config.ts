import { defineConfig } from 'vitest/config';

const e2e = ['test/e2e/**/*.test.ts'];

/** End-to-end files start a stack of their own, on a free port, in a folder of their own: they may run side by side. */
const patient = { testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: e2e, ...patient } },
      { extends: true, test: { name: 'e2e', include: e2e, ...patient } },
      // The same suite on AWS's own engine: what is true on one engine only is not true.
      {
        extends: true,
        test: { name: 'e2e dynamodb-local', include: e2e, env: { DDB_ENGINE: 'dynamodb-local' }, ...patient },
      },
    ],
  },
});
