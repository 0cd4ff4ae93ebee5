import { describe, expect, it } from 'vitest';

import { Chunk } from '#shared/providers/chat-answer.ts';
import { MessagesCall, nativeMessages } from '#shared/providers/messages-api/body.ts';
import { messageEvents } from '#shared/providers/messages-api/from-chat.ts';
import {
  createMessageCollector,
  eventsAgain,
  type MessageEvent,
} from '#shared/providers/messages-api/message.ts';
import { chatOfMessages } from '#shared/providers/messages-api/to-chat.ts';

const head = { id: 'msg_1', model: 'm' };
const chunk = (delta: object, finish_reason: string | null = null) =>
  Chunk.parse({ id: 'x', choices: [{ index: 0, delta, finish_reason }] });
const call = (index: number, more: object, id?: string) =>
  chunk({ tool_calls: [{ index, id, function: more }] });

async function eventsFor(...chunks: Chunk[]): Promise<MessageEvent[]> {
  const events: MessageEvent[] = [];
  const source = (async function* () {
    yield* chunks;
  })();
  for await (const event of messageEvents(source, head)) events.push(event);
  return events;
}

function collected(events: Iterable<MessageEvent>) {
  const collector = createMessageCollector();
  for (const event of events) collector.add(event);
  return collector.message();
}

const given = (body: object) =>
  MessagesCall.parse({
    body: { model: 'claude-x', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }], ...body },
  });

describe('events in Anthropic’s order', () => {
  it('hold one open block at a time, also where calls and text are interleaved', async () => {
    const events = await eventsFor(
      chunk({ role: 'assistant', content: '' }),
      chunk({ content: 'Let me see' }),
      call(0, { name: 'look', arguments: '{"a"' }, 'c0'),
      call(1, { name: 'find', arguments: '{"b"' }, 'c1'),
      call(0, { arguments: ':1}' }),
      chunk({ content: ' at last' }),
      call(1, { arguments: ':2}' }),
      chunk({}, 'tool_calls'),
      Chunk.parse({
        choices: [],
        usage: { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 5 } },
      }),
    );
    const order = events.map(({ type, index }) =>
      `${type.replace('content_block_', '')} ${JSON.stringify(index) ?? ''}`.trim(),
    );
    expect(order.filter((step, at) => step !== order[at - 1])).toEqual([
      'message_start',
      ...[0, 1, 2, 3].flatMap((index) => [`start ${index}`, `delta ${index}`, `stop ${index}`]),
      'message_delta',
      'message_stop',
    ]);
    expect(collected(events)).toEqual({
      ...head,
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'text', text: 'Let me see' },
        { type: 'tool_use', id: 'c0', name: 'look', input: { a: 1 } },
        { type: 'tool_use', id: 'c1', name: 'find', input: { b: 2 } },
        { type: 'text', text: ' at last' },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: {
        input_tokens: 4,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 5,
        output_tokens: 4,
      },
    });
  });

  it('give the same message when they are made from it once more', () => {
    const message = {
      ...head,
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 's' },
        { type: 'redacted_thinking', data: 'd' },
        { type: 'text', text: 'x' },
        { type: 'tool_use', id: 'c', name: 'n', input: { a: [1] } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 2 },
    };
    expect(collected(eventsAgain(message))).toEqual(message);
  });

  it('make no message without the last of them', async () => {
    const events = await eventsFor(chunk({ content: 'x' }), chunk({}, 'stop'));
    expect(collected(events.slice(0, -1))).toBeUndefined();
  });

  it('keep the counts of the start where the end has none', () => {
    const usage = { input_tokens: 7, cache_read_input_tokens: 3, output_tokens: 1 };
    const message = collected([
      { type: 'message_start', message: { ...head, usage } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { input_tokens: null, output_tokens: 9 },
      },
      { type: 'message_stop' },
    ]);
    expect(message).toMatchObject({ usage: { ...usage, output_tokens: 9 } });
  });
});

describe('a request for Anthropic itself', () => {
  it.each([
    ['tools.0.type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['tools.0.type', { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] }],
    ['speed', { speed: 'fast' }],
    ['inference_geo', { inference_geo: 'us' }],
  ])('is rejected for %s, which changes its price', (path, body) => {
    expect(() => nativeMessages(given(body))).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: expect.objectContaining({ issues: [expect.objectContaining({ path })] }),
      }),
    );
  });

  it('keeps unknown fields, and the caller’s own data where it looks like a cache entry', () => {
    const input_schema = { type: 'object', properties: { cache_control: { type: 'object', ttl: '1h' } } };
    const body = {
      new_field: { of: ['tomorrow'] },
      tools: [{ name: 't', input_schema, cache_control: { type: 'ephemeral', ttl: '1h' } }],
      service_tier: 'priority',
    };
    const native = nativeMessages(given(body));
    expect(native.body).toMatchObject({
      new_field: body.new_field,
      tools: [{ name: 't', input_schema, cache_control: { type: 'ephemeral' } }],
    });
    expect(native.body).not.toHaveProperty('service_tier');
    expect(native.dropped.toSorted()).toEqual(['cache_control.ttl', 'service_tier']);
  });
});

describe('a request for another provider', () => {
  it('names every field that it cannot express, and only those', () => {
    const { request, dropped } = chatOfMessages(
      given({
        system: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }],
        thinking: { type: 'disabled' },
        container: 'c',
        tools: [
          { type: 'bash_20250124', name: 'bash' },
          { name: 't', input_schema: { type: 'object' }, eager: true },
        ],
        output_config: { effort: 'low', format: { type: 'json_schema', schema: { type: 'object' } } },
        metadata: { user_id: 'u' },
      }).body,
    );
    expect(dropped.toSorted()).toEqual([
      'container',
      'messages.content.cache_control',
      'tools.bash_20250124',
      'tools.eager',
    ]);
    expect(request).toMatchObject({
      messages: [
        { role: 'system', content: 'a' },
        { role: 'user', content: 'hi' },
      ],
      tools: [{ type: 'function', function: { name: 't', parameters: { type: 'object' } } }],
      reasoning_effort: 'low',
      response_format: { type: 'json_schema', json_schema: { schema: { type: 'object' }, strict: true } },
      user: 'u',
      max_tokens: 10,
    });
  });

  it('is rejected with the field at fault, where a block has no valid content', () => {
    const image = { type: 'image', source: { type: 'url', url: 'http://plain.example/x.png' } };
    const body = given({ messages: [{ role: 'user', content: [image] }] }).body;
    expect(() => chatOfMessages(body)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});
