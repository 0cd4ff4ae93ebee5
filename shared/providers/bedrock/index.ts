// Amazon Bedrock's runtime: three APIs at one origin, chosen by the model's name.
import { anthropic } from '#shared/providers/anthropic/index.ts';
import type { ChatRequest } from '#shared/providers/chat-request.ts';
import type { ChatAdapter, StreamReader, Translated } from '#shared/providers/chat.ts';
import { readCompletion } from '#shared/providers/compatible/response.ts';
import { createStreamReader } from '#shared/providers/compatible/stream.ts';
import { openaiDialect } from '#shared/providers/openai-dialect.ts';
import { createTranslate } from '#shared/providers/openai-like/request.ts';

import { Converse, readConverse, translateConverse } from './converse.ts';
import { bedrockKey } from './key.ts';

/** Its name there, with or without the geography of an inference profile: `us.anthropic.claude-…`. */
const CLAUDE = /^(?:[a-z-]+\.)?anthropic\.(claude-.+?)(?:-v\d+(?::\d+)?)?$/;
/** Vendors whose models the OpenAI-compatible endpoint does not serve. */
const CONVERSE_ONLY = /^(?:[a-z-]+\.)?(?:amazon|meta|cohere|ai21|writer)\./;

const BASE = '/openai/v1';
const { embed: _none, ...openai } = openaiDialect(BASE);
const translateOpenAi = createTranslate({
  base: BASE,
  limit: 'max_completion_tokens',
  rejects: 'top_k min_p thinking',
});

/** Claude's own API, where the model keeps its name at Bedrock, and no tier can be chosen. */
function translateClaude(request: ChatRequest, name: string, stream: boolean): Translated {
  const { body, ...translated } = anthropic.translate({ ...request, model: name }, stream);
  return { ...translated, body: { ...(body as object), model: request.model } };
}

function createReader(): StreamReader {
  let reader: StreamReader | undefined;
  return {
    read(event) {
      const isOpenAi = typeof event === 'object' && event !== null && 'choices' in event;
      reader ??= isOpenAi ? createStreamReader() : anthropic.reader();
      return reader.read(event);
    },
    end: (complete) => reader?.end?.(complete) ?? [],
  };
}

export const bedrock: ChatAdapter = {
  ...openai,
  ...bedrockKey,
  path({ model }) {
    if (CLAUDE.test(model)) return '/anthropic/v1/messages';
    return CONVERSE_ONLY.test(model)
      ? `/model/${encodeURIComponent(model)}/converse`
      : `${BASE}/chat/completions`;
  },
  translate(request, stream) {
    const [, claude] = CLAUDE.exec(request.model) ?? [];
    if (claude) return translateClaude(request, claude, stream);
    return CONVERSE_ONLY.test(request.model) ? translateConverse(request) : translateOpenAi(request, stream);
  },
  reply(answer) {
    if (Converse.safeParse(answer).success) return readConverse(answer);
    return typeof answer === 'object' && answer !== null && 'choices' in answer
      ? readCompletion(answer)
      : anthropic.reply(answer);
  },
  reader: createReader,
  clientCode: (status, error) => openai.clientCode(status, error) ?? anthropic.clientCode(status, error),
};
