import { type ChatAdapter, textsIn } from '#shared/providers/chat.ts';
import { openaiDialect } from '#shared/providers/openai-dialect.ts';

import { translate } from './request.ts';
import { readCompletion } from './response.ts';
import { createStreamReader } from './stream.ts';

const dialect = openaiDialect('/v1');

/** Mistral's La Plateforme. */
export const mistral: ChatAdapter = {
  ...dialect,
  translate,
  reply: readCompletion,
  reader: createStreamReader,
  embed: {
    ...dialect.embed,
    body: ({ model, input, dimensions }) => ({
      model,
      input: textsIn(input, 'Mistral'),
      output_dimension: dimensions,
    }),
    dropped: Object.keys,
  },
};
