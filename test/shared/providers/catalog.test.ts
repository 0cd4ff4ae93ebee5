// Keys as people paste them, and what their shape says: the cases K1 to K3 and P14 with neighbours.
import { describe, expect, it } from 'vitest';

import { createSecretMask } from '#shared/core/mask-secret.ts';
import { Secret } from '#shared/core/secret.ts';
import { checkKeyFormat, factsOf, keyOriginOf, requireAccepted } from '#shared/providers/catalog.ts';
import { StoreKeyBody } from '#shared/vault/api.ts';
import { pastedKey } from '#shared/vault/pasted-key.ts';

const check = (provider: string, key: string) => checkKeyFormat(factsOf(provider), key);
const KEY = 'sk-proj-abcdefghijklmnopqrstuvwx';
const AQ = `AQ.Ab8RN6${'x'.repeat(44)}`;

describe('K1: the shape of a key', () => {
  it('is known for both kinds of Google’s keys', () => {
    expect([check('google', AQ), check('google', `AIza${'x'.repeat(35)}`)]).toEqual(['usual', 'usual']);
  });
  it('is a hint: what the provider accepts is stored, what nobody confirmed is not', () => {
    const facts = factsOf('google');
    expect(check('google', 'a-format-of-tomorrow-0123456789')).toBe('unusual');
    expect(() => requireAccepted(facts, 'unusual', 'valid')).not.toThrow();
    for (const outcome of ['unreachable', undefined] as const) {
      expect(() => requireAccepted(facts, 'unusual', outcome)).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      );
      expect(() => requireAccepted(facts, 'usual', outcome)).not.toThrow();
    }
  });
  it.each([
    ['openai', `sk-ant-api03-${'x'.repeat(20)}`, 'Anthropic'],
    ['anthropic', KEY, 'OpenAI'],
    ['openai', AQ, 'Google'],
    ['mistral', `AIza${'x'.repeat(35)}`, 'Google'],
    ['openai', `sk-or-v1-${'a'.repeat(64)}`, 'OpenRouter'],
    ['xai', `gsk_${'a'.repeat(52)}`, 'Groq'],
    ['anthropic', `ABSK${'a'.repeat(80)}`, 'Bedrock'],
  ])('that is certainly another provider’s names it: %s', (provider, key, title) => {
    expect(() => check(provider, key)).toThrow(
      expect.objectContaining({ code: 'wrong_provider', message: expect.stringContaining(title) }),
    );
  });
  it('of a registered tool’s key is not loosened', () => {
    expect(() => check('x-tool', 'short')).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('K2: what stands around a pasted key', () => {
  it.each([
    `${KEY}\n`,
    ` ${KEY}\t`,
    `\r\n${KEY}\r\n`,
    `"${KEY}"`,
    `'${KEY}'\n`,
    `“${KEY}”`,
    `Bearer ${KEY}`,
    `Authorization: Bearer ${KEY}`,
    `OPENAI_API_KEY=${KEY}`,
    `export OPENAI_API_KEY="${KEY}"`,
    `\ufeff${KEY}\u200b`,
  ])('is left out: %j', (text) => {
    expect(pastedKey(text)).toBe(KEY);
    expect(StoreKeyBody.parse({ provider: 'openai', api_key: text }).api_key).toBe(KEY);
  });
  it.each(['sk-two words', 'sk-a\nsk-b', 'sk-ключ', '', ' ', '""'])(
    'within it is rejected, saying so: %j',
    (text) => {
      const { error } = StoreKeyBody.safeParse({ provider: 'openai', api_key: text });
      expect(error?.issues).toMatchObject([
        { path: ['api_key'], message: expect.stringContaining('printable') },
      ]);
    },
  );
  it('is never a part of the key itself', () => {
    for (const key of ['a=b', 'x"y', 'Bearer', KEY]) expect(pastedKey(key)).toBe(key);
  });
});

describe('K3: keys and addresses that are not for calls', () => {
  it.each([
    ['openai', `sk-admin-${'x'.repeat(20)}`],
    ['anthropic', `sk-ant-admin01-${'x'.repeat(20)}`],
    ['compatible', `sk-admin-${'x'.repeat(20)}`],
  ])('an admin key is rejected by name: %s', (provider, key) => {
    expect(() => check(provider, key)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('admin key') }),
    );
  });
  it.each(['', '/', '/chat/completions', '/chat/completions/', '/responses', '/models'])(
    'a base URL that ends in %j is corrected',
    (end) => {
      expect(keyOriginOf(factsOf('compatible'), { base_url: `https://x.org/v1${end}` })).toBe(
        'https://x.org/v1',
      );
    },
  );
});

const takesRegion = (region: string): boolean =>
  StoreKeyBody.safeParse({ provider: 'bedrock', api_key: 'x', region }).success;

describe('P10: the address of a key', () => {
  const origins = { bedrock: 'https://bedrock-runtime.{region}.amazonaws.com' };
  const origin = (provider: string, given: object) => keyOriginOf(factsOf(provider), given, origins);

  it('is the runtime of its Region at Bedrock', () => {
    expect(origin('bedrock', { region: 'eu-central-1' })).toBe(
      'https://bedrock-runtime.eu-central-1.amazonaws.com',
    );
    expect(
      ['us-east-1', 'us-gov-west-1', 'us-east-1.evil.example', 'us-east-1#', '../x', ''].map(takesRegion),
    ).toEqual([true, true, false, false, false, false]);
  });
  it.each(['', '/', '/openai/v1', '/openai/v1/chat/completions', '/openai/deployments/mine'])(
    'is the resource’s origin at Azure, whatever follows it: %j',
    (path) => {
      expect(origin('azure', { base_url: `https://mine.openai.azure.com${path}` })).toBe(
        'https://mine.openai.azure.com',
      );
    },
  );
  it.each([
    ['bedrock', {}, 'region'],
    ['bedrock', { base_url: 'https://x.example' }, 'base_url'],
    ['azure', {}, 'base_url'],
    ['groq', { base_url: 'https://x.example' }, 'base_url'],
    ['openai', { region: 'us-east-1' }, 'region'],
  ])('is needed where it belongs, and rejected elsewhere: %s %o', (provider, given, path) => {
    expect(() => origin(provider, given)).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ issues: [expect.objectContaining({ path })] }),
      }),
    );
  });
});

describe('P14: the key of a server without keys', () => {
  it.each(['ollama', 'EMPTY', 'none', 'sk-no-key-required'])(
    'is taken, and does not blank the word in answers: %s',
    (key) => {
      expect(
        StoreKeyBody.parse({ provider: 'compatible', api_key: key, base_url: 'https://x.org/v1' }).api_key,
      ).toBe(key);
      expect(check('compatible', key)).toBe('usual');
      expect(createSecretMask(new Secret(key)).json({ text: `I run on ${key}.` })).toEqual({
        text: `I run on ${key}.`,
      });
    },
  );
  it('that is short and no such word is masked like every other', () => {
    expect(createSecretMask(new Secret('hunter22')).json({ text: 'It is hunter22.' })).not.toEqual({
      text: 'It is hunter22.',
    });
  });
});
