// A streamed answer of OpenAI, which consists of chat completion chunks already.
import { Chunk } from '#shared/providers/chat-answer.ts';

export const createStreamReader =
  () =>
  (data: unknown): readonly Chunk[] => [Chunk.parse(data)];
