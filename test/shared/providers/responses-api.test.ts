// OpenAI's Responses API: requests into the neutral form, chunks into events, judged by the published schema where it is there.
import { describe, expect, it } from 'vitest';

import { Chunk, Completion } from '#shared/providers/chat-answer.ts';
import { nativeResponses, ResponsesBody } from '#shared/providers/responses-api/body.ts';
import type { Fields, ResponseEvent, ResponseHead } from '#shared/providers/responses-api/envelope.ts';
import { responseEventsAgain } from '#shared/providers/responses-api/events-again.ts';
import { responseEventsOf, responseOf } from '#shared/providers/responses-api/events.ts';
import { responseEvents } from '#shared/providers/responses-api/native-events.ts';
import { packThoughts } from '#shared/providers/responses-api/thoughts.ts';
import { chatOfResponses } from '#shared/providers/responses-api/to-chat.ts';
import { hasSpecs, validatorOf } from '#test/support/published-schema.ts';

const given = (body: object) => ResponsesBody.parse({ model: 'm', input: 'hi', ...body });
const tool = { type: 'function', name: 'look', parameters: { type: 'object' } };
const head: ResponseHead = { id: 'resp_1', model: 'm', created: 1, request: given({ tools: [tool] }) };
const now = () => 2000;

const chunk = (delta: object, finish_reason: string | null = null) =>
  Chunk.parse({ id: 'x', choices: [{ index: 0, delta, finish_reason }] });
const call = (index: number, more: object, id?: string) =>
  chunk({ tool_calls: [{ index, id, function: more }] });
const counted = Chunk.parse({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } });

async function eventsFor(...chunks: Chunk[]): Promise<ResponseEvent[]> {
  const source = (async function* () {
    yield* chunks;
  })();
  return Array.fromAsync(responseEventsOf(source, head, now));
}

const BLOCK = { type: 'thinking', thinking: 'hm', signature: 's' };
const STREAMS: Readonly<Record<string, readonly Chunk[]>> = {
  text: [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'a' }),
    chunk({ content: 'b' }, 'stop'),
    counted,
  ],
  'a refusal': [chunk({ refusal: 'no' }), chunk({}, 'stop')],
  'thoughts, text and calls': [
    chunk({ reasoning_content: 'hm' }),
    chunk({ thinking_blocks: [BLOCK] }),
    chunk({ content: 'Let me see' }),
    call(0, { name: 'look', arguments: '{"a"' }, 'c0'),
    call(1, { name: 'find' }, 'c1'),
    call(0, { arguments: ':1}' }),
    chunk({ content: ' at last' }),
    chunk({}, 'tool_calls'),
    counted,
  ],
  'a call that is cut': [call(0, { name: 'look', arguments: '{"a"' }, 'c0'), chunk({}, 'length')],
  nothing: [chunk({}, 'stop')],
};

describe('events in OpenAI’s order', () => {
  it('number each event, and close what they open', async () => {
    const events = await eventsFor(...(STREAMS['thoughts, text and calls'] ?? []));
    expect(events.map(({ sequence_number: at }) => at)).toEqual(events.map((_event, at) => at));
    const steps = events.map(({ type, output_index: at }) =>
      `${type.replace('response.', '')} ${at === undefined ? '' : JSON.stringify(at)}`.trim(),
    );
    expect(steps).toEqual([
      'created',
      'in_progress',
      'output_item.added 0',
      'reasoning_summary_part.added 0',
      'reasoning_summary_text.delta 0',
      'reasoning_summary_text.done 0',
      'reasoning_summary_part.done 0',
      'output_item.done 0',
      'output_item.added 1',
      'content_part.added 1',
      'output_text.delta 1',
      'output_text.done 1',
      'content_part.done 1',
      'output_item.done 1',
      'output_item.added 2',
      'function_call_arguments.delta 2',
      'output_item.added 3',
      'function_call_arguments.delta 2',
      'output_item.added 4',
      'content_part.added 4',
      'output_text.delta 4',
      'output_text.done 4',
      'content_part.done 4',
      'output_item.done 4',
      'function_call_arguments.done 2',
      'output_item.done 2',
      'function_call_arguments.done 3',
      'output_item.done 3',
      'completed',
    ]);
    expect(events.at(-1)?.['response']).toMatchObject({
      status: 'completed',
      completed_at: 2,
      output: [
        { type: 'reasoning', summary: [{ text: 'hm' }], encrypted_content: packThoughts([BLOCK]) },
        { type: 'message', content: [{ type: 'output_text', text: 'Let me see' }] },
        { type: 'function_call', call_id: 'c0', name: 'look', arguments: '{"a":1}', status: 'completed' },
        { type: 'function_call', call_id: 'c1', name: 'find', arguments: '{}', status: 'completed' },
        { type: 'message', content: [{ text: ' at last' }] },
      ],
      usage: { input_tokens: 9, output_tokens: 4, total_tokens: 13 },
    });
  });

  it('end an answer that met its limit as incomplete, its call too', async () => {
    const last = (await eventsFor(...(STREAMS['a call that is cut'] ?? []))).at(-1);
    expect(last).toMatchObject({
      type: 'response.incomplete',
      response: {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ arguments: '{"a"', status: 'incomplete' }],
      },
    });
  });

  it.each(Object.entries(STREAMS))(
    'give the same response when they are made from it once more: %s',
    async (_name, chunks) => {
      const response = (await eventsFor(...chunks)).at(-1)?.['response'] as Fields;
      const again = [...responseEventsAgain(response)];
      expect(again.at(-1)?.['response']).toEqual(response);
      const items = again.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item);
      expect(items).toEqual(response['output']);
    },
  );

  it('write a whole answer as their last event holds it', () => {
    const completion = Completion.parse({
      choices: [
        { message: { content: 'x', tool_calls: [{ id: 'c', function: { name: 'look', arguments: {} } }] } },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    });
    expect(responseOf(completion, head, now)).toMatchObject({
      status: 'completed',
      output: [{ content: [{ text: 'x' }] }, { name: 'look', arguments: '{}' }],
      usage: { total_tokens: 3 },
    });
  });

  it.skipIf(!hasSpecs).each(Object.entries(STREAMS))(
    'fit the published schema (skipped without ../shared/specs): %s',
    async (_name, chunks) => {
      const validate = validatorOf('openai.json', 'ResponseStreamEvent');
      const validateWhole = validatorOf('openai.json', 'Response');
      const events = await eventsFor(...chunks);
      const response = events.at(-1)?.['response'] as Fields;
      const sent = JSON.parse(JSON.stringify([...events, ...responseEventsAgain(response)])) as Fields[];
      for (const event of sent) expect([event, validate(event)]).toEqual([event, true]);
      const wholes = sent.flatMap((event) => ('response' in event ? [event['response']] : []));
      for (const whole of wholes)
        expect([whole, validateWhole(whole), validateWhole.errors]).toEqual([whole, true, null]);
    },
  );
});

describe('OpenAI’s own events', () => {
  it.each([
    { type: 'response.created', sequence_number: 0, response: { id: 'r' } },
    {
      type: 'response.output_text.delta',
      sequence_number: 4,
      output_index: 1,
      content_index: 0,
      item_id: 'i',
      delta: 'x',
      logprobs: [],
    },
    { type: 'response.reasoning_summary_text.delta', output_index: 0, summary_index: 2, delta: 'x' },
    { type: 'response.output_item.done', output_index: 1, item: { type: 'message', content: [] } },
  ])('come out as they went in: $type', (event) => {
    const { chunkOf, eventOf } = responseEvents;
    expect(JSON.parse(JSON.stringify(eventOf(chunkOf(event))))).toEqual(event);
  });

  it.each([
    { type: 'error', code: 'insufficient_quota', message: 'no money' },
    { type: 'response.failed', response: { error: { code: 'insufficient_quota', message: 'no money' } } },
  ])('end with a typed error where it gave up: $type', (event) => {
    const { chunkOf, eventOf } = responseEvents;
    expect(() => eventOf(chunkOf(event))).toThrow(
      expect.objectContaining({
        code: 'upstream_failed',
        details: expect.objectContaining({ client_code: 'insufficient_quota', provider_message: 'no money' }),
      }),
    );
  });
});

describe('a request that relies on something stored', () => {
  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['conversation', { conversation: { id: 'conv_1' } }],
    ['background', { background: true }],
    ['store', { store: true }],
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['input.0', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
  ])('is rejected by name with its remedy: %s', (path, body) => {
    const { error } = ResponsesBody.safeParse({ model: 'm', input: 'hi', ...body });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(error?.issues[0]?.message).toMatch(/^(?:is not supported|must be)/);
  });

  it('is taken where the field requests nothing', () => {
    const nothing = {
      previous_response_id: null,
      conversation: null,
      background: false,
      store: false,
      prompt: null,
    };
    expect(ResponsesBody.safeParse({ model: 'm', input: 'hi', ...nothing }).success).toBe(true);
  });
});

describe('a request for OpenAI itself', () => {
  it('keeps unknown fields, is never stored, and leaves out what is billed by its use', () => {
    const reasoning = [
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAA' },
      { type: 'reasoning', id: 'rs_2', summary: [] },
      { type: 'reasoning', id: 'rs_3', summary: [], encrypted_content: packThoughts([BLOCK]) },
    ];
    const native = nativeResponses(
      given({
        new_field: { of: ['tomorrow'] },
        input: [...reasoning, { role: 'user', content: 'hi' }],
        tools: [
          tool,
          { type: 'web_search', external_web_access: false },
          { type: 'custom', name: 'apply_patch' },
        ],
      }),
    );
    expect(native.body).toMatchObject({
      new_field: { of: ['tomorrow'] },
      input: [reasoning[0], { role: 'user', content: 'hi' }],
      tools: [tool, { type: 'custom' }],
      store: false,
      service_tier: 'default',
    });
    expect(native.dropped).toEqual(['tools.web_search', 'input.reasoning']);
  });

  it.each([
    ['service_tier', { service_tier: 'priority' }],
    ['tool_choice', { tools: [{ type: 'web_search' }], tool_choice: { type: 'web_search' } }],
  ])('is rejected for %s, which changes its price', (path, body) => {
    expect(() => nativeResponses(given(body))).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: expect.objectContaining({ issues: [expect.objectContaining({ path })] }),
      }),
    );
  });
});

describe('a request for another provider', () => {
  it('becomes one message for each turn, its results behind their calls', () => {
    const { request, dropped } = chatOfResponses(
      given({
        instructions: 'Be brief.',
        input: [
          { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'dev' }] },
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'see' },
              { type: 'input_image', image_url: 'https://x.example/a.png', detail: 'auto' },
            ],
          },
          {
            type: 'reasoning',
            id: 'rs',
            summary: [{ type: 'summary_text', text: 'hm' }],
            encrypted_content: packThoughts([BLOCK]),
          },
          {
            type: 'message',
            id: 'msg',
            status: 'completed',
            role: 'assistant',
            content: [{ type: 'output_text', text: 'so', annotations: [] }],
          },
          { type: 'function_call', id: 'fc', call_id: 'c1', name: 'look', arguments: '{}' },
          { type: 'function_call', call_id: 'c2', name: 'look', arguments: '{"a":1}' },
          { type: 'function_call_output', call_id: 'c2', output: 'two' },
          { role: 'user', content: 'wait' },
          { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'one' }] },
        ],
      }),
    );
    expect(dropped).toEqual([]);
    expect(request.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'developer', content: 'dev' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: 'https://x.example/a.png' } },
        ],
      },
      {
        role: 'assistant',
        content: 'so',
        reasoning_content: 'hm',
        thinking_blocks: [BLOCK],
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } },
          { id: 'c2', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c2', content: 'two' },
      { role: 'tool', tool_call_id: 'c1', content: 'one' },
      { role: 'user', content: 'wait' },
    ]);
  });

  it('names every field that it cannot express, and only those', () => {
    const { request, dropped } = chatOfResponses(
      given({
        tools: [{ ...tool, strict: false, defer_loading: true }, { type: 'web_search' }],
        tool_choice: { type: 'function', name: 'look' },
        parallel_tool_calls: false,
        reasoning: { effort: 'low', summary: 'auto', context: 'x' },
        text: {
          format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true },
          verbosity: 'low',
        },
        include: ['reasoning.encrypted_content'],
        truncation: 'auto',
        service_tier: 'auto',
        max_tool_calls: 3,
        max_output_tokens: 50,
        metadata: { a: 'b' },
        prompt_cache_key: 'k',
        stream_options: { include_obfuscation: false },
      }),
    );
    expect(dropped.toSorted()).toEqual([
      'max_tool_calls',
      'reasoning.context',
      'tools.defer_loading',
      'tools.web_search',
      'truncation',
    ]);
    expect(request).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'look', parameters: { type: 'object' }, strict: false } },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      reasoning_effort: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'n', schema: { type: 'object' }, strict: true },
      },
      max_completion_tokens: 50,
      metadata: { a: 'b' },
      extra: { prompt_cache_key: 'k', verbosity: 'low' },
    });
  });

  it('is rejected with the field at fault, where a part has no valid content', () => {
    const image = { type: 'input_image', image_url: 'http://plain.example/x.png' };
    const body = given({ input: [{ role: 'user', content: [image] }] });
    expect(() => chatOfResponses(body)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});
