// However a tool fails, its call ends: with an error, with a record, and with no rejection that nothing handles.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';

import type { AuditDraft } from '#shared/audit/audit.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { NOT_IDEMPOTENT } from '#shared/idempotency/idempotent-request.ts';
import { createInvoke } from '#shared/tools/invoke.ts';
import { definitionHash, type RegisteredTool } from '#shared/tools/registered.ts';
import { TOOLS } from '#shared/tools/registry.ts';
import type { Tool } from '#shared/tools/tool.ts';
import type { UpstreamPorts } from '#shared/registered-tools/ports.ts';
import { runnable } from '#shared/registered-tools/runnable.ts';
import { UNGUARDED } from '#test/support/unguarded.ts';

type Ports = Parameters<typeof createInvoke>[0];
const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => void process.off('unhandledRejection', note));
beforeEach(() => void unhandled.splice(0));

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

/** An invoke path whose trail is a list. */
function given(more: Partial<Ports> = {}) {
  const trail: string[] = [];
  const write = async ({ result, code }: AuditDraft) =>
    void trail.push([result, code].filter(Boolean).join(' '));
  const ports = {
    audit: { commit: write },
    recordRejection: write,
    admit: async () => undefined,
    admitProvider: async () => undefined,
    account: () => ({
      reserve: (_intent: unknown, commit: (writes: unknown[]) => Promise<void>) => commit([]),
      settle: async (_end: unknown, commit: (writes: unknown[]) => Promise<void>) => {
        await commit([]);
      },
    }),
    beginIdempotentRequest: async () => NOT_IDEMPOTENT,
    alternatives: async () => [],
    findRegistered: async () => undefined,
    now: Date.now,
    ...more,
  } as unknown as Ports;
  const invoke = createInvoke(ports);
  const principal = { ownerId: 'u', roles: ['user'], scopes: ['tools:call'] } as unknown as Principal;
  const call = (tool: Tool, parameters: unknown = {}) =>
    invoke({ toolName: tool.name, tool, parameters, principal, requestId: 'r', deadline: deadlineIn(5000) });
  return { trail, call };
}

const tool = (run: Tool['run'], more: Partial<Tool> = {}): Tool => ({
  name: 'a_tool',
  title: 'A tool',
  description: 'Fails.',
  input: z.looseObject({}),
  output: z.object({ done: z.boolean() }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  examples: [],
  run,
  ...more,
});
const thrown = (value: unknown) => () => {
  throw value;
};
const INTENT = { provider: 'x-a', model: 'a_tool' };

const FAILURES: Readonly<Record<string, Tool>> = {
  'throws before it returns a promise': tool(thrown(new Error('a bug'))),
  'throws nothing that is an error': tool(thrown(undefined)),
  rejects: tool(() => Promise.reject(new TypeError('a bug'))),
  'rejects with a text': tool(() => Promise.reject('a bug')),
  'returns no promise': tool((() => ({ output: { done: true } })) as unknown as Tool['run']),
  'returns nothing': tool((async () => undefined) as unknown as Tool['run']),
  'returns a result that breaks its schema': tool(async () => ({ output: { done: 'yes' } })),
  'returns a result that cannot be read': tool(async () => ({
    output: {
      get done() {
        return thrown(new Error('a bug'))();
      },
    },
  })),
  'has an input schema that throws': tool(async () => ({ output: { done: true } }), {
    input: z.looseObject({}).superRefine(thrown(new RangeError('a bug'))) as unknown as Tool['input'],
  }),
  'throws while it is being admitted': tool(thrown(new Error('a bug')), { requiresKey: 'ai' }),
};

describe('a call of a tool that fails', () => {
  it.each(Object.entries(FAILURES))(
    'ends with an error and its record where the tool %s',
    async (name, failing) => {
      const { trail, call } = given();
      const { ok } = await call(failing);
      const works = name === 'returns no promise';
      expect([ok, trail]).toEqual([works, [works ? 'succeeded' : 'failed internal']]);
      await settled();
      expect(unhandled).toEqual([]);
    },
  );

  it.each(Object.entries(FAILURES))(
    'has its ATTEMPT before the failure where it began: the tool %s',
    async (_name, failing) => {
      const { trail, call } = given();
      const answer = await call({
        ...failing,
        async run(input, at) {
          await at.begin(INTENT);
          return failing.run(input, at);
        },
      });
      const began = failing !== FAILURES['has an input schema that throws'];
      expect(trail).toEqual([...(began ? ['attempted'] : []), answer.ok ? 'succeeded' : 'failed internal']);
      await settled();
      expect(unhandled).toEqual([]);
    },
  );

  it('leaves no rejection of its admission behind, whatever the tool does meanwhile', async () => {
    const limited = new AppError('rate_limited');
    for (const failing of Object.values(FAILURES)) {
      const { call } = given({ admit: () => settled().then(thrown(limited)) });
      const answer = await call({ ...failing, requiresKey: 'ai' });
      expect(answer.ok).toBe(false);
    }
    await settled();
    expect(unhandled).toEqual([]);
  });
});

const registered = (inputSchema: object, outputSchema?: object): RegisteredTool => {
  const definition = {
    title: 'Ask',
    description: 'Asks.',
    inputSchema: { ...inputSchema },
    ...(outputSchema && { outputSchema: { ...outputSchema }, results: 'validated' as const }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    examples: [],
    source: {
      kind: 'http' as const,
      method: 'GET' as const,
      url: 'https://a.example/x',
      parameters: [],
      answer: 'as_it_is' as const,
    },
  };
  const at = new Date(0).toISOString();
  return {
    fmt: 1,
    name: 'a__ask',
    alias: 'a',
    shared: false,
    owner: 'u' as RegisteredTool['owner'],
    state: 'active',
    version: 1,
    definition,
    hash: definitionHash(definition),
    createdAt: at,
    updatedAt: at,
    revision: 1,
  };
};
const upstream = {
  egress: { send: async () => ({ status: 200, headers: {}, body: Buffer.from('{"a":1}') }) },
  guard: UNGUARDED,
} as unknown as UpstreamPorts;

describe('a call of a registered tool', () => {
  it.each([
    [
      'arguments that break its schema',
      { type: 'object', required: ['a'] },
      undefined,
      'refused invalid_input',
    ],
    [
      'a stored schema that answers with a promise',
      { $async: true, type: 'object', required: ['a'] },
      undefined,
      'failed internal',
    ],
    [
      'a stored schema that cannot be compiled',
      { type: 'object', properties: { a: { enum: [] } } },
      undefined,
      'refused tool_inactive',
    ],
    [
      'a result schema that answers with a promise',
      { type: 'object' },
      { $async: true, type: 'object' },
      'failed internal',
    ],
    [
      'a result that breaks its schema',
      { type: 'object' },
      { type: 'object', required: ['b'] },
      'failed upstream_malformed',
    ],
    ['a result as it was promised', { type: 'object' }, { type: 'object', required: ['a'] }, 'succeeded'],
  ])('has its ATTEMPT before any schema of outside is applied: %s', async (_name, input, output, end) => {
    const { trail, call } = given();
    await call(runnable(registered(input, output), upstream));
    expect(trail).toEqual(['attempted', end]);
    await settled();
    expect(unhandled).toEqual([]);
  });

  it('names each argument that is wrong', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'object', properties: { b: { type: 'string' } } } },
      required: ['c'],
    };
    const { call } = given();
    const answer = await call(runnable(registered(schema), upstream), { a: {} });
    expect(answer).toMatchObject({
      error: { details: { issues: [{ path: 'parameters.c', message: 'is missing' }] } },
    });
  });
});

describe('a tool of ours', () => {
  it('that reaches outside is one that works with a key, whose ATTEMPT the providers write before it is opened', () => {
    const outside = TOOLS.filter(({ annotations }) => annotations.openWorldHint);
    expect(outside.map(({ requiresKey }) => requiresKey)).toEqual(outside.map(() => 'ai'));
  });
});
