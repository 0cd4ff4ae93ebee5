import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { readsFirst, whileAdmitting } from '#shared/tools/admission.ts';
import { findTool } from '#shared/tools/registry.ts';
import type { Tool, ToolCall } from '#shared/tools/tool.ts';

const limited = new AppError('rate_limited');

/** A tool that reads, begins and answers, and what happened in which order. */
function watched(run?: Tool['run']) {
  const seen: string[] = [];
  const call = {
    begin: async () => void seen.push('begun'),
    also: async (name: string) => void seen.push(`also ${name}`),
  } as unknown as ToolCall;
  const tool: Pick<Tool, 'run'> = {
    run:
      run ??
      (async (_input, { begin }) => {
        seen.push('read');
        await begin({ provider: 'openai', model: 'm' });
        return { output: {} };
      }),
  };
  return { seen, call, tool };
}

describe('a tool that works with a key', () => {
  it('reads while its caller is being admitted, and begins afterwards', async () => {
    const { seen, call, tool } = watched();
    const admission = Promise.withResolvers<void>();
    const done = whileAdmitting(admission.promise, tool)({}, call);
    await new Promise(setImmediate);
    expect(seen).toEqual(['read']);
    seen.push('admitted');
    admission.resolve();
    expect(await done).toEqual({ output: {} });
    expect(seen).toEqual(['read', 'admitted', 'begun']);
  });

  it('begins nothing for a caller who is not admitted', async () => {
    const { seen, call, tool } = watched();
    await expect(whileAdmitting(Promise.reject(limited), tool)({}, call)).rejects.toBe(limited);
    expect(seen).toEqual(['read']);
  });

  it('calls no other tool for a caller who is not admitted', async () => {
    const { seen, call, tool } = watched(async (_input, { also }) => {
      await also('ai_chat', {});
      return { output: {} };
    });
    await expect(whileAdmitting(Promise.reject(limited), tool)({}, call)).rejects.toBe(limited);
    expect(seen).toEqual([]);
  });

  it('tells that its caller was not admitted, whatever became of it', async () => {
    const failing = watched(() => Promise.reject(new AppError('key_missing')));
    const { tool, call } = failing;
    await expect(whileAdmitting(Promise.reject(limited), tool)({}, call)).rejects.toBe(limited);
    const ending = watched(() => Promise.resolve({ output: {} }));
    await expect(whileAdmitting(Promise.reject(limited), ending.tool)({}, ending.call)).rejects.toBe(limited);
    await expect(whileAdmitting(Promise.resolve(), tool)({}, call)).rejects.toMatchObject({
      code: 'key_missing',
    });
  });

  it('is the only kind that does not wait', () => {
    const waiting = ['ai_chat', 'todo_create', 'time_now'].filter(
      (name) => !readsFirst(findTool(name) ?? {}),
    );
    expect(waiting).toEqual(['todo_create', 'time_now']);
  });
});
