// A result that its route cannot return: charged by what the provider counted, recorded as failed, and kept nowhere as done.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { fitsBuffered } from '#functions/edge/response.ts';
import type { AuditDraft } from '#shared/audit/audit.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { deadlineIn } from '#shared/core/deadline.ts';
import { NOT_IDEMPOTENT } from '#shared/idempotency/idempotent-request.ts';
import { createInvoke } from '#shared/tools/invoke.ts';
import type { Tool } from '#shared/tools/tool.ts';

const MEGABYTE = 1024 * 1024;
const META = { provider: 'openai', model: 'gpt-4.1', input_tokens: 12, output_tokens: 3_000_000 };

/** An invoke path that remembers its records, what it settles and what it commits. */
function given() {
  const records: AuditDraft[] = [];
  const endings: unknown[] = [];
  const committed: unknown[] = [];
  const commit = async (draft: AuditDraft, writes: readonly unknown[] = []) => {
    records.push(draft);
    committed.push(...writes);
  };
  const ports = {
    audit: { commit },
    recordRejection: commit,
    admit: async () => undefined,
    admitProvider: async () => undefined,
    account: () => ({
      reserve: (_intent: unknown, write: (writes: unknown[]) => Promise<void>) => write([]),
      async settle(ending: unknown, write: (writes: unknown[]) => Promise<void>) {
        endings.push(ending);
        await write([]);
      },
    }),
    beginIdempotentRequest: async () => NOT_IDEMPOTENT,
    alternatives: async () => [],
    findRegistered: async () => undefined,
    now: Date.now,
  } as unknown as Parameters<typeof createInvoke>[0];
  const principal = { ownerId: 'u', roles: ['user'], scopes: ['tools:call'] } as unknown as Principal;
  const call = (text: string, canReturn?: (result: unknown) => boolean) => {
    const tool: Tool = {
      name: 'large_tool',
      title: 'Large',
      description: 'Answers at length.',
      input: z.object({}),
      output: z.object({ text: z.string() }),
      annotations: {
        readOnlyHint: false,
        destructiveHint: false,
        idempotentHint: false,
        openWorldHint: true,
      },
      examples: [],
      async run(_input, { begin }) {
        await begin({ provider: 'openai', model: 'gpt-4.1' });
        return { output: { text }, meta: META, writes: ['a change' as never] };
      },
    };
    const deadline = deadlineIn(60_000);
    const made = { tool, parameters: {}, principal, requestId: 'r1', deadline, canReturn };
    return createInvoke(ports)({ toolName: tool.name, ...made });
  };
  return { records, endings, committed, call };
}

describe('a result of a tool', () => {
  it('that is too large for its route is an error, recorded as failed, and charged as the provider counted', async () => {
    const { records, endings, committed, call } = given();
    expect(await call('x'.repeat(7 * MEGABYTE), fitsBuffered)).toMatchObject({
      ok: false,
      error: { code: 'upstream_malformed', details: { next_step: expect.stringContaining('POST /mcp') } },
    });
    expect(records.map(({ result, code }) => [result, code])).toEqual([
      ['attempted', undefined],
      ['failed', 'upstream_malformed'],
    ]);
    expect(records[1]?.meta).toEqual(META);
    expect(endings).toEqual([{ served: META }]);
    expect(committed).toEqual([]);
  });

  it('that fits is returned, and so is any on a route that streams', async () => {
    const { records, committed, call } = given();
    expect(await call('x'.repeat(5 * MEGABYTE), fitsBuffered)).toMatchObject({ ok: true });
    expect(await call('x'.repeat(15 * MEGABYTE))).toMatchObject({ ok: true });
    expect(records.map(({ result }) => result)).toEqual(['attempted', 'succeeded', 'attempted', 'succeeded']);
    expect(committed).toEqual(['a change', 'a change']);
  });
});

describe('a buffered response', () => {
  it.each([
    ['letters', 'x', 1],
    ['quotation marks', '"', 4],
    ['line breaks', '\n', 3],
    ['control characters', '\u0001', 7],
    ['lone surrogates', '\ud800', 7],
    ['letters of two bytes', 'ü', 2],
  ])('takes as many %s as Lambda can return, escaped twice', (_name, char, bytes) => {
    const LIMIT = 6 * MEGABYTE + 100;
    const most = Math.floor((6 * MEGABYTE - 64 * 1024 - 100) / bytes);
    const text = char.repeat(most);
    expect(fitsBuffered({ text })).toBe(true);
    const headers = { 'content-type': 'application/json; charset=utf-8', more: 'x'.repeat(8192) };
    const returned = { statusCode: 200, headers, body: JSON.stringify({ result: { text }, success: true }) };
    expect(Buffer.byteLength(JSON.stringify(returned))).toBeLessThan(LIMIT);
    expect(fitsBuffered({ text: char.repeat(Math.ceil(LIMIT / bytes)) })).toBe(false);
  });
});
