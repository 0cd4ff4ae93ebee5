// Lists made from the catalog of providers and the caller's keys, and the cost of an answer.
import { describe, expect, it } from 'vitest';

import { costOf } from '#shared/providers/prices.ts';
import { costOfAnswer } from '#shared/services/answer-cost.ts';
import { createListModels } from '#shared/services/models.ts';
import { createListProviders } from '#shared/services/providers.ts';
import { createToolStatus } from '#shared/services/tool-status.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';
import { principalNamed } from '#test/support/callers.ts';
import { storedKey } from '#test/support/stored-keys.ts';
import { UNGUARDED } from '#test/support/unguarded.ts';

const NOW = Date.UTC(2026, 10, 28);
const now = () => NOW;
const alice = principalNamed('alice');
const bob = principalNamed('bob');

const keysIn = (keys: StoredKey[]) => ({
  list: async (ownerId: string) => keys.filter((key) => key.ownerId === ownerId),
});
const own = (provider: string, changes: Partial<StoredKey> = {}) =>
  storedKey(alice.ownerId, provider, changes);
const frozen = own('openai', { status: 'frozen' });
const expired = own('openai', { expiresAt: '2026-11-28T00:00:00.000Z' });
const listed = (models: string[]) => ({
  validation: { outcome: 'valid' as const, checkedAt: '2026-11-02T00:00:00.000Z', models },
});

const listModels = async (keys: StoredKey[], caller = alice) =>
  createListModels({ keys: keysIn(keys), now })(caller);
const ids = async (keys: StoredKey[], caller = alice) => (await listModels(keys, caller)).map(({ id }) => id);

describe('the list of models', () => {
  it('has the default model of each usable key, the models it listed, each once, then the policies', async () => {
    const keys = [own('openai', listed(['gpt-4.1-mini', 'gpt-5'])), own('anthropic')];
    expect(await ids(keys)).toEqual([
      'openai/gpt-4.1-mini',
      'openai/gpt-5',
      'anthropic/claude-haiku-4-5',
      'portunus/preferred',
      'portunus/cheapest',
    ]);
  });

  it('is empty without a usable key: no policy could choose a model', async () => {
    expect(await ids([frozen, expired, storedKey(bob.ownerId, 'openai')])).toEqual([]);
  });

  it('dates a model by the last validation of its key, otherwise by its creation', async () => {
    const [model] = await listModels([own('openai', listed([]))]);
    expect(model).toEqual({
      id: 'openai/gpt-4.1-mini',
      object: 'model',
      created: Date.UTC(2026, 10, 2) / 1000,
      owned_by: 'openai',
    });
    expect((await listModels([own('openai')]))[0]).toMatchObject({ created: Date.UTC(2026, 10, 1) / 1000 });
  });

  it('is limited for a restricted personal access token, by names with and without their provider', async () => {
    const keys = [own('openai', listed(['gpt-5'])), own('anthropic')];
    expect(await ids(keys, { ...alice, models: ['gpt-5', 'anthropic/claude-haiku-4-5'] })).toEqual([
      'openai/gpt-5',
      'anthropic/claude-haiku-4-5',
    ]);
    expect(await ids(keys, { ...alice, models: ['openai/claude-haiku-4-5'] })).toEqual([]);
  });
});

const listProviders = (keys: StoredKey[], endpoints = {}) =>
  createListProviders({ keys: keysIn(keys), endpoints, now })(alice);

const renewalOfOpenai = async (endpoints = {}) =>
  (await listProviders([], endpoints)).find(({ name }) => name === 'openai')?.renewal;

describe('the list of providers', () => {
  it("counts the caller's own keys, and those of them that can be used", async () => {
    const invalid = own('openai', { status: 'invalid' });
    const all = await listProviders([
      own('openai'),
      frozen,
      expired,
      invalid,
      storedKey(bob.ownerId, 'anthropic'),
    ]);
    const counts = new Map(all.map(({ name, your_keys }) => [name, your_keys]));
    expect(counts.get('openai' as never)).toEqual({ stored: 4, usable: 1 });
    expect(counts.get('anthropic' as never)).toEqual({ stored: 0, usable: 0 });
  });

  it('has the kind of renewal of each provider in this stage', async () => {
    expect(await renewalOfOpenai()).toBe('guided');
    expect(await renewalOfOpenai({ openai: { url: 'https://auth.example/token', client_id: 'c' } })).toBe(
      'oauth',
    );
  });

  it('has the page on which a key is created, where there is one', async () => {
    const pages = new Map((await listProviders([])).map(({ name, key_page }) => [name as string, key_page]));
    expect(pages.get('openai')).toMatch(/^https:/);
    expect(pages.get('compatible')).toBeNull();
  });
});

describe('the status tools', () => {
  const status = createToolStatus({
    keys: keysIn([own('openai', { last4: 'wxyz' }), frozen, expired, storedKey(bob.ownerId, 'openai')]),
    origins: { openai: 'https://api.openai.example' },
    ownUsage: async () => ({ price_version: 'v' }) as never,
    guard: UNGUARDED,
    now,
  });

  it("describe the caller's own keys by hint and state", async () => {
    const keys = await status.keysOf(alice.ownerId);
    expect(keys.map((key) => key.status)).toEqual(['active', 'frozen', 'expired']);
    expect(keys[0]).toMatchObject({ provider: 'openai', hint: '…wxyz' });
  });

  it('describe a provider as configured if it has an origin here, or takes one with each key', async () => {
    const providers = await status.providers(alice.ownerId);
    const configured = new Map(providers.map((provider) => [provider.name, provider.configured]));
    expect(configured.get('openai')).toBe(true);
    expect(configured.get('anthropic')).toBe(false);
    expect(configured.get('compatible')).toBe(true);
  });
});

describe('the cost of an answer', () => {
  const asked = { provider: 'openai', model: 'gpt-4.1' };
  const tokens = { input_tokens: 1000, output_tokens: 100, cached_input_tokens: 400 };
  const counts = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: 400 };

  it('is that of the model that was served, with its cached tokens', () => {
    expect(costOfAnswer({ ...tokens, model: 'gpt-4.1-mini' }, asked)).toEqual({
      provider: 'openai',
      cost: costOf('openai', 'gpt-4.1-mini', counts),
    });
    expect(costOfAnswer(tokens, asked).cost).toEqual(costOf('openai', 'gpt-4.1', counts));
    expect(costOfAnswer(tokens, asked).cost).not.toEqual(
      costOf('openai', 'gpt-4.1', { ...counts, cachedInputTokens: 0 }),
    );
  });

  it('is that of the requested model if the served name has no price', () => {
    expect(costOfAnswer({ ...tokens, model: 'gpt-4.1-internal' }, asked).cost).toEqual(
      costOf('openai', 'gpt-4.1', counts),
    );
  });

  it('is unknown if another provider served a model without a price', () => {
    const priced = { ...asked, model: 'claude-haiku-4-5' };
    expect(costOfAnswer({ ...tokens, provider: 'anthropic', model: 'unlisted' }, priced)).toEqual({
      provider: 'anthropic',
      cost: 'unknown',
    });
  });

  it('is unknown without a count of tokens', () => {
    expect(costOfAnswer({}, asked).cost).toBe('unknown');
  });
});
