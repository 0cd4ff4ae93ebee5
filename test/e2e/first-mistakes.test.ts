// Likely mistakes of a new user: each is answered with its own sentence, which says what was wrong and what to do, to a person, a
// program and a model alike.
import { expect, it } from 'vitest';

import { type Answer, canaryKey, type Person, type Portunus } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const openaiKey = canaryKey('openai');

/** Mistakes of a user who stores a key: mistake, body, the sentence, which names field and fault. Interoperability case P9. */
const MISTAKES: readonly (readonly [string, unknown, RegExp])[] = [
  ['no provider', { api_key: openaiKey }, /body\.provider is missing/],
  ['no key', { provider: 'openai' }, /body\.api_key is missing/],
  ['a field in camel case', { provider: 'openai', apiKey: openaiKey }, /unknown field: apiKey/],
  [
    'a number as key',
    { provider: 'openai', api_key: 5 },
    /body\.api_key has the wrong type: string expected/,
  ],
  ['an unknown provider', { provider: 'open-ai', api_key: openaiKey }, /must be one of: openai, anthropic/],
  ['a blank within the key', { provider: 'openai', api_key: `${openaiKey} x` }, /it contains a blank/],
  ['another provider’s key', { provider: 'openai', api_key: canaryKey('anthropic') }, /Anthropic/],
  [
    'a time without zone',
    { provider: 'openai', api_key: openaiKey, expires_at: '2030-01-31' },
    /body\.expires_at must be a time as in/,
  ],
  [
    'an address that is none',
    { provider: 'compatible', api_key: openaiKey, base_url: 'my server' },
    /body\.base_url must be an address/,
  ],
  [
    'a body that is not JSON',
    `{"provider": "openai", "api_key": "${openaiKey}",`,
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
      expect(answer.text).not.toContain(openaiKey.slice(0, 20));
    },
  );

  it('a provider in another letter case stores the key', async () => {
    const nora = await portunus.current.person('nora');
    const stored = await nora.post('/api-keys', { provider: 'OpenAI', api_key: openaiKey });
    expect(stored.body).toMatchObject({ success: true, provider: 'openai' });
  });
});

type Case = {
  readonly mistake: string;
  readonly make: (of: { person: Person; portunus: Portunus; key: string }) => Promise<Answer>;
  readonly status: number;
  /** Its own sentence, and its remedy where that is another one. */
  readonly says: RegExp;
  readonly remedy?: RegExp;
};

const chat = (model: string, content = 'hello') => ({ model, messages: [{ role: 'user', content }] });
const ask = (portunus: Portunus, authorization: string | undefined) =>
  portunus.request('GET', '/api-keys', { headers: authorization === undefined ? {} : { authorization } });
const stored = async (person: Person, key: string): Promise<string> =>
  (await person.post('/api-keys', { provider: 'openai', api_key: key })).body.key_id as string;

/** The fifteen most likely ones. */
const CASES: readonly Case[] = [
  {
    mistake: 'a provider whose name is misspelt',
    make: ({ person, key }) => person.post('/api-keys', { provider: 'open-ai', api_key: key }),
    status: 400,
    says: /Unknown provider\. Known are: openai, anthropic/,
    remedy: /Correct the named fields/,
  },
  {
    mistake: 'a key with a line break within it',
    make: ({ person, key }) =>
      person.post('/api-keys', { provider: 'openai', api_key: `${key.slice(0, 20)}\n${key.slice(20)}` }),
    status: 400,
    says: /api_key must be 1 to 512 printable characters; it contains a blank, a line break/,
    remedy: /Correct the named fields/,
  },
  {
    mistake: 'no token',
    make: ({ portunus }) => ask(portunus, undefined),
    status: 401,
    says: /Missing: send the header Authorization: Bearer <access token>\./,
  },
  {
    mistake: 'an expired token',
    make: async ({ portunus }) => {
      const { token } = await portunus.person('late', { expiresInSeconds: -120 });
      return ask(portunus, `Bearer ${token}`);
    },
    status: 401,
    says: /Expired: get a new access token from your issuer, by refreshing or by signing in again\./,
  },
  {
    mistake: 'a token that was cut off',
    make: ({ portunus, person }) => ask(portunus, `Bearer ${person.token.slice(0, -20)}`),
    status: 401,
    says: /Malformed or from another issuer: send the whole access token, unchanged/,
  },
  {
    mistake: 'a provider key in the place of a token',
    make: ({ portunus, key }) => ask(portunus, `Bearer ${key}`),
    status: 401,
    says: /API key of a provider \(sk-… and the like\): store it with POST \/api-keys, and send an access token instead\./,
  },
  {
    mistake: 'a tool that does not exist',
    make: ({ person }) => person.invoke('todo_creat', { title: 'x' }),
    status: 404,
    says: /todo_create|Unknown tool/i,
    remedy: /GET \/mcp\/tools|todo_create/,
  },
  {
    mistake: 'an argument of another type',
    make: ({ person }) => person.invoke('todo_create', { title: ['x'] }),
    status: 400,
    says: /title/,
    remedy: /Correct the named fields/,
  },
  {
    mistake: 'no key',
    make: ({ person }) => person.post('/v1/chat/completions', chat('openai/gpt-4.1-mini')),
    status: 409,
    says: /No usable openai key stored/,
    remedy: /POST \/api-keys/,
  },
  {
    mistake: 'a frozen key',
    make: async ({ person, key }) => {
      await person.post(`/api-keys/${await stored(person, key)}/freeze`, {});
      return person.post('/v1/chat/completions', chat('openai/gpt-4.1-mini'));
    },
    status: 409,
    says: /Your OpenAI key is frozen/,
    remedy: /Unfreeze it with POST \/api-keys\/openai_/,
  },
  {
    mistake: 'more calls than the provider allows in a minute',
    make: async ({ person, portunus, key }) => {
      await stored(person, key);
      const end = portunus.provider?.limit(key, { requests: 1, seconds: 600 });
      const call = () => person.post('/v1/chat/completions', chat('openai/gpt-4.1-mini'));
      await call();
      const answer = await call();
      end?.();
      return answer;
    },
    status: 429,
    says: /rate of requests|quota/,
    remedy: /Retry|Wait|retry/,
  },
  {
    mistake: 'a call that the budget does not cover',
    make: async ({ person, key }) => {
      await stored(person, key);
      await person.put('/preferences', { budget: { day_usd: '0.01', month_usd: '0.01' } });
      return person.post('/v1/chat/completions', chat('openai/gpt-4.1'));
    },
    status: 429,
    says: /This day's limit is \$0\.01; .* and this call may take \$0\.26/,
    remedy: /GET \/usage|\/preferences|max_tokens/,
  },
  {
    mistake: 'a provider that is down',
    make: async ({ person, portunus, key }) => {
      await stored(person, key);
      const end = portunus.provider?.fail(key, 503);
      const answer = await person.post('/v1/chat/completions', chat('openai/gpt-4.1-mini'));
      end?.();
      return answer;
    },
    status: 502,
    says: /OpenAI answered with status 503/,
    remedy: /Try again later/,
  },
  {
    mistake: 'a model that the provider does not know',
    make: async ({ person, portunus, key }) => {
      await stored(person, key);
      portunus.provider?.nextRequestError(404, {
        message: 'The model `gpt-9` does not exist',
        code: 'model_not_found',
      });
      return person.post('/v1/chat/completions', chat('openai/gpt-9'));
    },
    status: 404,
    says: /The model `gpt-9` does not exist/,
    remedy: /GET \/v1\/models/,
  },
  {
    mistake: 'a conversation that is too long',
    make: async ({ person, portunus, key }) => {
      await stored(person, key);
      portunus.provider?.nextRequestError(400, {
        message: "This model's maximum context length is 128000 tokens.",
        code: 'context_length_exceeded',
      });
      return person.post('/v1/chat/completions', chat('openai/gpt-4.1-mini'));
    },
    status: 400,
    says: /maximum context length is 128000 tokens/,
    remedy: /length/,
  },
];

const wordsOf = ({ body: { detail, next_step, error } }: Answer): string =>
  [detail ?? error?.message, next_step ?? error?.next_step].join(' ');

onEngine('the answer to', () => {
  const portunus = usePortunus();
  const answerTo = async ({ mistake, make }: Case, key: string) => {
    const person = await portunus.current.person(mistake.replaceAll(' ', '-'));
    return make({ person, portunus: portunus.current, key });
  };

  it.each(CASES)('$mistake says what was wrong and what to do', async (mistake) => {
    const key = canaryKey('openai');
    const answer = await answerTo(mistake, key);
    const { status, says, remedy = says } = mistake;
    expect([answer.status, wordsOf(answer)]).toEqual([status, expect.stringMatching(says)]);
    expect(wordsOf(answer)).toMatch(remedy);
    expect(answer.text).not.toContain(key.slice(8, 24));
  });

  it('covers fifteen mistakes, with a sentence for each', () => {
    expect(CASES).toHaveLength(15);
    expect(new Set(CASES.map(({ says }) => says.source)).size).toBe(15);
  });
});
