// Depth of a tool call: functions between a route and the request to a provider, by the asynchronous stack trace.
import { afterAll, beforeAll, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { framesOf } from '#shared/core/errors.ts';
import type { Kid, ProviderId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { createCompletions } from '#shared/providers/completions.ts';
import { createInvoke } from '#shared/tools/invoke.ts';
import { loadBuiltIn } from '#shared/tools/load-built-in.ts';
import type { Candidate } from '#shared/vault/usable-keys.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';
import { UNGUARDED } from '#test/support/unguarded.ts';

/** The handler of the route and `run` of its function file come before. */
const MAX_FRAMES = 8;

const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 100;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

const key: Candidate = {
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
  version: 1,
  open: async () => ({ secret: new Secret('sk-test'), origin: '' }),
};
const answer = {
  model: 'gpt-5',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello.' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1 },
};
const unused = {} as never;

function given() {
  const frames: string[] = [];
  const completions = createCompletions({
    vault: { candidates: async () => [key], whyNone: async () => undefined },
    health: unused,
    egress: {
      async send() {
        frames.push(...framesOf(new Error('here')).slice(1));
        return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) };
      },
      stream: unused,
    },
    origins: { openai: 'https://api.openai.com' },
    pacing: { observe: async () => undefined },
    guard: UNGUARDED,
    now: () => 0,
  });
  const { audit } = createMemoryAudit();
  const invoke = createInvoke({
    failoverTargets: async () => [],
    audit,
    completions,
    todos: unused,
    status: unused,
    admit: async () => undefined,
    admitProvider: async () => undefined,
    account: () => ({
      reserve: (_estimate, write) => write([]),
      async settle(_ending, write) {
        await write([], undefined);
        return undefined;
      },
    }),
    beginIdempotentRequest: unused,
    lookUpResponse: unused,
    alternatives: async () => [],
    recordRejection: async () => undefined,
    findBuiltIn: loadBuiltIn,
    findRegistered: async () => undefined,
    now: () => 0,
  });
  return { frames, invoke };
}

it('a tool call passes few functions between its route and the request to a provider', async () => {
  const { frames, invoke } = given();
  const done = await invoke({
    toolName: 'ai_chat',
    parameters: { messages: [{ role: 'user', content: 'Hello' }], model: 'gpt-5' },
    principal: principalNamed('alice'),
    requestId: 'r1',
    deadline: deadlineIn(60_000, () => 0),
  });
  expect(done).toMatchObject({ ok: true, result: { text: 'Hello.' } });
  const own = frames.filter((frame) => frame.includes('/shared/') && !frame.includes('/test/'));
  expect(own.length).toBeGreaterThan(3);
  expect(own.length).toBeLessThanOrEqual(MAX_FRAMES);
});
