import { expect, it } from 'vitest';

import { canaryKey, providerChats, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus();

async function withKeys(
  name: string,
  ...providers: ('openai' | 'anthropic' | 'google' | 'mistral')[]
): Promise<Person> {
  const person = await portunus.current.person(name);
  for (const provider of providers) {
    await person.post('/api-keys', { provider, api_key: canaryKey(provider) });
  }
  return person;
}

onEngine('a policy chooses provider and model', () => {
  it('cheapest: by the price table and the size of the question, and says among which', async () => {
    const amy = await withKeys('amy', 'anthropic', 'google', 'openai');
    const short = await amy.invoke('ai_chat', say('hello', { policy: 'cheapest' }));
    expect(short.body.result).toMatchObject({
      provider: 'openai',
      chosen_by: {
        policy: 'cheapest',
        among: [
          { provider: 'openai', model: 'gpt-4.1-mini', cost_micro_usd: expect.any(Number) },
          { provider: 'google', model: 'gemini-2.5-flash' },
          { provider: 'anthropic', model: 'claude-haiku-4-5' },
        ],
      },
    });
    const [one, two, three] = short.body.result.chosen_by.among.map(
      (each: { cost_micro_usd: number }) => each.cost_micro_usd,
    );
    expect(one).toBeLessThan(two);
    expect(two).toBeLessThan(three);
    // A long question with a short answer costs least elsewhere.
    const long = await amy.invoke(
      'ai_chat',
      say('hello '.repeat(2000), { policy: 'cheapest', max_tokens: 1 }),
    );
    expect(long.body.result.provider).toBe('google');
    // The one who answered stands in the trail.
    const { body } = await amy.get('/audit/logs?action=tool.called&result=succeeded&limit=1');
    expect(body.logs[0].metadata).toMatchObject({ provider: 'google' });
  });

  it('keeps to keys that can be used, and to the models their owner prefers', async () => {
    const ben = await withKeys('ben', 'anthropic', 'openai');
    const { keys } = (await ben.get('/api-keys')).body;
    const openai = keys.find(({ provider }: { provider: string }) => provider === 'openai');
    await ben.post(`/api-keys/${openai.key_id}/freeze`, undefined);
    expect((await ben.invoke('ai_chat', say('x', { policy: 'cheapest' }))).body.result).toMatchObject({
      provider: 'anthropic',
      chosen_by: { among: [{ provider: 'anthropic' }] },
    });
    await ben.post(`/api-keys/${openai.key_id}/unfreeze`, undefined);
    const cid = await withKeys('cid', 'openai', 'anthropic');
    await cid.put('/preferences', { default_models: { openai: 'o1' } });
    expect(
      (await cid.invoke('ai_chat', say('x', { policy: 'cheapest' }))).body.result.chosen_by.among,
    ).toMatchObject([{ provider: 'anthropic' }, { model: 'o1' }]);
  });

  it('takes a model without a known price last, and says that it is unknown', async () => {
    const dan = await withKeys('dan', 'mistral', 'openai');
    await dan.put('/preferences', { default_models: { mistral: 'mistral-large-latest' } });
    const { body } = await dan.invoke('ai_chat', say('x', { policy: 'cheapest' }));
    expect(body.result).toMatchObject({
      provider: 'openai',
      chosen_by: { among: [{ provider: 'openai' }, { provider: 'mistral', cost_micro_usd: 'unknown' }] },
    });
  });

  it('is followed where it is preferred and a call names nothing; a call may say otherwise', async () => {
    const eva = await withKeys('eva', 'anthropic', 'openai');
    const set = await eva.put('/preferences', { default_policy: 'cheapest' });
    expect(set.body).toMatchObject({ success: true, default_policy: 'cheapest' });
    expect((await eva.invoke('ai_chat', say('x'))).body.result.provider).toBe('openai');
    expect((await eva.invoke('ai_summarise', { text: 'x' })).body.result.provider).toBe('openai');
    const named = await eva.invoke('ai_chat', say('x', { provider: 'anthropic' }));
    expect(named.body.result.provider).toBe('anthropic');
    const usual = await eva.invoke('ai_chat', say('x', { policy: 'preferred' }));
    expect(usual.body.result).toMatchObject({ provider: 'anthropic' });
    expect(usual.body.result.chosen_by).toBeUndefined();
  });

  it('is a model’s name for OpenAI’s clients', async () => {
    const fay = await withKeys('fay', 'anthropic', 'openai');
    const { body } = await fay.get('/v1/models');
    expect(body.data.map(({ id }: { id: string }) => id)).toContain('portunus/cheapest');
    const answer = await fay.post('/v1/chat/completions', { ...say('x'), model: 'portunus/cheapest' });
    expect(answer.body.model).toMatch(/^gpt-4\.1-mini/);
    const streamed = await fay.post('/v1/chat/completions', {
      ...say('x'),
      model: 'portunus/cheapest',
      stream: true,
    });
    expect(streamed.text).toContain('"model":"gpt-4.1-mini');
    const unknown = await fay.post('/v1/chat/completions', { ...say('x'), model: 'portunus/fastest' });
    expect(unknown.status).toBe(400);
    expect(unknown.text).toContain('portunus/cheapest');
  });

  it.each([
    ['beside a provider', { policy: 'cheapest', provider: 'openai' }],
    ['beside a model', { policy: 'cheapest', model: 'gpt-4.1' }],
    ['that there is none of', { policy: 'fastest' }],
  ])('is rejected %s, without an outbound call', async (kind, more) => {
    const gus = await withKeys(`gus-${kind.length}`, 'openai');
    const before = providerChats(portunus.current).length;
    const { body } = await gus.invoke('ai_chat', say('x', more));
    expect(body).toMatchObject({ status: 400, code: 'invalid_input' });
    expect(body.issues[0].path).toMatch(/policy$/);
    expect(providerChats(portunus.current)).toHaveLength(before);
  });
});
