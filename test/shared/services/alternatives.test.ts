// Alternatives to a rejected tool call, from the keys and preferences of its caller.
import { describe, expect, it } from 'vitest';

import type { RejectedCall } from '#shared/limits/alternatives.ts';
import { Rates } from '#shared/limits/rates.ts';
import { CATALOG } from '#shared/providers/catalog.ts';
import type { Preference } from '#shared/providers/preference.ts';
import { createAlternatives } from '#shared/services/alternatives.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';
import { principalNamed } from '#test/support/callers.ts';
import { sameRateForAllRoles } from '#test/support/rates.ts';
import { storedKey } from '#test/support/stored-keys.ts';

const NOW = Date.UTC(2026, 10, 28);
const alice = principalNamed('alice');
const bob = principalNamed('bob');

type Given = {
  keys?: StoredKey[];
  preference?: Preference;
  origins?: Record<string, string>;
  low?: string[];
  limitedTools?: string[];
};

const EVERY_ORIGIN = Object.fromEntries(CATALOG.map(({ id }) => [id, `https://${id}.example`]));
const keysOf = (...providers: string[]) => providers.map((provider) => storedKey(alice.ownerId, provider));

function given({
  keys = [],
  preference = {},
  origins = EVERY_ORIGIN,
  low = [],
  limitedTools = [],
}: Given = {}) {
  const reads: string[] = [];
  const rate = { per_minute: 60, burst: 10 };
  const find = createAlternatives({
    keys: {
      async list(ownerId) {
        reads.push('keys');
        return keys.filter((key) => key.ownerId === ownerId);
      },
    },
    rates: async () =>
      Rates.parse(
        sameRateForAllRoles({ ...rate, tools: Object.fromEntries(limitedTools.map((name) => [name, rate])) }),
      ),
    async preferenceOf() {
      reads.push('preference');
      return preference;
    },
    origins,
    isLow: (_owner, provider) => low.includes(provider),
    now: () => NOW,
  });
  const chat = (more: Partial<RejectedCall> = {}, caller = alice) =>
    find(caller, { code: 'upstream_failed', tool: 'ai_chat', parameters: { provider: 'openai' }, ...more });
  const providers = async (more: Partial<RejectedCall> = {}) =>
    (await chat(more))
      .filter(({ kind }) => kind === 'other_provider')
      .map(({ call }) => call.parameters['provider']);
  return { reads, chat, providers };
}

const costOfRepeating = async (parameters: Record<string, unknown>) =>
  (await given().chat({ parameters })).find(({ kind }) => kind === 'wait')?.cost_micro_usd;

describe('the alternatives to a chat that its provider rejected', () => {
  it('are the other providers that the caller has a usable key for', async () => {
    const { providers } = given({
      keys: [
        ...keysOf('openai', 'anthropic'),
        storedKey(alice.ownerId, 'google', { status: 'frozen' }),
        storedKey(alice.ownerId, 'mistral', { expiresAt: '2026-11-27T00:00:00.000Z' }),
        storedKey(alice.ownerId, 'x-crm'),
        storedKey(bob.ownerId, 'groq'),
      ],
    });
    expect(await providers()).toEqual(['anthropic']);
  });

  it('contain no provider that this stage has no origin for', async () => {
    const { anthropic: _, ...origins } = EVERY_ORIGIN;
    expect(await given({ keys: keysOf('anthropic', 'google'), origins }).providers()).toEqual(['google']);
  });

  it('have those with remaining quota first', async () => {
    const keys = keysOf('anthropic', 'google');
    const [first, second] = await given({ keys }).providers();
    expect(await given({ keys, low: [String(first)] }).providers()).toEqual([second, first]);
  });

  it("use the caller's default model of the other provider, and cost what it costs", async () => {
    const named = { parameters: { provider: 'openai', model: 'gpt-4.1', prompt: 'hello', max_tokens: 100 } };
    const costOf = async (default_models: Record<string, string>) => {
      const preference = { default_models };
      const [other] = await given({ keys: keysOf('anthropic'), preference }).chat(named);
      return [other?.call.parameters['model'], other?.cost_micro_usd];
    };
    const [model, cost] = await costOf({});
    expect(model).toBe('claude-haiku-4-5');
    expect(cost).toBeGreaterThan(0);
    expect(await costOf({ anthropic: 'unpriced' })).toEqual(['unpriced', 'unknown']);
  });

  it('include the same call again, at the cost of its own provider and model', async () => {
    const small = await costOfRepeating({ provider: 'openai', max_tokens: 10 });
    const large = await costOfRepeating({ provider: 'openai', max_tokens: 1000 });
    expect(Number(large)).toBeGreaterThan(Number(small));
    expect(
      Number(await costOfRepeating({ provider: 'openai', model: 'gpt-4.1', max_tokens: 10 })),
    ).toBeGreaterThan(Number(small));
    expect(await costOfRepeating({})).toBe('unknown');
    expect(await costOfRepeating({ provider: 'unlisted' })).toBe('unknown');
  });

  it('include tools that take no key and no arguments, which the caller may call and no limit is set for', async () => {
    const toolsFor = async (limitedTools: string[], caller = alice) =>
      (await given({ limitedTools }).chat({}, caller))
        .filter(({ kind }) => kind === 'other_tool')
        .map(({ call }) => call.tool_name);
    expect(await toolsFor([])).toEqual(expect.arrayContaining(['time_now', 'todo_list']));
    expect(await toolsFor([])).not.toContain('todo_create');
    expect(await toolsFor(['time_now'])).not.toContain('time_now');
    const withoutTodos = { ...alice, scopes: alice.scopes.filter((scope) => scope !== 'todo:read') };
    expect(await toolsFor([], withoutTodos)).not.toContain('todo_list');
  });

  it('read no preferences for a caller without a usable key', async () => {
    const without = given();
    await without.chat();
    expect(without.reads).toEqual(['keys']);
    const owner = given({ keys: keysOf('anthropic') });
    await owner.chat();
    expect(owner.reads).toEqual(['keys', 'preference']);
  });
});

describe('the alternatives to other rejected calls', () => {
  it('of an embedding are providers of embeddings, with their model for it', async () => {
    const keys = keysOf('anthropic', 'google', 'mistral');
    const parameters = { provider: 'openai', model: 'text-embedding-3-small', input: 'hello' };
    const embed = { tool: 'ai_embed', parameters };
    const { chat, providers } = given({ keys, preference: { default_models: { google: 'gemini-2.5-pro' } } });
    expect(new Set(await providers(embed))).toEqual(new Set(['google', 'mistral']));
    const models = (await chat(embed)).map(({ call }) => call.parameters['model']);
    expect(models).toEqual(expect.arrayContaining(['gemini-embedding-001', 'mistral-embed']));
  });

  it.each([
    ['a registered tool', 'crm__find', 'unknown'],
    ['a tool without a provider', 'time_now', 0],
  ])('of %s are the same call later, without any read', async (_name, tool, cost) => {
    const { chat, reads } = given({ keys: keysOf('anthropic') });
    expect(await chat({ tool, parameters: {} })).toMatchObject([{ kind: 'wait', cost_micro_usd: cost }]);
    expect(reads).toEqual([]);
  });
});
