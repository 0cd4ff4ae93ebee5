// The tool behind `POST /v1/chat/completions`: a chat in OpenAI's dialect, whole or in chunks.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import {
  type Completion,
  chunksOf,
  countsOf,
  strictChunk,
  strictCompletion,
  type Usage,
} from '#shared/providers/chat-answer.ts';
import { ChatBody, chatRequestOf } from '#shared/providers/chat-request.ts';
import { createAnswerCollector } from '#shared/providers/collected-answer.ts';
import type { ChatStream } from '#shared/providers/completions.ts';

import { onBehalf, servedBy, toTokenUsage } from './ai-call.ts';
import { ANSWERS, isDeterministic, withoutStream } from './ai-cache.ts';
import { ASKS, RETARGET_BODY } from './ai-input.ts';
import { defineTool, type ToolCall } from '#shared/tools/tool.ts';

type Stamped = { readonly id?: unknown; readonly created?: unknown; readonly model?: unknown };

/** Fields of every answer of OpenAI, where another provider leaves them out. */
function answerStamp(object: string, { call, model }: { call: ToolCall; model: string }) {
  const stamp = { id: `chatcmpl-${call.requestId}`, object, created: Math.floor(call.now() / 1000) };
  return (piece: Stamped) => ({
    ...piece,
    object,
    id: piece.id || stamp.id,
    created: piece.created ?? stamp.created,
    model: piece.model || model,
  });
}

/** Usage stands in a chunk of its own, the last, and only where it was requested. */
async function relay({ chunks, model }: ChatStream, { call, include }: { call: ToolCall; include: boolean }) {
  const { sink } = call;
  if (!sink) throw new AppError('invalid_input', 'This transport does not support streaming.');
  const stamp = answerStamp('chat.completion.chunk', { call, model });
  const collector = createAnswerCollector();
  let usage: Usage | null | undefined;
  let last = {};
  for await (const { usage: counted, ...chunk } of chunks) {
    collector.add({ ...chunk, usage: counted });
    usage = counted ?? usage;
    const { id, model: named } = chunk;
    last = { id, model: named };
    if (chunk.choices.length > 0) await sink(stamp(strictChunk(chunk)));
  }
  if (include && usage) await sink(stamp(strictChunk({ ...last, choices: [], usage })));
  const completion = answerStamp('chat.completion', { call, model })(
    strictCompletion(collector.completion()),
  );
  return { counts: countsOf(usage), completion };
}

/** The chunks of a stream that is answered again under its idempotency key. */
export function piecesAgain({ completion }: Readonly<Record<string, unknown>>, parameters: unknown) {
  const { stream, stream_options: options } = parameters as Pick<ChatBody, 'stream' | 'stream_options'>;
  if (!stream) return undefined;
  const chunks = chunksOf(completion as Completion).filter(
    ({ choices }) => choices.length > 0 || options?.include_usage === true,
  );
  return chunks.map((chunk) => ({ ...strictChunk(chunk), object: 'chat.completion.chunk' }));
}

export const chatCompletions = defineTool({
  ...ASKS,
  name: 'chat_completions',
  title: 'Chat completions',
  description: "OpenAI's Chat Completions on the caller's own stored key.",
  input: ChatBody,
  output: z.object({ completion: z.record(z.string(), z.unknown()).optional() }),
  cache: { ...ANSWERS, isDefault: isDeterministic, keyOf: withoutStream },
  retarget: RETARGET_BODY,
  examples: [{ model: 'openai/gpt-4.1-mini', messages: [{ role: 'user', content: 'Hello!' }] }],

  async run(body, call) {
    const { completions } = call;
    const request = { ...chatRequestOf(body), model: body.model };
    const by = onBehalf(call);
    if (body.stream) {
      const streamed = await completions.stream(request, by);
      const include = body.stream_options?.include_usage === true;
      const { counts, completion } = await relay(streamed, { call, include });
      const { provider, model } = streamed;
      return {
        output: { completion },
        meta: { provider, model, ...toTokenUsage(counts) },
        served: servedBy(streamed),
      };
    }
    const reply = await completions.chat(request, by);
    const { provider, model, usage } = reply;
    const stamp = answerStamp('chat.completion', { call, model });
    return {
      output: { completion: stamp(strictCompletion(reply.completion)) },
      meta: { provider, model, ...toTokenUsage(usage) },
      served: servedBy(reply),
    };
  },
});
