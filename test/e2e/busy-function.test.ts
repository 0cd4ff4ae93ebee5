// A function that Lambda refuses to start, because its executions are in use.
import { expect, it } from 'vitest';

import { startPortunus } from '#test/support/portunus.ts';
import { onEngine } from '#test/support/suite.ts';

onEngine('a function without free executions', () => {
  it('is answered 503 with Retry-After and a code that tells a client to repeat, and leaves others as they are', async () => {
    const portunus = await startPortunus({
      mutate(templates) {
        for (const { Resources } of Object.values(templates))
          for (const { Properties } of Object.values(Resources))
            if (String(Properties?.['FunctionName']).endsWith('-keys-list'))
              Object.assign(Properties ?? {}, { ReservedConcurrentExecutions: 0 });
      },
    });
    try {
      const alice = await portunus.person('alice');
      const busy = await alice.get('/api-keys');
      expect(busy.body).toMatchObject({ status: 503, code: 'unavailable', error: { type: 'server_error' } });
      expect(busy.headers.get('retry-after')).toBe('5');
      expect((await alice.get('/api-keys/providers')).status).toBe(200);
    } finally {
      await portunus.stop();
    }
  });
});
