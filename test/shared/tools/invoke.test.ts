// The one path of a tool call, with ports in memory: what is recorded, in which order, and what leaves.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import type { AuditDraft } from '#shared/audit/audit.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { createInvoke } from '#shared/tools/invoke.ts';
import type { Tool } from '#shared/tools/tool.ts';

const CANARY = 'canary-7f3a-secret';

const principal: Principal = {
  ownerId: 'a'.repeat(27) as OwnerId,
  issuer: 'https://issuer.example',
  subject: 'alice',
  scopes: ['tools:call'],
  roles: ['user'],
  sessionId: 's_one',
  client: undefined,
  expiresAt: 0,
  issuedAt: 0,
  signedInAt: 0,
};

const toolOf = (run: Tool['run'], more: Partial<Tool> = {}): Tool => ({
  name: 'test_tool',
  title: 'Test',
  description: 'A test.',
  input: z.strictObject({ text: z.string().optional() }),
  output: z.object({ text: z.string() }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  examples: [],
  run,
  ...more,
});
const tooMuch = async () => ({ output: { text: 'fine', secret: CANARY } });
const done = { output: { text: 'fine' } };

type Faults = { attempt?: unknown; outcome?: unknown; admission?: AppError };

function given(faults: Faults = {}) {
  const steps: string[] = [];
  const drafts: AuditDraft[] = [];
  const record = (draft: AuditDraft) => {
    drafts.push(draft);
    steps.push(`${draft.act} ${draft.result}${draft.code === undefined ? '' : ` ${draft.code}`}`);
  };
  const commit = async (draft: AuditDraft) => {
    const fault = draft.result === 'attempted' ? faults.attempt : faults.outcome;
    if (fault !== undefined) throw fault;
    record(draft);
  };
  const unused = {} as never;
  const invoke = createInvoke({
    failoverTargets: async () => [],
    audit: { commit, record: () => unused },
    todos: unused,
    completions: unused,
    status: unused,
    admit: async () => {
      steps.push('admitted');
      if (faults.admission) throw faults.admission;
    },
    admitProvider: async () => void steps.push('admitted at the provider'),
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
    recordRejection: async (draft) => record(draft),
    findBuiltIn: async () => undefined,
    findRegistered: async () => undefined,
    now: Date.now,
  });
  const call = (tool: Tool | undefined, parameters: unknown = {}, more: object = {}) =>
    invoke({
      toolName: tool?.name ?? CANARY,
      tool,
      parameters,
      principal,
      requestId: 'r1',
      deadline: { signal: AbortSignal.timeout(60_000), remainingMs: () => 60_000 },
      ...more,
    });
  return { steps, drafts, call };
}

const asking =
  (steps: string[], more: () => unknown = () => undefined): Tool['run'] =>
  async (_input, { begin, onUse }) => {
    await begin({ provider: 'openai', model: 'm' });
    onUse({ provider: 'openai', kid: 'k', version: 1 });
    steps.push('called outside');
    await more();
    return done;
  };

describe('a tool call that goes outside', () => {
  it('is admitted, attempted, made and recorded, in this order', async () => {
    const { steps, drafts, call } = given();
    expect(await call(toolOf(asking(steps)))).toMatchObject({ ok: true, result: { text: 'fine' } });
    expect(steps).toEqual([
      'admitted',
      'admitted at the provider',
      'tool.called attempted',
      'called outside',
      'tool.called succeeded',
    ]);
    expect(drafts[1]?.keys).toEqual([{ provider: 'openai', kid: 'k', version: 1 }]);
  });

  it('is not made where its attempt cannot be recorded', async () => {
    const { steps, call } = given({ attempt: new Error(CANARY) });
    const answer = await call(toolOf(asking(steps)));
    expect(answer).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(steps).not.toContain('called outside');
  });

  it.each<[string, unknown, string]>([
    ['is rejected by its provider', new AppError('rate_limited'), 'refused rate_limited'],
    ['fails at its provider', new AppError('upstream_failed'), 'failed upstream_failed'],
    ['meets a bug', new Error(CANARY), 'failed internal'],
  ])('leaves its outcome and the key it used where it %s', async (_how, fault, recorded) => {
    const { steps, drafts, call } = given();
    const run = asking(steps, () => {
      throw fault;
    });
    expect(await call(toolOf(run))).toMatchObject({ ok: false });
    expect(steps.at(-1)).toBe(`tool.called ${recorded}`);
    expect(drafts.map(({ result }) => result)).toEqual(['attempted', recorded.split(' ')[0]]);
    expect(drafts[1]?.keys).toHaveLength(1);
  });

  it('is not reported as done where its outcome cannot be recorded', async () => {
    const { steps, call } = given({ outcome: new AppError('unavailable') });
    await expect(call(toolOf(asking(steps)))).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a tool call', () => {
  it('hands on nothing that its output schema does not name', async () => {
    const { call } = given();
    expect(await call(toolOf(tooMuch))).toMatchObject({ result: { text: 'fine' } });
    expect(JSON.stringify(await call(toolOf(tooMuch)))).not.toContain('canary');
  });

  it('fails where its result breaks the output schema, and shows nothing of it', async () => {
    const { call, steps } = given();
    const answer = await call(toolOf(async () => ({ output: { text: { [CANARY]: CANARY } } })));
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'internal', message: 'Internal error.' },
    });
    expect(String(answer.ok ? '' : answer.failure)).not.toContain('canary');
    expect(steps.at(-1)).toBe('tool.called failed internal');
  });

  it('shows nothing of what a bug says', async () => {
    const { call } = given();
    const answer = await call(
      toolOf(async () => {
        throw new Error(CANARY);
      }),
    );
    expect(JSON.stringify(answer.ok ? answer : [answer.error, answer.error.message])).not.toContain('canary');
  });

  it('of an unknown name is rejected, and the name is not recorded', async () => {
    const { call, drafts } = given();
    expect(await call(undefined)).toMatchObject({ ok: false, error: { code: 'unknown_tool' } });
    expect(drafts).toMatchObject([{ target: 'unknown', result: 'refused', code: 'unknown_tool' }]);
    expect(JSON.stringify(drafts)).not.toContain('canary');
  });

  it.each<[string, Partial<Tool>, Partial<Principal>]>([
    ['without the scope of all tools', {}, { scopes: ['todo:read'] }],
    ['without the tool’s own scope', { scope: 'todo:write' }, { scopes: ['tools:call'] }],
  ])('is rejected %s, before anything is admitted or run', async (_what, tool, who) => {
    const { call, steps } = given();
    const run = toolOf(asking(steps), tool);
    const answer = await call(run, {}, { principal: { ...principal, ...who } });
    expect(answer).toMatchObject({ ok: false, error: { code: 'insufficient_scope' } });
    expect(steps).toEqual(['tool.called refused insufficient_scope']);
  });

  it('with arguments that are not valid is rejected without quoting them', async () => {
    const { call, steps } = given();
    const answer = await call(toolOf(asking(steps)), { [CANARY]: CANARY, text: 5 });
    expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
    expect(JSON.stringify(answer)).not.toContain('canary');
    expect(steps).toEqual(['tool.called refused invalid_input']);
  });

  it('that comes too often is recorded as rejected, and not run', async () => {
    const { call, steps } = given({ admission: new AppError('rate_limited') });
    expect(await call(toolOf(asking(steps)))).toMatchObject({ ok: false, error: { code: 'rate_limited' } });
    expect(steps).toEqual(['admitted', 'tool.called refused rate_limited']);
  });
});
