import { defineConfig } from 'vitest/config';

const e2e = 'test/e2e/**/*.test.ts';
/** Minutes, not seconds: `npm run test:long`. */
const long = 'test/long/**/*.test.ts';
/** The least that shows the second engine to be one: writes under conditions, and none lost. All others run on it in the long job. */
const atTheEngine = ['crash', 'vault'].map((name) => `test/e2e/${name}.test.ts`);

/** End-to-end files start stacks of their own, on free ports, in folders of their own: they may run side by side. */
const patient = { testTimeout: 60_000, hookTimeout: 120_000 };
/** AWS's own engine: what is true on one engine only is not true. */
const secondEngine = { env: { DDB_ENGINE: 'dynamodb-local' } };

const project = (name: string, files: object) => ({
  extends: true as const,
  test: { name, ...files, ...patient },
});

export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    maxWorkers: 2,
    projects: [
      project('unit', { include: ['test/**/*.test.ts'], exclude: [e2e, long] }),
      project('e2e', { include: [e2e] }),
      project('e2e dynamodb-local', {
        include: atTheEngine,
        ...secondEngine,
      }),
      project('long', { include: [long] }),
      project('long dynamodb-local', {
        include: [e2e, 'test/long/rewrap.test.ts'],
        exclude: atTheEngine,
        ...secondEngine,
      }),
    ],
  },
});
