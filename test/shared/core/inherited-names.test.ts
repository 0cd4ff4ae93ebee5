// Names that every object inherits, where a name comes from outside: each is a name like others, and nothing inherited is read.
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { finishOf } from '#shared/providers/anthropic/response.ts';
import { finishWord } from '#shared/providers/chat-answer.ts';
import { createCompletions } from '#shared/providers/completions.ts';
import type { Intent } from '#shared/providers/completion-call.ts';
import { buildHttpRequest } from '#shared/registered-tools/http-operation.ts';
import { createRemovals } from '#shared/registered-tools/removals.ts';
import { lintSchema } from '#shared/registered-tools/schema-lint.ts';
import { checkSchema, validatorOf } from '#shared/registered-tools/validator.ts';
import { differenceOf } from '#shared/tools/difference.ts';
import type { HttpOperation } from '#shared/tools/registered.ts';
import { UNGUARDED } from '#test/support/unguarded.ts';

const INHERITED = ['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'];
const TEXT = { type: 'string' };
const objectOf = (name: string, value: unknown) => Object.fromEntries([[name, value]]);

function accepted(schema: unknown) {
  const clean = lintSchema(schema, 'input_schema', createRemovals());
  checkSchema(clean, 'input_schema');
  return validatorOf(clean);
}

async function estimateOf(type: string): Promise<Intent | undefined> {
  let intent: Intent | undefined;
  const key = { provider: 'openai' as ProviderId, kid: 'k'.repeat(22) as Kid, version: 1 };
  const completions = createCompletions({
    vault: {
      candidates: async () => [{ ...key, open: async () => ({ secret: new Secret('sk-1'), origin: '' }) }],
      whyNone: async () => undefined,
    },
    egress: {
      send: async () => ({ status: 500, headers: {}, body: Buffer.from('{}') }),
      stream: () => Promise.reject(new Error('Nothing here streams.')),
    },
    origins: { openai: 'https://api.openai.com' },
    health: { renew: async () => 'failed', markInvalid: async () => {}, markSuspect: async () => {} },
    pacing: { observe: async () => {} },
    guard: UNGUARDED,
    now: Date.now,
  });
  const begin = async (asked: Intent) => void (intent = asked);
  const call = {
    owner: 'u'.repeat(27) as OwnerId,
    requestId: 'r',
    deadline: deadlineIn(1000),
    begin,
    onUse() {},
  };
  const content = [{ type }] as never;
  await completions.chat({ messages: [{ role: 'user', content }] }, call).catch(() => undefined);
  return intent;
}

describe.each(INHERITED)('the inherited name %s', (name) => {
  const properties = objectOf(name, TEXT);

  it('may name a property of a schema, which is checked as one of its own', () => {
    const optional = accepted({ type: 'object', properties });
    expect(optional({})).toEqual([]);
    expect(optional(objectOf(name, 'a'))).toEqual([]);
    expect(optional(objectOf(name, 1))).toMatchObject([{ path: name }]);
  });

  it('is missing where it is required and not given', () => {
    const required = accepted({ type: 'object', properties, required: [name], additionalProperties: false });
    expect(required({})).toMatchObject([{ path: name, message: 'is missing' }]);
    expect(required(objectOf(name, 'a'))).toEqual([]);
  });

  it('is unknown where no property has it', () => {
    expect(accepted({ type: 'object', additionalProperties: false })(objectOf(name, 'a'))).toHaveLength(1);
  });

  it.each(['query', 'header'] as const)('is left out of a request where no %s argument has it', (place) => {
    const operation: HttpOperation = {
      kind: 'http',
      method: 'GET',
      url: 'https://api.example.com/a',
      parameters: [{ name, in: place }],
      answer: 'as_it_is',
    };
    const without = buildHttpRequest(operation, {});
    expect(without.url).toBe('https://api.example.com/a');
    expect(Object.keys(without.headers)).toEqual(['accept']);
    const sent = buildHttpRequest(operation, objectOf(name, 'given'));
    expect(place === 'query' ? sent.url : sent.headers[name.toLowerCase()]).toContain('given');
  });

  it('is sent as a body only where it is given', () => {
    const operation: HttpOperation = {
      kind: 'http',
      method: 'POST',
      url: 'https://api.example.com/a',
      parameters: [],
      body: name,
      answer: 'as_it_is',
    };
    expect(buildHttpRequest(operation, {}).body).toBeUndefined();
    expect(buildHttpRequest(operation, objectOf(name, [1])).body).toBe('[1]');
  });

  it('is shown as added where a definition gains it', () => {
    expect(differenceOf({}, properties)).toEqual([{ path: name, approved: null, now: JSON.stringify(TEXT) }]);
  });

  it('is no reason that a provider stops for', () => {
    expect(finishOf(name)).toBe('stop');
    expect(finishWord(name, false)).toBe('stop');
  });

  it('as the type of a content part does not change the size that a call is charged by', async () => {
    const [plain, odd] = [await estimateOf('x'.repeat(name.length)), await estimateOf(name)];
    expect(plain?.inputBytes).toEqual(expect.any(Number));
    expect(odd?.inputBytes).toBe(plain?.inputBytes);
  });
});
