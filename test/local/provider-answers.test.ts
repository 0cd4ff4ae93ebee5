// The local providers answer structured-output and tool requests with valid values, and always report usage.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exampleValue } from '#local/providers/example-value.ts';
import { type Providers, startProviders } from '#local/providers/providers.ts';

let providers: Providers;
beforeAll(async () => {
  providers = await startProviders({ port: 0 });
});
afterAll(() => providers.stop());

const headers = {
  'content-type': 'application/json',
  'x-api-key': 'k',
  'x-goog-api-key': 'k',
  authorization: 'Bearer k',
  'anthropic-version': '2023-06-01',
};
const schema = {
  type: 'object',
  properties: {
    city: { type: 'string', minLength: 3 },
    days: { type: 'integer', minimum: 2, maximum: 9 },
    unit: { enum: ['C', 'F'] },
    note: { type: 'string' },
  },
  required: ['city', 'days', 'unit'],
};
const isValid = (given: object, value: unknown) => new Ajv2020({ strict: false }).compile(given)(value);

type Dialect = {
  readonly path: string;
  readonly stream: string;
  readonly chat: (text: string, more: object) => object;
  readonly tools: (names: readonly string[]) => object;
  readonly force: (name: string) => object;
  readonly structured: object;
};
const functionsOf = (names: readonly string[]) => ({
  tools: names.map((name) => ({ type: 'function', function: { name, parameters: schema } })),
});
const DIALECTS: Readonly<Record<string, Dialect>> = {
  openai: {
    path: '/v1/chat/completions',
    stream: '/v1/chat/completions',
    chat: (content, more) => ({ model: 'm', messages: [{ role: 'user', content }], ...more }),
    tools: functionsOf,
    force: (name) => ({ tool_choice: { type: 'function', function: { name } } }),
    structured: { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } },
  },
  responses: {
    path: '/v1/responses',
    stream: '/v1/responses',
    chat: (input, more) => ({ model: 'm', input, ...more }),
    tools: (names) => ({ tools: names.map((name) => ({ type: 'function', name, parameters: schema })) }),
    force: (name) => ({ tool_choice: { type: 'function', name } }),
    structured: { text: { format: { type: 'json_schema', name: 'n', schema } } },
  },
  anthropic: {
    path: '/v1/messages',
    stream: '/v1/messages',
    chat: (content, more) => ({ model: 'm', max_tokens: 99, messages: [{ role: 'user', content }], ...more }),
    tools: (names) => ({ tools: names.map((name) => ({ name, input_schema: schema })) }),
    force: (name) => ({ tool_choice: { type: 'tool', name } }),
    structured: { output_config: { format: { type: 'json_schema', schema } } },
  },
  google: {
    path: '/v1beta/models/gemini-2.5-flash:generateContent',
    stream: '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    chat: (text, more) => ({ contents: [{ role: 'user', parts: [{ text }] }], ...more }),
    tools: (names) => ({
      tools: [{ functionDeclarations: names.map((name) => ({ name, parametersJsonSchema: schema })) }],
    }),
    force: (name) => ({
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [name] } },
    }),
    structured: { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema } },
  },
  mistral: {
    path: '/mistral/v1/chat/completions',
    stream: '/mistral/v1/chat/completions',
    chat: (content, more) => ({ model: 'm', messages: [{ role: 'user', content }], ...more }),
    tools: functionsOf,
    force: (name) => ({ tool_choice: { type: 'function', function: { name } } }),
    structured: { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } },
  },
};

async function post(path: string, body: object) {
  const sent =
    path.startsWith('/v1beta') || path.startsWith('/v1/messages')
      ? headers
      : { 'content-type': headers['content-type'], authorization: headers.authorization };
  const answer = await fetch(providers.url + path, {
    method: 'POST',
    headers: sent,
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  expect([answer.status, text]).toEqual([200, text]);
  return text;
}

/** Every value of these names anywhere in a JSON document. */
function valuesNamed(value: unknown, names: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesNamed(item, names));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    names.includes(name) ? [inner] : valuesNamed(inner, names),
  );
}
const parsed = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);

describe.each(Object.entries(DIALECTS))('the local provider in the dialect of %s', (_name, dialect) => {
  const { path, chat, tools, force, structured } = dialect;

  it('answers a structured request with a value that is valid for the schema', async () => {
    const answer: unknown = JSON.parse(await post(path, chat('Weather, please', structured)));
    const text =
      valuesNamed(answer, ['text', 'content'])
        .flat()
        .find((each) => typeof each === 'string') ??
      valuesNamed(valuesNamed(answer, ['content']), ['text'])[0];
    expect(isValid(schema, JSON.parse(String(text)))).toBe(true);
  });

  it('calls the forced tool, and the one that the prompt names, with valid arguments', async () => {
    const offered = tools(['first', 'look_up', 'look_up_all']);
    for (const body of [
      chat('Anything', { ...offered, ...force('look_up_all') }),
      chat('Please use look_up_all now', offered),
    ]) {
      const whole = JSON.parse(await post(path, body)) as { output?: unknown };
      const answer = whole.output ?? whole; // the rest of a response repeats the request
      const [name] = valuesNamed(answer, ['name']);
      const [args] = valuesNamed(answer, ['arguments', 'args', 'input']);
      expect([name, isValid(schema, parsed(args))]).toEqual(['look_up_all', true]);
    }
  });

  it('reports the usage of texts and tool calls, whole and streamed', async () => {
    for (const more of [{}, tools(['f'])]) {
      const whole = await post(path, chat('Count me', more));
      expect(whole).toMatch(/"(prompt_tokens|input_tokens|promptTokenCount)":[1-9]/);
      const isOpenAi = path === '/v1/chat/completions';
      const streaming = {
        ...(path.startsWith('/v1beta') ? {} : { stream: true }),
        ...(isOpenAi && { stream_options: { include_usage: true } }),
      };
      const streamed = await post(dialect.stream, chat('Count me', { ...more, ...streaming }));
      expect(streamed).toMatch(/"(completion_tokens|output_tokens|candidatesTokenCount)":[1-9]/);
    }
  });
});

describe('an example value', () => {
  it.each<[string, object]>([
    [
      'formats',
      { type: 'object', properties: { d: { type: 'string', format: 'date-time' } }, required: ['d'] },
    ],
    [
      'a nested array with a minimum',
      {
        type: 'object',
        properties: { l: { type: 'array', minItems: 2, items: { type: 'number' } } },
        required: ['l'],
      },
    ],
    [
      'a unique array of enum values',
      {
        type: 'object',
        properties: { l: { type: 'array', minItems: 2, uniqueItems: true, items: { enum: ['a', 'b'] } } },
        required: ['l'],
      },
    ],
    [
      'a reference',
      {
        type: 'object',
        properties: { a: { $ref: '#/$defs/A' } },
        required: ['a'],
        $defs: {
          A: { type: 'object', properties: { n: { type: 'integer', exclusiveMinimum: 4 } }, required: ['n'] },
        },
      },
    ],
    [
      'a union with null',
      {
        type: 'object',
        properties: { a: { anyOf: [{ type: 'null' }, { type: 'integer', multipleOf: 5, minimum: 3 }] } },
        required: ['a'],
      },
    ],
    [
      'nullable types',
      { type: 'object', properties: { a: { type: ['string', 'null'], maxLength: 4 } }, required: ['a'] },
    ],
    [
      'allOf',
      {
        allOf: [
          { type: 'object', properties: { a: { const: 7 } }, required: ['a'] },
          { properties: { b: { type: 'boolean' } }, required: ['b'] },
        ],
      },
    ],
    [
      'a recursive schema',
      {
        $ref: '#/$defs/T',
        $defs: {
          T: {
            type: 'object',
            properties: { next: { $ref: '#/$defs/T' }, v: { type: 'string' } },
            required: ['v'],
          },
        },
      },
    ],
    [
      'numbers with two bounds',
      {
        type: 'object',
        properties: { a: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5 } },
        required: ['a'],
      },
    ],
  ])('is valid for %s', (_what, given) => {
    const value = exampleValue(given, 'a long text of the user');
    expect([isValid(given, value), value]).toEqual([true, value]);
  });
});
