// Delay of a revocation with every cache on: the authorizer's verdict of a minute, and what each instance remembers.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const PROMISED_MS = 60_000;
const PATHS = ['/api-keys', '/notices', '/mcp/tools', '/audit/logs'];

onEngine('a session that is ended while it is in use', () => {
  const portunus = usePortunus();

  it('is rejected by every function well within the promised minute', async () => {
    const { current } = portunus;
    const [thief, owner] = [await current.person('alice'), await current.person('alice')];
    for (const path of PATHS) expect((await thief.get(path)).status).toBe(200);
    const ended = (await owner.get('/sessions')).body.sessions.find(
      (each: { current: boolean }) => !each.current,
    );
    for (const path of PATHS) await thief.get(path); // every instance has just looked
    expect((await owner.delete(`/sessions/${ended.session_id}`)).status).toBe(200);

    const from = Date.now();
    const delays = await Promise.all(
      PATHS.map(async (path) => {
        while ((await thief.get(path)).status !== 401 && Date.now() - from < PROMISED_MS) await sleep(250);
        return Date.now() - from;
      }),
    );
    process.stderr.write(
      `revoked: rejected after ${delays.map((ms) => `${(ms / 1000).toFixed(1)} s`).join(', ')}\n`,
    );
    expect(Math.max(...delays)).toBeLessThan(PROMISED_MS);
    expect((await owner.get('/api-keys')).status).toBe(200);
  });
});
