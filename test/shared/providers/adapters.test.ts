// Requests and answers of each dialect: cases that the stand-in does not produce.
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { countsOf } from '#shared/providers/chat-answer.ts';
import { ChatBody } from '#shared/providers/chat-request.ts';

import { adapter, PROVIDERS, type ProviderName, streamed, translated } from './translated.ts';

const hello = { role: 'user' as const, content: 'hi' };
const bodyOf = (id: ProviderName, request: object, stream = false) =>
  translated(id, { model: 'm', ...request }, stream).body;
const ask = (more: object = {}) => more;

const TOOL = {
  type: 'function' as const,
  function: { name: 'f', description: 'does', parameters: { type: 'object' } },
};
const CALL = { id: 'c1', type: 'function' as const, function: { name: 'f', arguments: '{"a":1}' } };
const talk = [
  { role: 'system', content: 'be' },
  { role: 'developer', content: [{ type: 'text', text: 'brief' }] },
  hello,
  { role: 'assistant', content: null, tool_calls: [CALL, { ...CALL, id: 'c2' }] },
  { role: 'tool', tool_call_id: 'c1', content: 'one' },
  { role: 'tool', tool_call_id: 'c2', content: 'two' },
];

describe('what is asked', () => {
  it('reaches OpenAI as it was said, with the usage of a stream', () => {
    const request = ask({ messages: talk, max_tokens: 9, logprobs: true, seed: 4 });
    expect(bodyOf('openai', request, true)).toEqual({
      model: 'm',
      messages: talk,
      max_completion_tokens: 9,
      logprobs: true,
      seed: 4,
      service_tier: 'default',
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(bodyOf('compatible', request)).toMatchObject({ max_tokens: 9 });
  });

  it('is never served by OpenAI at a price that is not known here', () => {
    for (const [asked, sent] of [
      ['auto', 'default'],
      ['default', 'default'],
      ['flex', 'flex'],
    ]) {
      expect(bodyOf('openai', ask({ service_tier: asked }))).toMatchObject({ service_tier: sent });
    }
    for (const service_tier of ['priority', 'fast', 'ultrafast', 'scale']) {
      expect(() => bodyOf('openai', ask({ service_tier }))).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      );
    }
  });

  it('reaches Anthropic in its own words', () => {
    const request = ask({
      messages: [
        ...talk,
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'image_url', image_url: { url: 'https://x.org/i.png' } },
          ],
        },
      ],
      stop: 'END',
      tools: [TOOL],
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
    expect(bodyOf('anthropic', request)).toEqual({
      model: 'm',
      system: 'be\n\nbrief',
      max_tokens: 64_000,
      stop_sequences: ['END'],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'hi' }] },
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } },
            { type: 'tool_use', id: 'c2', name: 'f', input: { a: 1 } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: 'one' },
            { type: 'tool_result', tool_use_id: 'c2', content: 'two' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
            { type: 'image', source: { type: 'url', url: 'https://x.org/i.png' } },
          ],
        },
      ],
      tools: [{ name: 'f', description: 'does', input_schema: { type: 'object' } }],
      tool_choice: { type: 'any', disable_parallel_tool_use: true },
    });
  });

  it('reaches Gemini in its own words, thought signatures included', () => {
    const signed = { ...CALL, extra_content: { google: { thought_signature: 'sig' } } };
    const request = ask({
      messages: [hello, { role: 'assistant', content: 'so', tool_calls: [signed] }, ...talk.slice(4, 5)],
      tools: [TOOL],
      tool_choice: { type: 'function', function: { name: 'f' } },
      response_format: { type: 'json_schema', json_schema: { name: 's', schema: { type: 'object' } } },
      max_tokens: 5,
      stop: ['A', 'B'],
    });
    expect(bodyOf('google', request)).toEqual({
      contents: [
        { role: 'user', parts: [{ text: 'hi' }] },
        {
          role: 'model',
          parts: [{ text: 'so' }, { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'sig' }],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { result: 'one' } } }] },
      ],
      tools: [
        {
          functionDeclarations: [
            { name: 'f', description: 'does', parametersJsonSchema: { type: 'object' } },
          ],
        },
      ],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      generationConfig: {
        maxOutputTokens: 5,
        stopSequences: ['A', 'B'],
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object' },
      },
    });
  });

  it('reaches Mistral without a field that it would reject', () => {
    const request = ask({ messages: talk.slice(0, 3), max_tokens: 9, seed: 4, user: 'u', store: true });
    expect(bodyOf('mistral', request, true)).toEqual({
      model: 'm',
      messages: [talk[0], { role: 'system', content: 'brief' }, hello],
      max_tokens: 9,
      random_seed: 4,
      stream: true,
    });
  });

  it.each([
    ['a local file', { url: 'file:///etc/passwd' }],
    ['plain http', { url: 'http://169.254.169.254/' }],
    ['a page in a data: URL', { url: 'data:text/html;base64,AAAA' }],
  ])('names no image by %s', (_what, image_url) => {
    const messages = [{ role: 'user', content: [{ type: 'image_url', image_url }] }];
    expect(ChatBody.safeParse({ model: 'm', messages }).success).toBe(false);
  });
});

const readAll = streamed;

describe('what is answered', () => {
  it('by Anthropic counts what its cache gave and took as a part of the prompt', () => {
    const usage = {
      input_tokens: 5,
      output_tokens: 7,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 20,
    };
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'text', text: 'yes' },
      { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
    ];
    const answer = adapter('anthropic').reply({
      id: 'i',
      model: 'm',
      content,
      stop_reason: 'tool_use',
      usage,
    });
    expect(countsOf(answer.usage)).toEqual({
      inputTokens: 125,
      outputTokens: 7,
      cachedInputTokens: 100,
      cacheWriteTokens: 20,
      reasoningTokens: 0,
    });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: 'yes', tool_calls: [{ id: 't', function: { name: 'f', arguments: '{"a":1}' } }] },
    });
  });

  it('by Anthropic in pieces: text, a call, the usage of beginning and end', () => {
    const chunks = readAll('anthropic', [
      {
        type: 'message_start',
        message: {
          id: 'i',
          model: 'm',
          usage: { input_tokens: 5, cache_read_input_tokens: 3, output_tokens: 1 },
        },
      },
      { type: 'ping' },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'yes' } },
      { type: 'content_block_stop', index: 1 },
      {
        type: 'content_block_start',
        index: 2,
        content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
      },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a"' } },
      { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: ':1}' } },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
      { type: 'something_new', of: 'tomorrow' },
    ]);
    expect(chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))).toEqual([
      { role: 'assistant', content: '' },
      { reasoning_content: 'hm' },
      { content: 'yes' },
      { tool_calls: [{ index: 0, id: 't', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      {},
    ]);
    expect(countsOf(chunks.at(-1)?.usage)).toMatchObject({
      inputTokens: 8,
      outputTokens: 9,
      cachedInputTokens: 3,
    });
  });

  it('by Gemini leaves its thoughts out and counts them', () => {
    const usageMetadata = {
      promptTokenCount: 5,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 11,
      cachedContentTokenCount: 2,
    };
    const parts = [
      { text: 'hm', thought: true },
      { text: 'yes' },
      { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'sig' },
    ];
    const candidates = [{ content: { role: 'model', parts }, finishReason: 'STOP' }];
    const answer = adapter('google').reply({ candidates, usageMetadata, modelVersion: 'v', responseId: 'r' });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'yes',
        tool_calls: [
          {
            function: { name: 'f', arguments: '{"a":1}' },
            extra_content: { google: { thought_signature: 'sig' } },
          },
        ],
      },
    });
    expect(countsOf(answer.usage)).toMatchObject({
      inputTokens: 5,
      outputTokens: 18,
      reasoningTokens: 11,
      cachedInputTokens: 2,
    });
  });

  it('by Gemini says when a prompt was blocked', () => {
    const [chunk] = readAll('google', [{ promptFeedback: { blockReason: 'SAFETY' } }]).slice(-1);
    expect(chunk?.choices[0]?.finish_reason).toBe('content_filter');
    const whole = adapter('google').reply({ promptFeedback: { blockReason: 'OTHER' } });
    expect(whole.choices[0]?.finish_reason).toBe('content_filter');
  });

  it('by a model that thinks in parts is what it says', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: 'yes' },
    ];
    const answer = adapter('mistral').reply({
      model: 'm',
      choices: [{ message: { content }, finish_reason: 'stop' }],
    });
    expect(answer.choices[0]?.message.content).toBe('yes');
  });

  it.each(PROVIDERS)('by %s in another shape is no answer', (id) => {
    for (const body of [
      null,
      [],
      {},
      { choices: [] },
      { content: 'x' },
      { candidates: [] },
      'text',
      { error: {} },
    ]) {
      expect(() => adapter(id).reply(body)).toThrow(z.ZodError);
    }
    for (const event of [null, 'x', 5]) expect(() => readAll(id, [event])).toThrow(z.ZodError);
  });
});

const refusal = (details: object[]) => ({ error: { code: 400, status: 'INVALID_ARGUMENT', details } });
const overQuota = (quotaId: string) => ({ error: { code: 429, details: [{ violations: [{ quotaId }] }] } });

describe('a refusal', () => {
  it('by Google of a key it does not know is told from one of a request', () => {
    const { rejectsKey, outOfQuota } = adapter('google');
    expect(rejectsKey?.(400, refusal([{ reason: 'API_KEY_INVALID' }]))).toBe(true);
    expect(rejectsKey?.(400, refusal([{ field: 'contents' }]))).toBe(false);
    expect(outOfQuota(429, overQuota('GenerateRequestsPerDayPerProjectPerModel-FreeTier'))).toBe(true);
    expect(outOfQuota(429, overQuota('GenerateRequestsPerMinutePerProjectPerModel'))).toBe(false);
  });
});
