// D5: a server that answers a request for a stream with the whole.
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { createCompletions } from '#shared/providers/completions.ts';
import { UNGUARDED } from '#test/support/unguarded.ts';

const KEY = 'a-key-of-a-server-0123456789';

/** The chunks that a caller gets from a server with this answer. */
async function chunksOf(contentType: string, answer: string) {
  const completions = createCompletions({
    vault: {
      candidates: async () => [
        {
          provider: 'compatible' as ProviderId,
          kid: 'k'.repeat(22) as Kid,
          version: 1,
          open: async () => ({ secret: new Secret(KEY), origin: 'https://x.org/v1' }),
        },
      ],
      whyNone: async () => undefined,
    },
    egress: {
      send: () => Promise.reject(new Error('Only streams are requested here.')),
      stream: async () => ({
        status: 200,
        headers: { 'content-type': contentType },
        body: (async function* () {
          yield new TextEncoder().encode(answer);
        })(),
      }),
    },
    origins: {},
    health: { renew: async () => 'failed', markInvalid: async () => {}, markSuspect: async () => {} },
    pacing: { observe: async () => {} },
    guard: UNGUARDED,
    now: Date.now,
  });
  const request = { messages: [{ role: 'user' as const, content: 'hi' }], model: 'gpt-oss:20b' };
  const owner = 'u'.repeat(27) as OwnerId;
  const call = { owner, requestId: 'r', deadline: deadlineIn(1000), begin: async () => {}, onUse: () => {} };
  const { chunks } = await completions.stream(request, call);
  return Array.fromAsync(chunks);
}

const tool = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
const whole = (message: object) =>
  JSON.stringify({
    id: 'a',
    model: 'm',
    choices: [{ message }],
    usage: { prompt_tokens: 1, completion_tokens: 2 },
  });

describe('a whole answer to a request for a stream', () => {
  it.each(['application/json', 'application/json; charset=utf-8'])(
    'becomes chunks, the usage last: %s',
    async (type) => {
      const chunks = await chunksOf(type, whole({ content: 'hello', tool_calls: [tool] }));
      expect(chunks).toMatchObject([
        {
          choices: [
            {
              index: 0,
              delta: { content: 'hello', tool_calls: [{ ...tool, index: 0 }] },
              finish_reason: 'tool_calls',
            },
          ],
        },
        { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
      ]);
    },
  );
  it('has the key taken out of it', async () => {
    const [chunk] = await chunksOf('application/json', whole({ content: `It is ${KEY}.` }));
    expect(chunk?.choices[0]?.delta.content).toBe('It is [redacted].');
  });
  it.each([
    ['not JSON', 'hello'],
    ['of another shape', '{"choices": []}'],
  ])('that is unusable ends in a typed error: %s', async (_what, text) => {
    await expect(chunksOf('application/json', text)).rejects.toMatchObject({ code: 'upstream_malformed' });
  });
});

describe('a stream without a reason to finish', () => {
  const events = 'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n';
  it('gets one where the server says that it is over', async () => {
    const chunks = await chunksOf('text/event-stream', `${events}data: [DONE]\n\n`);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason ?? null)).toEqual([null, 'stop']);
  });
  it('is a typed error where it ended early', async () => {
    await expect(chunksOf('text/event-stream', events)).rejects.toMatchObject({ code: 'upstream_malformed' });
  });
});
