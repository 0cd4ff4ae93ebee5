// A whole answer of Mistral as a chat completion: thoughts apart from what is said.
import type { Completion } from '#shared/providers/chat-answer.ts';
import { readCompletion as readCompatible } from '#shared/providers/compatible/response.ts';

type Part = { readonly type?: unknown; readonly text?: unknown; readonly thinking?: unknown };

const textIn = (parts: unknown): string =>
  Array.isArray(parts) ? parts.map(({ text }: Part) => (typeof text === 'string' ? text : '')).join('') : '';

/** The thoughts in a list of content parts; undefined where there are none. */
export function thoughtsIn(content: unknown): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const thoughts = content.filter((part: Part | null) => part?.type === 'thinking');
  return thoughts.length === 0 ? undefined : thoughts.map(({ thinking }: Part) => textIn(thinking)).join('');
}

type Loose = { readonly choices?: readonly { readonly message?: { readonly content?: unknown } }[] };

/** @throws {z.ZodError} */
export function readCompletion(answer: unknown): Completion {
  const { choices, ...rest } = readCompatible(answer);
  const given = (answer as Loose).choices ?? [];
  return {
    ...rest,
    choices: choices.map((choice, at) => {
      const reasoning_content = thoughtsIn(given[at]?.message?.content);
      return { ...choice, message: { ...choice.message, ...(reasoning_content && { reasoning_content }) } };
    }),
  };
}
