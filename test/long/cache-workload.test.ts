// The reference workload through the whole stack, and the time in which other instances follow an invalidation.
import { expect, it } from 'vitest';

import { canaryKey, type Person, providerChats, say } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { referenceWorkload, type WorkloadCall, WORKLOAD_OWNERS } from '#test/support/reference-workload.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

/** A day of 20 owners: 300 requests of each on average. */
const CALLS = 6000;
const AT_ONCE = 4;
const MODEL = { provider: 'openai', model: 'gpt-4.1-mini' };

function send(person: Person, call: WorkloadCall) {
  if (call.kind === 'preferences') return person.put('/preferences', { default_provider: 'openai' });
  const words = `Prompt ${call.item} of the catalogue`;
  if (call.kind === 'prompt') return person.invoke('ai_chat', say(words, { ...MODEL, temperature: 0 }));
  if (call.kind === 'free') return person.invoke('ai_chat', say(words, { ...MODEL, temperature: 0.7 }));
  if (call.kind === 'preferred') return person.invoke('ai_chat', say(words, { temperature: 0 }));
  return person.invoke('ai_embed', { input: [`Text ${call.item}`], provider: 'openai' });
}

onEngine('the response cache under the reference workload', () => {
  const portunus = usePortunus({ mutate: withoutRateLimits });

  /** Values of the cache metrics that the functions wrote so far. */
  function metrics(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { line } of portunus.current.lambda.logs()) {
      const name = /"(Cache[A-Za-z]+)":1/.exec(line)?.[1];
      if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  it('makes at most half of the upstream calls', async () => {
    const { current } = portunus;
    const people = await Promise.all(
      Array.from({ length: WORKLOAD_OWNERS }, (_, at) => current.person(`owner-${at}`)),
    );
    for (const person of people)
      await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const calls = referenceWorkload(CALLS);
    const before = providerChats(current).length;
    const left = calls[Symbol.iterator]();
    const sender = async () => {
      for (const call of left) expect((await send(people[call.owner]!, call)).status).toBe(200);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
    const without = calls.filter(({ kind }) => kind !== 'preferences').length;
    const made = providerChats(current).length - before;
    const cacheable = calls.filter(({ kind }) => !['preferences', 'free'].includes(kind)).length;
    process.stderr.write(
      `upstream calls: ${without} without the cache, ${made} with it (${((1 - made / without) * 100).toFixed(1)} % fewer); cacheable ${cacheable}; ${JSON.stringify(metrics())}\n`,
    );
    expect(made).toBeLessThanOrEqual(without / 2);
  }, 900_000);

  it('is followed by an instance with an entry in memory within 10 s of an invalidation', async () => {
    const { current } = portunus;
    const person = await current.person('bound');
    await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const operator = await current.person('operator', { roles: ['operator'] });
    const ask = () => person.invoke('ai_chat', say('bound', { ...MODEL, temperature: 0 }));
    await ask();
    const invalidated = Date.now();
    expect((await operator.post('/cache/invalidate', { tools: ['ai_chat'] })).status).toBe(200);
    const { body: answer } = await ask();
    expect(answer.cached).toBe(true); // the instance that computed it
    for (let cached = true; cached; ) {
      cached = (await ask()).body.cached;
      if (cached) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const followed = Date.now() - invalidated;
    process.stderr.write(`followed after ${followed} ms\n`);
    expect(followed).toBeLessThan(12_000); // a call and a poll beside the bound of 10 s
  }, 60_000);
});
