import { describe, expect, it } from 'vitest';

import { Chunk, chunksOf } from '#shared/providers/chat-answer.ts';
import { createAnswerCollector } from '#shared/providers/collected-answer.ts';

const head = { id: 'c1', model: 'm', created: 1 };
const chunk = (delta: object, finish_reason: string | null = null) =>
  Chunk.parse({ ...head, choices: [{ index: 0, delta, finish_reason }] });

const STREAM = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ reasoning_content: 'Let me ' }),
  chunk({ reasoning_content: 'see.' }),
  chunk({ content: 'Häi ' }),
  chunk({ content: '🎈' }),
  chunk({
    tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
  chunk({ tool_calls: [{ index: 1, id: 'call_2', function: { name: 'find', arguments: '{}' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }),
  chunk({}, 'tool_calls'),
  Chunk.parse({ ...head, choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } }),
];

const WHOLE = {
  ...head,
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'Häi 🎈',
        reasoning_content: 'Let me see.',
        tool_calls: [
          { id: 'call_1', function: { name: 'look', arguments: '{"a":1}' } },
          { id: 'call_2', function: { name: 'find', arguments: '{}' } },
        ],
      },
      finish_reason: 'tool_calls',
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 4 },
};

describe('a collected stream', () => {
  it('is the answer that its pieces make up: texts, calls, reason and usage', () => {
    const collector = createAnswerCollector();
    for (const piece of STREAM) collector.add(piece);
    expect(collector.completion()).toEqual(WHOLE);
  });

  it('is the same answer when it was cut into pieces anew', () => {
    const [first, second] = [createAnswerCollector(), createAnswerCollector()];
    for (const piece of STREAM) first.add(piece);
    for (const piece of chunksOf(first.completion())) second.add(piece);
    expect(second.completion()).toEqual(WHOLE);
  });
});
