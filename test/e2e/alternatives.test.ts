import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { withRates } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus({
  mutate: withRates({
    per_minute: 1,
    burst: 6,
    tools: { todo_list: { per_minute: 1, burst: 1 } },
    providers: { openai: { per_minute: 1, burst: 1 } },
  }),
});

type Alternative = {
  kind: string;
  call: { tool_name: string; parameters: Record<string, unknown> };
  cost_micro_usd: number | 'unknown';
  after_seconds?: number;
};

async function withKeys(name: string, ...providers: ('openai' | 'anthropic' | 'google' | 'mistral')[]) {
  const person = await portunus.current.person(name);
  const keys: Record<string, { id: string; key: string }> = {};
  for (const provider of providers) {
    const key = canaryKey(provider);
    const { body } = await person.post('/api-keys', { provider, api_key: key });
    keys[provider] = { id: body.key_id, key };
  }
  return { person, keys };
}

/** As a client does: the rejected call with the parameters that are named, replaced. */
const take = (person: Person, parameters: object, { call }: Alternative) =>
  person.invoke(
    call.tool_name,
    call.parameters === undefined
      ? {}
      : { ...(call.tool_name === 'ai_chat' ? parameters : {}), ...call.parameters },
  );

const kindsOf = (alternatives: Alternative[]) => alternatives.map(({ kind }) => kind);

onEngine('the alternatives of a rejection', () => {
  it('at a limit on a provider: the other one, waiting, tools without a provider', async () => {
    const { person } = await withKeys('ann', 'openai', 'anthropic');
    const asked = say('hello', { model: 'gpt-4.1', temperature: 1.5 });
    expect((await person.invoke('ai_chat', asked)).status).toBe(200);
    const { status, body } = await person.invoke('ai_chat', asked);
    expect(status).toBe(429);
    expect(body.alternatives.slice(0, 2)).toEqual([
      {
        kind: 'other_provider',
        description: expect.any(String),
        call: {
          tool_name: 'ai_chat',
          parameters: { provider: 'anthropic', model: 'claude-haiku-4-5', temperature: 1 },
        },
        cost_micro_usd: expect.any(Number),
      },
      {
        kind: 'wait',
        description: expect.any(String),
        call: { tool_name: 'ai_chat', parameters: {} },
        cost_micro_usd: expect.any(Number),
        after_seconds: body.retry_after_seconds,
      },
    ]);
    const [other, , ...tools] = body.alternatives as Alternative[];
    const names = tools.map(({ call }) => call.tool_name);
    expect(names).toContain('time_now');
    // It has a limit of its own, of which nobody knows here whether it is used up.
    expect(names).not.toContain('todo_list');
    const [tool] = tools;
    expect((await take(person, asked, other as Alternative)).body).toMatchObject({
      result: { provider: 'anthropic' },
    });
    expect((await take(person, asked, tool as Alternative)).status).toBe(200);
  });

  it('are sorted by cost, with unknown prices last', async () => {
    const { person } = await withKeys('ike', 'openai', 'mistral', 'anthropic', 'google');
    await person.put('/preferences', { default_models: { mistral: 'mistral-large-latest' } });
    const asked = say('hello', { provider: 'openai', policy: 'preferred' });
    await person.invoke('ai_chat', asked);
    const { body } = await person.invoke('ai_chat', asked);
    const others = (body.alternatives as Alternative[]).filter(({ kind }) => kind === 'other_provider');
    expect(others.map(({ call }) => call.parameters['provider'])).toEqual(['google', 'anthropic', 'mistral']);
    const costs = others.map(({ cost_micro_usd }) => cost_micro_usd);
    expect(costs).toEqual([expect.any(Number), expect.any(Number), 'unknown']);
    expect(Number(costs[0])).toBeLessThan(Number(costs[1]));
    for (const other of others) expect((await take(person, asked, other)).status).toBe(200);
    const [tool] = (body.alternatives as Alternative[]).filter(({ kind }) => kind === 'other_tool');
    expect(tool?.cost_micro_usd).toBe(0);
  });

  it('works as it stands for a call that left the choice to a policy', async () => {
    const { person, keys } = await withKeys('jil', 'openai', 'anthropic');
    const mend = portunus.current.provider?.fail(keys['openai']?.key ?? '', 500);
    const asked = say('hello', { policy: 'cheapest' });
    const { body } = await person.invoke('ai_chat', asked);
    expect(body).toMatchObject({ code: 'upstream_failed', provider: 'openai' });
    const answer = await take(person, asked, body.alternatives[0]);
    expect(answer.body).toMatchObject({ result: { provider: 'anthropic' } });
    mend?.();
  });

  it('at the limit on all calls: waiting, and nothing else', async () => {
    const { person } = await withKeys('ben', 'openai', 'anthropic');
    for (let n = 0; n < 6; n += 1) await person.invoke('time_now');
    const { body } = await person.invoke('ai_chat', say('hello'));
    expect(body).toMatchObject({ scope: 'owner' });
    expect(kindsOf(body.alternatives)).toEqual(['wait']);
  });

  it('at a limit on a tool that takes no key: waiting', async () => {
    const { person } = await withKeys('cid');
    await person.invoke('todo_list');
    const { body } = await person.invoke('todo_list');
    expect(body).toMatchObject({ scope: 'tool' });
    expect(kindsOf(body.alternatives)).toEqual(['wait']);
  });

  it.each(['frozen', 'missing', 'rejected'] as const)(
    'with a %s key: the provider that has a good one',
    async (kind) => {
      const good = kind === 'missing' ? (['anthropic'] as const) : (['openai', 'anthropic'] as const);
      const { person, keys } = await withKeys(`dan-${kind}`, ...good);
      if (kind === 'frozen') await person.post(`/api-keys/${keys['openai']?.id}/freeze`, undefined);
      if (kind === 'rejected') portunus.current.provider?.reject(keys['openai']?.key ?? '');
      const asked = say('hello', { provider: 'openai' });
      const { body } = await person.invoke('ai_chat', asked);
      expect(body.code).toBe(`key_${kind}`);
      expect(body.alternatives[0]).toMatchObject({
        kind: 'other_provider',
        call: { tool_name: 'ai_chat', parameters: { provider: 'anthropic' } },
      });
      for (const alternative of body.alternatives) {
        expect((await take(person, asked, alternative)).status).toBe(200);
      }
    },
  );

  it('when the provider fails: the other one, and the same in a moment', async () => {
    const { person, keys } = await withKeys('eva', 'openai', 'anthropic');
    const mend = portunus.current.provider?.fail(keys['openai']?.key ?? '', 500);
    const asked = say('hello');
    const { body } = await person.invoke('ai_chat', asked);
    expect(body.code).toBe('upstream_failed');
    expect(kindsOf(body.alternatives).slice(0, 3)).toEqual(['other_provider', 'wait', 'other_tool']);
    mend?.();
    expect((await take(person, asked, body.alternatives[0])).status).toBe(200);
  });

  it('use only the caller’s keys and tools within the token’s scopes', async () => {
    const { current } = portunus;
    await withKeys('fay', 'openai', 'anthropic');
    const poor = await current.person('gil', { scopes: ['tools:call', 'ai:use'] });
    const { body } = await poor.invoke('ai_chat', say('hello'));
    expect(body.code).toBe('key_missing');
    expect(kindsOf(body.alternatives)).not.toContain('other_provider');
    const offered = body.alternatives.map(({ call }: Alternative) => call.tool_name);
    expect(offered).toContain('time_now');
    expect(offered).not.toContain('todo_list');
  });

  it('are the same over MCP', async () => {
    const { person } = await withKeys('hal', 'anthropic');
    const answer = await portunus.current.request('POST', '/mcp', {
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'ai_chat', arguments: say('hello', { provider: 'openai' }) },
      }),
    });
    expect(answer.text).toContain('"alternatives":[{"kind":"other_provider"');
  });
});
