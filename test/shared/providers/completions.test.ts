import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Kid, ProviderId, Uid } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import type { EgressRequest, EgressResponse } from '#shared/egress/egress.ts';
import { createCompletions } from '#shared/providers/completions.ts';

const KEY = 'sk-proj-abc/def+ghi=jklmnopqrstu';
const owner = 'u'.repeat(27) as Uid;

/** Completions over a provider that answers as it is told: what no well-behaved provider does. */
function over(answer: Partial<EgressResponse> & { text?: string }) {
  const sent: EgressRequest[] = [];
  const completions = createCompletions({
    vault: {
      candidates: async () => [
        {
          provider: 'openai' as ProviderId,
          kid: 'k'.repeat(22) as Kid,
          ver: 1,
          open: async () => ({ secret: new Secret(KEY), origin: '' }),
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

const refusalOf = async (work: Promise<unknown>): Promise<AppError> => {
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
    ['403', { status: 403, text: KEY }, 'key_rejected'],
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
    const error = await refusalOf(over(answer).chat());
    expect(error.code).toBe(code);
    expect(JSON.stringify([error.message, error.details, error.cause])).not.toContain('abc');
  });

  it('keeps of an unusable answer a sample in which nothing can be read', async () => {
    const error = await refusalOf(over({ text: `{"choices": "${KEY}", "né": 42}` }).chat());
    expect(error).toMatchObject({ sample: '{"aaaaaaa": "aa-aaaa-aaa/aaa+aaa=aaaaaaaaaaaa", "aa": 00}' });
  });

  it('hands on how long a provider asks to wait', async () => {
    const error = await refusalOf(over({ status: 429, headers: { 'retry-after': '7' } }).chat());
    expect(error.details['retry_after_seconds']).toBe(7);
  });
});
