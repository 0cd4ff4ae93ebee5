// A streamed answer of Mistral as chat completion chunks: thoughts apart from what is said.
import type { StreamReader } from '#shared/providers/chat.ts';
import { createStreamReader as createCompatibleReader } from '#shared/providers/compatible/stream.ts';

import { thoughtsIn } from './response.ts';

type Loose = { readonly choices?: readonly { readonly delta?: { readonly content?: unknown } }[] };

export function createStreamReader(): StreamReader {
  const reader = createCompatibleReader();
  return {
    ...reader,
    read(event) {
      const given = (event as Loose | null)?.choices ?? [];
      return reader.read(event).map((chunk) => ({
        ...chunk,
        choices: chunk.choices.map((choice, at) => {
          const reasoning_content = thoughtsIn(given[at]?.delta?.content);
          return { ...choice, delta: { ...choice.delta, ...(reasoning_content && { reasoning_content }) } };
        }),
      }));
    },
  };
}
