// What `POST /v1/chat/completions` runs: a chat in OpenAI's own words, whole or piece by piece.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { countsOf, type Usage } from '#shared/providers/chat-answer.ts';
import { ChatBody } from '#shared/providers/chat-request.ts';
import type { ChatStream } from '#shared/providers/completions.ts';
import { wantedBy } from '#shared/providers/key-selection.ts';

import { onBehalf, servedBy, tokensOf } from './ai-call.ts';
import { ASKS } from './ai-input.ts';
import { defineTool, type ToolCall } from './tool.ts';

/** What OpenAI has in every answer and others leave out. */
function stampOf(object: string, { requestId, now }: ToolCall) {
  const stamp = { id: `chatcmpl-${requestId}`, object, created: Math.floor(now() / 1000) };
  return (piece: { readonly id?: string | undefined; readonly [field: string]: unknown }) => ({
    ...stamp,
    ...piece,
    ...(!piece.id && { id: stamp.id }),
  });
}

/** Usage stands in a piece of its own, the last, and only where it was asked for. */
async function relay({ chunks }: ChatStream, { call, include }: { call: ToolCall; include: boolean }) {
  const { sink } = call;
  if (!sink) throw new AppError('invalid_input', 'There is no stream here.');
  const stamp = stampOf('chat.completion.chunk', call);
  let usage: Usage | null | undefined;
  let last = {};
  for await (const { usage: counted, ...chunk } of chunks) {
    usage = counted ?? usage;
    const { id, model } = chunk;
    last = { id, model };
    if (chunk.choices.length > 0) await sink(stamp(chunk));
  }
  if (include && usage) await sink(stamp({ ...last, choices: [], usage }));
  return countsOf(usage);
}

export const chatCompletions = defineTool({
  ...ASKS,
  name: 'chat_completions',
  title: 'Chat completions',
  description: "OpenAI's Chat Completions on the caller's own stored key.",
  input: ChatBody,
  output: z.object({ completion: z.record(z.string(), z.unknown()).optional() }),
  examples: [{ model: 'openai/gpt-4.1-mini', messages: [{ role: 'user', content: 'Hello!' }] }],

  async run(
    { model: name, max_tokens, max_completion_tokens, stream, stream_options, n: _n, ...rest },
    call,
  ) {
    const { completions } = call;
    const request = { ...rest, ...wantedBy(name), max_tokens: max_completion_tokens ?? max_tokens };
    const by = onBehalf(call);
    if (stream) {
      const streamed = await completions.stream(request, by);
      const counts = await relay(streamed, { call, include: stream_options?.include_usage === true });
      const { provider, model } = streamed;
      return { output: {}, meta: { provider, model, ...tokensOf(counts) }, served: servedBy(streamed) };
    }
    const reply = await completions.chat(request, by);
    const { provider, model, usage } = reply;
    return {
      output: { completion: stampOf('chat.completion', call)(reply.completion) },
      meta: { provider, model, ...tokensOf(usage) },
      served: servedBy(reply),
    };
  },
});
