// One question to several models, side by side. Each is a call of its own: what is recorded, counted and paid for one says
// nothing of the others.
import * as z from 'zod';

import { ERRORS } from '#shared/core/errors.ts';

import { ASKS, MaxTokens, Messages, Model, Provider, Usage } from './ai-input.ts';
import { defineTool, type InvokeResult } from '#shared/tools/tool.ts';

const Target = z.strictObject({ provider: Provider, model: Model.optional() });
type Target = z.infer<typeof Target>;

const Said = z.object({
  provider: z.string(),
  model: z.string(),
  text: z.string(),
  finish_reason: z.string(),
  usage: Usage,
});

/** Entry of a model that could not answer: the error code, and the next step for its owner. */
const Failed = z.object({
  provider: z.string(),
  model: z.string().nullable(),
  error: z.object({ code: z.string(), detail: z.string(), next_step: z.string() }),
});

const Summary = z.object({
  answers: z
    .array(z.looseObject({ provider: z.string(), model: z.string().nullable() }))
    .describe('Each with text, finish_reason and usage as of ai_chat, or with an error'),
  answered: z.number().int(),
});

function comparedAnswer({ provider, model }: Target, answer: InvokeResult) {
  if (answer.ok) return Said.parse(answer.result);
  const { code, message, details } = answer.error;
  return {
    provider,
    model: model ?? null,
    error: { code, detail: message, next_step: details.next_step ?? ERRORS[code][2] },
  };
}

export const aiCompare = defineTool({
  ...ASKS,
  name: 'ai_compare',
  title: 'Compare AI models',
  description:
    "Sends the same prompt to two to four models concurrently, on the caller's own stored keys. Counts as one call for each.",
  input: z.strictObject({
    messages: Messages,
    targets: z.array(Target).min(2).max(4).describe('Providers and models to compare'),
    max_tokens: MaxTokens.optional(),
    temperature: z.number().min(0).max(2).optional(),
  }),
  output: z.object({ answers: z.array(z.union([Said, Failed])), answered: z.number().int() }),
  outputSummary: Summary,
  examples: [
    {
      messages: [{ role: 'user', content: 'Name a good book.' }],
      targets: [{ provider: 'openai' }, { provider: 'anthropic' }],
    },
  ],
  async run({ targets, ...rest }, { also }) {
    const answers = await Promise.all(
      targets.map(async (target) => comparedAnswer(target, await also('ai_chat', { ...rest, ...target }))),
    );
    const answered = answers.filter((answer) => 'text' in answer).length;
    return { output: { answers, answered }, meta: { count: targets.length } };
  },
});
