import { defineConfig } from 'vitest/config';

const e2e = 'test/e2e/**/*.test.ts';
/** They restart whole stacks: minutes, not seconds. */
const long = ['test/e2e/rewrap.test.ts'];
/** What they are about is above the engine; on the second one they run in the long job. */
const aboveTheEngine = [
  'custody',
  'frozen',
  'key-life',
  'notices',
  'rejected-key',
  'renewal',
  'restore',
  'sign-in',
].map((name) => `test/e2e/${name}.test.ts`);

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
      project('unit', { include: ['test/**/*.test.ts'], exclude: [e2e] }),
      project('e2e', { include: [e2e], exclude: long }),
      project('e2e dynamodb-local', {
        include: [e2e],
        exclude: [...long, ...aboveTheEngine],
        ...secondEngine,
      }),
      project('long', { include: long }),
      project('long dynamodb-local', { include: [...long, ...aboveTheEngine], ...secondEngine }),
    ],
  },
});
