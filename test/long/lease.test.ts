// A holder that is killed after its claim, and the lease it leaves: half a minute of waiting.
import { expect, it } from 'vitest';

import { findInstancePid } from '#test/support/lambda-instance.ts';
import { canaryKey, providerChats, say } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

onEngine('a request whose holder was killed', () => {
  const portunus = usePortunus({ mutate: withoutRateLimits });

  it('is taken over after its lease expires, never before, and executed once', async () => {
    const { current } = portunus;
    const ann = await current.person('ann');
    await ann.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const before = providerChats(current).length;
    const ask = () => ann.invoke('ai_chat', say('Who is there?', { idempotency_key: 'once' }));
    const claim = async () => (await current.rows('control')).find(({ state }) => state === 'claimed');

    // The key is opened after the claim: there it stays until it is killed.
    const undo = current.awsEndpoint.faults.inject(({ operation }) =>
      operation === 'Decrypt' ? { kind: 'delay', ms: 20_000 } : undefined,
    );
    const killed = ask();
    while (!(await claim())) await pause(50);
    process.kill((await findInstancePid('portunus-local-tools-invoke')) ?? 0, 'SIGKILL');
    undo();
    expect((await killed).status).toBeGreaterThanOrEqual(500);

    const until = Number((await claim())?.['until']);
    expect(until - Date.now()).toBeGreaterThan(20_000);
    let answer = await ask();
    let answeredAt = Date.now();
    for (; answer.status === 409; answer = await ask(), answeredAt = Date.now()) {
      expect(answer.body.code).toBe('idempotency_in_flight');
      await pause(500);
    }
    expect(answer.status).toBe(200);
    expect(answeredAt).toBeGreaterThanOrEqual(until);
    expect(providerChats(current)).toHaveLength(before + 1);
    expect((await ask()).text).toBe(answer.text);
    expect(providerChats(current)).toHaveLength(before + 1);
  }, 120_000);
});
