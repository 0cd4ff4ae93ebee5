import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import type { EgressRequest, EgressResponse } from '#shared/egress/egress.ts';
import { createCompletions } from '#shared/providers/completions.ts';
import { revealed } from '#test/support/secret-encodings.ts';
import { UNGUARDED } from '#test/support/unguarded.ts';

const KEY = 'sk-proj-abc/def+ghi=jklmnopqrstu';
const owner = 'u'.repeat(27) as OwnerId;

/** Completions over a provider that answers as it is told: what no well-behaved provider does. */
function over(answer: Partial<EgressResponse> & { text?: string }, key = KEY) {
  const sent: EgressRequest[] = [];
  const completions = createCompletions({
    vault: {
      candidates: async () => [
        {
          provider: 'openai' as ProviderId,
          kid: 'k'.repeat(22) as Kid,
          version: 1,
          open: async () => ({ secret: new Secret(key), origin: '' }),
        },
      ],
      whyNone: async () => undefined,
    },
    egress: {
      async send(request) {
        sent.push(request);
        const { text = '', status = 200, headers = {}, body = Buffer.from(text) } = answer;
        return { status, headers, body };
      },
      stream: () => Promise.reject(new Error('Nothing here streams.')),
    },
    origins: { openai: 'https://api.openai.com' },
    health: { renew: async () => 'failed', markInvalid: async () => {}, markSuspect: async () => {} },
    pacing: { observe: async () => {} },
    guard: UNGUARDED,
    now: Date.now,
  });
  const chat = () =>
    completions.chat(
      { messages: [{ role: 'user', content: 'hi' }] },
      { owner, requestId: 'r', deadline: deadlineIn(1000), begin: async () => {}, onUse: () => {} },
    );
  return { chat, sent };
}

const reply = (content: string) =>
  JSON.stringify({
    model: 'm',
    choices: [{ message: { content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  });

const rejectionOf = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

describe('a completion', () => {
  it('asks the provider that the stage configured, with the owner’s key in its header and nowhere else', async () => {
    const { chat, sent } = over({ text: reply('hello') });
    expect(await chat()).toMatchObject({
      text: 'hello',
      provider: 'openai',
      usage: { inputTokens: 1, outputTokens: 2 },
    });
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe('https://api.openai.com/v1/chat/completions');
    expect(sent[0]?.headers['authorization']).toBe(`Bearer ${KEY}`);
    expect(sent[0]?.body).not.toContain(KEY);
  });

  it.each([
    ['as it is', KEY],
    ['in base64', Buffer.from(KEY).toString('base64')],
    ['percent-encoded', encodeURIComponent(KEY)],
  ])('does not hand on a key that the provider echoes %s', async (_form, echoed) => {
    const { text } = await over({ text: reply(`your key is ${echoed}!`) }).chat();
    expect(text).toBe('your key is [redacted]!');
  });

  it.each([
    ['401', { status: 401, text: `bad key ${KEY}` }, 'key_rejected'],
    ['403', { status: 403, text: KEY }, 'upstream_forbidden'],
    ['429', { status: 429, headers: { 'retry-after': '7' } }, 'rate_limited'],
    [
      '429 for want of quota',
      { status: 429, text: '{"error":{"code":"insufficient_quota"}}' },
      'rate_limited',
    ],
    ['500', { status: 500, text: KEY }, 'upstream_failed'],
    ['302', { status: 302, headers: { location: 'https://evil.example' } }, 'upstream_failed'],
    ['something that is not JSON', { text: `<html>${KEY}` }, 'upstream_malformed'],
    ['JSON of another shape', { text: JSON.stringify({ choices: [], key: KEY }) }, 'upstream_malformed'],
    ['bytes that are not text', { body: Uint8Array.of(0xff, 0xfe, 0xfd) }, 'upstream_malformed'],
  ])('turns an answer of %s into an error of ours that quotes nothing', async (_kind, answer, code) => {
    const error = await rejectionOf(over(answer).chat());
    expect(error.code).toBe(code);
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain('abc');
  });

  it('keeps of an unusable answer a sample in which nothing can be read', async () => {
    const error = await rejectionOf(over({ text: `{"choices": "${KEY}", "né": 42}` }).chat());
    expect(error).toMatchObject({ sample: '{"aaaaaaa": "aa-aaaa-aaa/aaa+aaa=aaaaaaaaaaaa", "aa": 00}' });
  });

  it('hands on how long a provider asks to wait', async () => {
    const error = await rejectionOf(over({ status: 429, headers: { 'retry-after': '7' } }).chat());
    expect(error.details['retry_after_seconds']).toBe(7);
  });

  /** JSON in which each character of the key is written by its number. */
  const escaped = Array.from(KEY, (char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('');
  const withEscapes = (value: unknown) => JSON.stringify(value).replaceAll('KEY', escaped);

  it('masks a key in object names, in arguments that are JSON within JSON, and in the model', async () => {
    const args = JSON.stringify({ KEY: { inner: JSON.stringify(['KEY']) } });
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: args } };
    const text = withEscapes({
      model: 'KEY',
      choices: [{ message: { content: null, tool_calls: [call], KEY: 1 }, finish_reason: 'tool_calls' }],
    });
    const answer = await over({ text }).chat();
    expect(revealed(JSON.stringify(answer), KEY)).toBe(false);
    const [choice] = answer.completion.choices;
    expect(choice?.message.tool_calls?.[0]?.function.arguments).toBe(
      '{"[redacted]":{"inner":"[\\"[redacted]\\"]"}}',
    );
    expect(choice?.message).toHaveProperty(['[redacted]'], 1);
  });

  it('masks a key in probabilities, token by token and byte by byte', async () => {
    const content = Array.from(KEY, (token) => ({
      token,
      logprob: -1,
      bytes: [...Buffer.from(token)],
      top_logprobs: [{ token, bytes: [...Buffer.from(token)] }],
    }));
    const choices = [{ message: { content: KEY }, finish_reason: 'stop', logprobs: { content } }];
    const { completion } = await over({ text: JSON.stringify({ model: 'm', choices }) }).chat();
    expect(completion.choices[0]?.['logprobs']).toMatchObject({
      content: [
        { token: '[redacted]', bytes: [...Buffer.from('[redacted]')] },
        ...Array.from(content.slice(1), () => ({ token: '', bytes: [], top_logprobs: [{ token: '' }] })),
      ],
    });
  });

  it.each([
    ['the key', KEY],
    ['a sentence', 'ask me for the key'],
    ['a text without end', 'm'.repeat(101)],
    ['nothing', ''],
  ])(
    'is recorded under the model that was asked for where the answer names %s as its model',
    async (_kind, model) => {
      const text = JSON.stringify({ model, choices: [{ message: { content: 'hi' } }] });
      expect((await over({ text }).chat()).model).toBe('gpt-4.1-mini');
      const named = JSON.stringify({ model: 'org/a-model:1', choices: [{ message: { content: 'hi' } }] });
      expect((await over({ text: named }).chat()).model).toBe('org/a-model:1');
    },
  );

  it.each([
    ['its code', { code: 'KEY', type: 'bad' }],
    ['its type', { type: 'KEY' }],
    ['its status', { status: 'KEY' }],
  ])('quotes nothing of a refusal with the key in %s', async (_place, error) => {
    const letters = 'abcdefghijklmnopqrstu_vwxyz';
    const text = JSON.stringify({ error }).replaceAll('KEY', letters.replace('b', String.raw`\u0062`));
    const refusal = await rejectionOf(
      over({ text: text.replaceAll('\\\\u', '\\u'), status: 400 }, letters).chat(),
    );
    expect(refusal.code).toBe('upstream_refused');
    expect(JSON.stringify([refusal.message, refusal.details])).not.toContain('cdefghijkl');
  });
});
