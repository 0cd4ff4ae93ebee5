// A whole answer of Gemini as a chat completion.
import * as z from 'zod';

import { type Completion, usageOf } from '#shared/providers/chat-answer.ts';

const Count = z.int().nullish();

const Part = z.object({
  text: z.string().optional(),
  /** Thought, not said. */
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
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
    })
    .optional(),
});
type Answer = z.infer<typeof Answer>;

const FILTERED = /^(?:SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE|IMAGE_SAFETY)$/;

export function finishOf(reason: string, called: boolean): string {
  if (FILTERED.test(reason)) return 'content_filter';
  if (reason === 'MAX_TOKENS') return 'length';
  if (called) return 'tool_calls';
  return reason.toLowerCase(); // `STOP` first of all
}

/** Thoughts are counted beside the answer there. */
export function usageIn({ usageMetadata: usage }: Answer) {
  const thoughts = usage?.thoughtsTokenCount ?? 0;
  return usageOf({
    inputTokens: usage?.promptTokenCount ?? 0,
    outputTokens: (usage?.candidatesTokenCount ?? 0) + thoughts,
    cachedInputTokens: usage?.cachedContentTokenCount ?? 0,
    reasoningTokens: thoughts,
  });
}

export const saidIn = (parts: readonly Part[]) =>
  parts.map(({ text = '', thought }) => (thought ? '' : text)).join('');

/** Calls have no ids there; the position in the answer makes one. */
export const callsIn = (parts: readonly Part[], before: number) =>
  parts
    .filter(({ functionCall }) => functionCall)
    .map(({ functionCall: call, thoughtSignature }, at) => ({
      id: call?.id ?? `call_${before + at}_${call?.name ?? ''}`,
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
  const calls = callsIn(parts, 0);
  const text = saidIn(parts);
  const message = {
    role: 'assistant',
    content: calls.length > 0 && text === '' ? null : text,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    ...head,
    choices: [{ index: 0, message, finish_reason: finishOf(reason, calls.length > 0) }],
    usage: usageIn(answer),
  };
}
