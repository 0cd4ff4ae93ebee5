// Likely mistakes of a new user who stores a key: each is answered with its own sentence, which names field and fault.
import { expect, it } from 'vitest';

import { canaryKey } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const key = canaryKey('openai');

/** Mistake, body, the sentence. Interoperability case P9. */
const MISTAKES: readonly (readonly [string, unknown, RegExp])[] = [
  ['no provider', { api_key: key }, /body\.provider is missing/],
  ['no key', { provider: 'openai' }, /body\.api_key is missing/],
  ['a field in camel case', { provider: 'openai', apiKey: key }, /unknown field: apiKey/],
  [
    'a number as key',
    { provider: 'openai', api_key: 5 },
    /body\.api_key has the wrong type: string expected/,
  ],
  ['an unknown provider', { provider: 'open-ai', api_key: key }, /must be one of: openai, anthropic/],
  ['a blank within the key', { provider: 'openai', api_key: `${key} x` }, /it contains a blank/],
  ['another provider’s key', { provider: 'openai', api_key: canaryKey('anthropic') }, /Anthropic/],
  [
    'a time without zone',
    { provider: 'openai', api_key: key, expires_at: '2030-01-31' },
    /body\.expires_at must be a time as in/,
  ],
  [
    'an address that is none',
    { provider: 'compatible', api_key: key, base_url: 'my server' },
    /body\.base_url must be an address/,
  ],
  [
    'a body that is not JSON',
    `{"provider": "openai", "api_key": "${key}",`,
    /not a JSON object|not valid JSON/,
  ],
  ['a body that is a list', [], /not a JSON object/],
];

onEngine('POST /api-keys with', () => {
  const portunus = usePortunus();

  it.each(MISTAKES)(
    '%s names the field and the fault, and never quotes the key',
    async (_name, body, words) => {
      const nora = await portunus.current.person('nora');
      const answer = await nora.post('/api-keys', body);
      expect(answer.status).toBe(400);
      expect([answer.body.detail, answer.body.next_step].join(' ')).toMatch(words);
      expect(answer.text).not.toContain(key.slice(0, 20));
    },
  );

  it('a provider in another letter case stores the key', async () => {
    const nora = await portunus.current.person('nora');
    const stored = await nora.post('/api-keys', { provider: 'OpenAI', api_key: key });
    expect(stored.body).toMatchObject({ success: true, provider: 'openai' });
  });
});
