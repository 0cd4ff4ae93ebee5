// A whole answer of Gemini as a chat completion.
import { createHash } from 'node:crypto';

import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import { type Completion, toChatUsage } from '#shared/providers/chat-answer.ts';

const Count = z.int().nullish();

const Part = z.object({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: z.object({ mimeType: z.string(), data: z.string() }).optional(),
  functionCall: z
    .object({
      id: z.string().optional(),
      name: z.string(),
      args: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});
type Part = z.infer<typeof Part>;

export const Answer = z.object({
  responseId: z.string().default(''),
  modelVersion: z.string().default(''),
  candidates: z
    .array(
      z.object({
        content: z.object({ parts: z.array(Part).optional() }).optional(),
        finishReason: z.string().nullish(),
      }),
    )
    .optional(),
  promptFeedback: z.object({ blockReason: z.string().optional() }).optional(),
  usageMetadata: z
    .object({
      promptTokenCount: Count,
      candidatesTokenCount: Count,
      cachedContentTokenCount: Count,
      thoughtsTokenCount: Count,
      toolUsePromptTokenCount: Count,
    })
    .optional(),
});
export type Answer = z.infer<typeof Answer>;

const FILTERED =
  /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE|MODEL_ARMOR|IMAGE_(?:SAFETY|PROHIBITED_CONTENT|RECITATION))$/;
/** The model began a call or an answer that cannot be used. */
const BROKEN =
  /^(?:MALFORMED_FUNCTION_CALL|UNEXPECTED_TOOL_CALL|TOO_MANY_TOOL_CALLS|MISSING_THOUGHT_SIGNATURE|MALFORMED_RESPONSE|NO_IMAGE|IMAGE_OTHER)$/;

/**
 * @param said whether there is anything to hand on
 * @throws {AppError} `upstream_failed` for an answer that is broken and holds nothing
 */
export function finishOf(reason: string, { called, said }: { called: boolean; said: boolean }): string {
  if (FILTERED.test(reason)) return 'content_filter';
  if (reason === 'MAX_TOKENS') return 'length';
  if (called) return 'tool_calls';
  if (BROKEN.test(reason) && !said) {
    throw new AppError('upstream_failed', `Google Gemini returned no usable response: ${reason}.`, {
      provider: 'google',
      upstream_code: reason,
      next_step: 'Send the request again; if the error persists, simplify the schemas of the tools.',
    });
  }
  return 'stop';
}

const sum = (...counts: readonly (number | null | undefined)[]) =>
  counts.reduce<number>((total, count) => total + (count ?? 0), 0);

/** Thoughts are counted beside the answer there. */
export function usageIn({ usageMetadata: usage }: Answer) {
  return toChatUsage({
    inputTokens: sum(usage?.promptTokenCount, usage?.toolUsePromptTokenCount),
    outputTokens: sum(usage?.candidatesTokenCount, usage?.thoughtsTokenCount),
    cachedInputTokens: sum(usage?.cachedContentTokenCount),
    reasoningTokens: sum(usage?.thoughtsTokenCount),
  });
}

/** Text, thoughts and pictures of an answer's parts. */
export function contentIn(parts: readonly Part[]) {
  const join = (isThought: boolean) =>
    parts.map(({ text = '', thought = false }) => (thought === isThought ? text : '')).join('');
  const images = parts.flatMap(({ inlineData }) =>
    inlineData
      ? [{ type: 'image_url', image_url: { url: `data:${inlineData.mimeType};base64,${inlineData.data}` } }]
      : [],
  );
  const thoughts = join(true);
  return {
    text: join(false),
    more: { ...(thoughts !== '' && { reasoning_content: thoughts }), ...(images.length > 0 && { images }) },
  };
}

/** Calls have no ids there. The answer and the position in it make one that is unique in a conversation. */
export const callsIn = (parts: readonly Part[], { before, answer }: { before: number; answer: string }) =>
  parts
    .filter(({ functionCall }) => functionCall)
    .map(({ functionCall: call, thoughtSignature }, at) => ({
      id:
        call?.id ||
        `call_${createHash('sha256')
          .update(`${answer} ${before + at}`)
          .digest('hex')
          .slice(0, 24)}`,
      type: 'function',
      function: { name: call?.name ?? '', arguments: JSON.stringify(call?.args ?? {}) },
      ...(thoughtSignature !== undefined && {
        extra_content: { google: { thought_signature: thoughtSignature } },
      }),
    }));

/** One piece, or the whole. A prompt that was blocked has no candidate. */
export function pieceOf({ candidates: [candidate] = [], promptFeedback, responseId, modelVersion }: Answer) {
  const blocked = promptFeedback?.blockReason ? 'SAFETY' : undefined;
  return {
    parts: candidate?.content?.parts ?? [],
    reason: candidate?.finishReason ?? blocked,
    head: { id: responseId, model: modelVersion },
  };
}

/** @throws {z.ZodError} */
export function readCompletion(body: unknown): Completion {
  const answer = Answer.refine(
    ({ candidates, promptFeedback }) => candidates?.length || promptFeedback,
  ).parse(body);
  const { parts, reason = 'STOP', head } = pieceOf(answer);
  const calls = callsIn(parts, { before: 0, answer: head.id || JSON.stringify(body) });
  const { text, more } = contentIn(parts);
  const message = {
    role: 'assistant',
    content: calls.length > 0 && text === '' ? null : text,
    ...more,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  const said = text !== '' || 'images' in more;
  return {
    ...head,
    choices: [{ index: 0, message, finish_reason: finishOf(reason, { called: calls.length > 0, said }) }],
    usage: usageIn(answer),
  };
}
