import type { ChatAdapter } from '#shared/providers/chat.ts';
import { readCompletion } from '#shared/providers/compatible/response.ts';
import { createStreamReader } from '#shared/providers/compatible/stream.ts';
import { openaiDialect } from '#shared/providers/openai-dialect.ts';

import { type Host, HOSTS } from './hosts.ts';
import { hostKey } from './keys.ts';
import { createTranslate } from './request.ts';

/** Groq, xAI, DeepSeek, OpenRouter, Together, Azure OpenAI. */
export const openaiLike = (host: Host): ChatAdapter => ({
  ...openaiDialect(HOSTS[host].base),
  ...hostKey(host),
  translate: createTranslate(HOSTS[host]),
  reply: readCompletion,
  reader: createStreamReader,
});
