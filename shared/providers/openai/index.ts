import type { ChatAdapter } from '#shared/providers/chat.ts';
import { openaiDialect } from '#shared/providers/openai-dialect.ts';

import { translate } from './request.ts';
import { readCompletion } from './response.ts';
import { createStreamReader } from './stream.ts';

/** OpenAI's Chat Completions. */
export const openai: ChatAdapter = {
  ...openaiDialect('/v1'),
  translate,
  reply: readCompletion,
  reader: createStreamReader,
};
