import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import type { Principal } from '#shared/auth/principal.ts';
import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { failoverTargets } from '#shared/providers/failover-targets.ts';
import type { Preference } from '#shared/providers/preference.ts';
import { createInvoke, type Invocation } from '#shared/tools/invoke.ts';
import { defineTool, type ToolCall } from '#shared/tools/tool.ts';

const DOWN = new AppError('upstream_failed', 'down', { provider: 'openai', upstream_status: 503 });
const ALLOWED: Preference = {
  failover: {
    allowed: true,
    providers: ['google', 'anthropic', 'openai'],
    models: { anthropic: { 'gpt-4.1': 'claude-x' } },
  },
  default_models: { google: 'gemini-x' },
};

/** A tool that answers for some providers, and records of its calls. */
function given(answers: Record<string, AppError | string>, preference: Preference = ALLOWED) {
  const records: string[] = [];
  const chat = defineTool({
    name: 'some_chat',
    title: 'Chat',
    description: 'Chat',
    input: z.object({ provider: z.string(), model: z.string().optional() }),
    output: z.object({ text: z.string() }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    examples: [],
    retarget: { modelOf: ({ model }) => model, to: (input, target) => ({ ...input, ...target }) },
    async run({ provider, model = 'default' }, call) {
      await call.begin({ provider, model });
      const answer = answers[`${provider}/${model}`] ?? answers[provider] ?? 'none';
      if (answer instanceof AppError) throw answer;
      await call.sink?.(`${provider} piece`);
      if (answer === 'breaks') throw DOWN;
      return { output: { text: answer } };
    },
  });
  const unused = undefined as never;
  const invoke = createInvoke({
    audit: {
      record: () => unused,
      commit: async ({ requestId, result }) => void records.push(`${requestId} ${result}`),
    },
    recordRejection: async ({ requestId, result }) => void records.push(`${requestId} ${result}`),
    account: () => ({
      reserve: async (_estimate, commit) => commit([]),
      async settle(ending, commit) {
        await commit([], undefined);
        return 'served' in ending ? { cost_micro_usd: 7 } : undefined;
      },
    }),
    todos: unused,
    completions: unused,
    status: unused,
    admit: async () => undefined,
    admitProvider: async () => undefined,
    beginIdempotentRequest: unused,
    lookUpResponse: unused,
    findBuiltIn: async () => chat,
    findRegistered: async () => undefined,
    alternatives: async () => [],
    failoverTargets: async (_owner, failed) => failoverTargets(preference, failed),
    now: () => 0,
  });
  const principal = { ownerId: 'u', roles: ['user'], scopes: ['tools:call'] } as unknown as Principal;
  const call = (parameters: object, more: Partial<Invocation> = {}) =>
    invoke({
      toolName: 'some_chat',
      parameters,
      principal,
      requestId: 'r',
      deadline: deadlineIn(5000),
      ...more,
    });
  return { call, records };
}

describe('a call whose provider fails', () => {
  it('is served by the next provider that its owner allows, with a record of each', async () => {
    const { call, records } = given({ openai: DOWN, google: DOWN, 'anthropic/claude-x': 'hello' });
    expect(await call({ provider: 'openai', model: 'openai/gpt-4.1' })).toMatchObject({
      ok: true,
      result: { text: 'hello' },
      mode: 'failover',
      reason: 'upstream_failed',
      cached: false,
      requestId: 'r',
      usage: { cost_micro_usd: 7 },
      attempts: [
        { provider: 'openai', code: 'upstream_failed' },
        { provider: 'google', model: 'gemini-x', code: 'upstream_failed' },
        { provider: 'anthropic', model: 'claude-x', code: 'answered' },
      ],
    });
    expect(records).toEqual([
      'r attempted',
      'r.f1 attempted',
      'r.f1 failed',
      'r.f2 attempted',
      'r.f2 succeeded',
      'r succeeded',
    ]);
  });

  it('fails where the owner has not allowed it, and calls nothing else', async () => {
    for (const preference of [{}, { failover: { allowed: false, providers: ['google'] } }]) {
      const { call, records } = given({ openai: DOWN }, preference);
      expect(await call({ provider: 'openai' })).toMatchObject({
        ok: false,
        error: { code: 'upstream_failed' },
      });
      expect(records).toEqual(['r attempted', 'r failed']);
    }
  });

  it('fails with all attempts and its first error once no provider is left', async () => {
    const gone = new AppError('key_missing', 'none', { provider: 'google' });
    const { call } = given({ openai: DOWN, google: gone, anthropic: DOWN });
    expect(await call({ provider: 'openai' })).toMatchObject({
      ok: false,
      error: {
        code: 'upstream_failed',
        details: {
          mode: 'degraded',
          attempts: [
            { provider: 'openai' },
            { provider: 'google', code: 'key_missing' },
            { provider: 'anthropic' },
          ],
        },
      },
    });
  });

  it.each([
    new AppError('upstream_refused', 'no', { provider: 'openai' }),
    new AppError('key_missing', 'no', { provider: 'openai' }),
    new AppError('budget_exceeded', 'no', { provider: 'openai' }),
    new AppError('rate_limited', 'our own limit', { scope: 'owner' }),
    new AppError('kms_unavailable'),
  ])('is not sent to another one for $code', async (error) => {
    const { call, records } = given({ openai: error });
    expect(await call({ provider: 'openai' })).toMatchObject({ ok: false, error: { code: error.code } });
    expect(records.filter((record) => record.startsWith('r.f'))).toEqual([]);
  });

  it('is not sent again once a part of the answer was', async () => {
    const { call, records } = given({ openai: 'breaks', google: 'hello' });
    const pieces: unknown[] = [];
    const sink: ToolCall['sink'] = async (piece) => void pieces.push(piece);
    expect(await call({ provider: 'openai' }, { sink })).toMatchObject({ ok: false });
    expect(pieces).toEqual(['openai piece']);
    expect(records).toEqual(['r attempted', 'r failed']);
  });

  it('streams the answer of the other provider, after its caller has heard of the mode', async () => {
    const { call } = given({ openai: DOWN, google: 'hello' });
    const seen: unknown[] = [];
    const sink: ToolCall['sink'] = async (piece) => void seen.push(piece);
    await call({ provider: 'openai' }, { sink, onServed: ({ mode }) => void seen.push(mode) });
    expect(seen).toEqual(['failover', 'google piece']);
  });
});
