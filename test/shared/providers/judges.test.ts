// Outgoing requests are valid for their target, by judges that are not ours: the providers' published schemas and the types of their
// official clients.
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, describe, expect, it } from 'vitest';

import { strictChunk, strictCompletion } from '#shared/providers/chat-answer.ts';

import { hasSpecs, validatorOf } from '#test/support/published-schema.ts';

import { CASES } from './cases.ts';
import { adapter, PROVIDERS, type ProviderName, streamed, translated } from './translated.ts';

const stamp = (object: string) => ({ id: 'x', object, created: 1, model: 'm' });

const bodies = (id: ProviderName) => CASES.map(([name, body]) => [name, translated(id, body).body] as const);

describe.skipIf(!hasSpecs)('the published schema (skipped without ../shared/specs)', () => {
  it.each<[ProviderName, string, string]>([
    ['openai', 'openai.json', 'CreateChatCompletionRequest'],
    ['compatible', 'openai.json', 'CreateChatCompletionRequest'],
    ['mistral', 'mistral.json', 'ChatCompletionRequest'],
  ])('of %s takes every request', (id, document, name) => {
    const validate = validatorOf(document, name);
    for (const [title, body] of bodies(id))
      expect([title, validate(body), validate.errors]).toEqual([title, true, null]);
    expect(validate({ model: 'm', messages: [{ role: 'nobody' }] })).toBe(false);
  });

  const answers: Readonly<Record<ProviderName, unknown>> = {
    openai: {
      id: 'a',
      created: 1,
      model: 'm',
      choices: [{ message: { content: 'x' }, finish_reason: 'stop' }],
    },
    compatible: {
      id: null,
      choices: [{ message: { content: null, tool_calls: [{ function: { name: 'f', arguments: {} } }] } }],
      usage: {},
    },
    mistral: {
      id: 'a',
      model: 'm',
      choices: [{ message: { content: 'x' }, finish_reason: 'model_length' }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    },
    anthropic: {
      id: 'a',
      model: 'm',
      content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }],
      stop_reason: 'tool_use',
      usage: { input_tokens: 1, output_tokens: 2 },
    },
    google: {
      candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'LANGUAGE' }],
      usageMetadata: { promptTokenCount: 1 },
    },
  };

  it.each(PROVIDERS)('of OpenAI takes every answer of %s', (id) => {
    const validate = validatorOf('openai.json', 'CreateChatCompletionResponse');
    const {
      id: _id,
      model: _model,
      created: _created,
      ...answer
    } = strictCompletion(adapter(id).reply(answers[id]));
    const whole = JSON.parse(JSON.stringify({ ...stamp('chat.completion'), ...answer }));
    expect([validate(whole), validate.errors]).toEqual([true, null]);
  });

  const events: Readonly<Record<ProviderName, readonly object[]>> = {
    openai: [
      {
        id: 'a',
        created: 1,
        model: 'm',
        choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }],
      },
    ],
    compatible: [
      { id: null, choices: [{ delta: null }], usage: {} },
      { choices: [{ delta: { tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{}' } }] } }] },
    ],
    mistral: [
      {
        id: 'a',
        model: 'm',
        choices: [{ index: 0, delta: { content: 'x' }, finish_reason: 'model_length' }],
      },
    ],
    anthropic: [
      { type: 'message_start', message: { id: 'a', model: 'm', usage: {} } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
      },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
      { type: 'message_stop' },
    ],
    google: [
      {
        responseId: 'a',
        candidates: [{ content: { parts: [{ functionCall: { name: 'f' } }] }, finishReason: 'STOP' }],
        usageMetadata: {},
      },
    ],
  };

  it.each(PROVIDERS)('of OpenAI takes every chunk of %s', (id) => {
    const validate = validatorOf('openai.json', 'CreateChatCompletionStreamResponse');
    const chunks = streamed(id, events[id]).map(strictChunk);
    expect(chunks.length).toBeGreaterThan(0);
    for (const chunk of chunks) {
      const whole = JSON.parse(JSON.stringify({ ...chunk, ...stamp('chat.completion.chunk') }));
      expect([whole, validate(whole), validate.errors]).toEqual([whole, true, null]);
    }
  });
});

/** Types of the official clients, as literals: their enums are written as words. */
const HEAD = `
import type { MessageCreateParams } from '@anthropic-ai/sdk/resources/messages';
import type { Content, GenerationConfig, Tool, ToolConfig } from '@google/genai';
import type { ChatCompletionRequest$Outbound } from '@mistralai/mistralai/models/components';

type Literal<T> = T extends string ? \`\${T}\` : T extends (infer U)[] ? Literal<U>[] : T extends object ? { [K in keyof T]: Literal<T[K]> } : T;
/** The current client has no types for these; the models that take them still do. */
type Sampling = { temperature?: number; top_p?: number; top_k?: number };
type anthropic = MessageCreateParams & Sampling;
type google = {
  contents: Literal<Content>[];
  systemInstruction?: Literal<Content>;
  tools?: Literal<Tool>[];
  toolConfig?: Literal<ToolConfig>;
  generationConfig: Literal<GenerationConfig>;
};
/** Fields that the client fills in itself, because they have a default. */
type Default = 'stream' | 'index' | 'closed' | 'prefix';
type Given<T> = T extends (infer U)[] ? Given<U>[]
  : T extends object ? { [K in keyof T as K extends Default ? never : K]: Given<T[K]> } & { [K in keyof T as K extends Default ? K : never]?: Given<T[K]> }
  : T;
type mistral = Given<ChatCompletionRequest$Outbound>;
`;

const isExpected = (line: string) => line.includes('no_such_field');

const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
/** Below the project, so that its packages are found. */
const folder = join(import.meta.dirname, `../../../node_modules/.cache/judges-${process.pid}`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Mistakes that the compiler finds, by the line they stand in. */
async function mistakesIn(lines: readonly string[]): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'bodies.ts');
  writeFileSync(file, [...HEAD.split('\n'), ...lines].join('\n'));
  const options = [
    '--noEmit',
    '--ignoreConfig',
    '--strict',
    '--skipLibCheck',
    '--target',
    'es2024',
    '--module',
    'nodenext',
    '--types',
    'node',
  ];
  const done = await promisify(execFile)(process.execPath, [tsc, ...options, file], {
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  return done.stdout.split('\n').filter((line) => line.includes('error TS'));
}

describe('the types of the official clients', () => {
  const typed = ['anthropic', 'google', 'mistral'] as const;
  it('take every request, and no other', { timeout: 120_000 }, async () => {
    const lines = typed.flatMap((id) =>
      bodies(id).map(
        ([title, body], at) => `export const ${id}${at}: ${id} = ${JSON.stringify(body)}; // ${title}`,
      ),
    );
    const wrong = typed.map((id) => `export const wrong_${id}: ${id} = { ...${id}0, no_such_field: 1 };`);
    const mistakes = await mistakesIn([...lines, ...wrong]);
    expect(mistakes.filter((line) => !isExpected(line))).toEqual([]);
    expect(mistakes.filter(isExpected)).toHaveLength(typed.length);
  });
});
