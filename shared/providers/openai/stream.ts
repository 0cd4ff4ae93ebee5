// A streamed answer of OpenAI, which consists of chat completion chunks already.
import { Chunk } from '#shared/providers/chat-answer.ts';
import type { StreamReader } from '#shared/providers/chat.ts';

export const createStreamReader = (): StreamReader => ({ read: (event) => [Chunk.parse(event)] });
