import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { readsFirst } from '#shared/tools/admission.ts';
import { createInvoke } from '#shared/tools/invoke.ts';
import { loadBuiltIn } from '#shared/tools/load-built-in.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import type { Tool } from '#shared/tools/tool.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';

const limited = new AppError('rate_limited');
const annotations = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true };

const toolThat = (run: Tool['run'], more: Partial<Tool> = {}): Tool => ({
  name: 'test_tool',
  title: 'Test',
  description: 'A test.',
  input: z.object({}),
  output: z.object({}),
  annotations,
  examples: [],
  requiresKey: 'ai',
  run,
  ...more,
});

/** Invocations with an admission that the test decides, and what happened in which order. */
function given(models?: readonly string[]) {
  const seen: string[] = [];
  const admission = Promise.withResolvers<void>();
  const unused = {} as never;
  const { audit } = createMemoryAudit();
  const invoke = createInvoke({
    failoverTargets: async () => [],
    audit: { ...audit, commit: async ({ result }) => void seen.push(result) },
    todos: unused,
    completions: unused,
    status: unused,
    admit: () => admission.promise,
    admitProvider: async () => undefined,
    account: () => ({
      reserve: (_estimate, commit) => commit([]),
      async settle(_ending, commit) {
        await commit([], undefined);
        return undefined;
      },
    }),
    beginIdempotentRequest: unused,
    lookUpResponse: unused,
    alternatives: async () => [],
    recordRejection: async ({ code }) => void seen.push(`rejected ${code}`),
    findBuiltIn: loadBuiltIn,
    findRegistered: async () => undefined,
    now: () => 0,
  });
  const reading = toolThat(async (_input, { begin }) => {
    seen.push('read');
    await begin({ provider: 'openai', model: 'm' });
    return { output: {} };
  });
  const call = (tool: Tool = reading) =>
    invoke({
      toolName: tool.name,
      tool,
      parameters: {},
      principal: principalNamed('alice', { models }),
      requestId: 'r1',
      deadline: deadlineIn(60_000, () => 0),
    });
  return { seen, admission, call };
}

describe('a tool that works with a key', () => {
  it('reads while its caller is being admitted, and begins afterwards', async () => {
    const { seen, admission, call } = given();
    const done = call();
    await new Promise(setImmediate);
    expect(seen).toEqual(['read']);
    seen.push('admitted');
    admission.resolve();
    expect(await done).toMatchObject({ ok: true });
    expect(seen).toEqual(['read', 'admitted', 'attempted', 'succeeded']);
  });

  it('begins nothing for a caller who is not admitted', async () => {
    const { seen, admission, call } = given();
    admission.reject(limited);
    expect(await call()).toMatchObject({ ok: false, error: limited });
    expect(seen).toEqual(['read', 'rejected rate_limited']);
  });

  it('calls no other tool for a caller who is not admitted', async () => {
    const { seen, admission, call } = given();
    admission.reject(limited);
    const calling = toolThat(async (_input, { also }) => {
      await also('time_now', {});
      return { output: {} };
    });
    expect(await call(calling)).toMatchObject({ ok: false, error: limited });
    expect(seen).toEqual(['rejected rate_limited']);
  });

  it.each<[string, Tool['run']]>([
    ['fails', () => Promise.reject(new AppError('key_missing'))],
    [
      'throws before it returns a promise',
      () => {
        throw new AppError('key_missing');
      },
    ],
    ['ends', async () => ({ output: {} })],
  ])('reports that its caller was not admitted where it %s', async (_name, run) => {
    const { admission, call } = given();
    const done = call(toolThat(run));
    admission.reject(limited);
    expect(await done).toMatchObject({ ok: false, error: limited });
  });

  it('reports its own failure to an admitted caller', async () => {
    const { admission, call } = given();
    admission.resolve();
    const failing = toolThat(() => Promise.reject(new AppError('key_missing')));
    expect(await call(failing)).toMatchObject({ ok: false, error: { code: 'key_missing' } });
  });

  it('begins only with a model that the personal access token of its caller allows', async () => {
    const allowed = given(['m']);
    const denied = given(['other']);
    for (const { admission } of [allowed, denied]) admission.resolve();
    expect(await allowed.call()).toMatchObject({ ok: true });
    expect(await denied.call()).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(denied.seen).not.toContain('attempted');
  });

  it('is the only kind that does not wait', () => {
    const waiting = ['ai_chat', 'todo_create', 'time_now'].filter(
      (name) => !readsFirst(TOOLS.find((tool) => tool.name === name) ?? {}),
    );
    expect(waiting).toEqual(['todo_create', 'time_now']);
  });
});
