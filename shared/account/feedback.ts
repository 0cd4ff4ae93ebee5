// Feedback of users: one answer a day, stored without its owner, and steps of the guided setup.
import { randomBytes } from 'node:crypto';
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';

/** Steps that only the client sees. Stored keys and calls are counted from their own records. */
const SETUP_STEPS = ['started', 'key_page_opened', 'tested', 'client_connected'] as const;

export const FeedbackBody = z
  .strictObject({
    confidence: z.int().min(0).max(10).optional().describe('0: none, 10: full confidence.'),
    text: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('With `confidence`. Secrets and addresses are masked.'),
    setup_step: z.enum(SETUP_STEPS).optional().describe('A step of the guided setup that was reached.'),
  })
  .refine(
    ({ confidence, setup_step }) => (confidence === undefined) !== (setup_step === undefined),
    'Name confidence or setup_step, and not both.',
  )
  .refine(({ confidence, text }) => text === undefined || confidence !== undefined, 'text needs confidence.');
export type FeedbackBody = z.infer<typeof FeedbackBody>;

/** An answer, in a partition of its day and without its owner or time. */
export type Answer = { readonly id: string; readonly confidence: number; readonly text?: string | undefined };

/** Port. */
export type FeedbackStore = {
  /** Rejected with `conflict` if the owner answered on this day. */
  readonly unlessAnswered: (ownerId: OwnerId, day: string) => Write;
  readonly answer: (day: string, answer: Answer) => Write;
};

/** @param ports.mask removes secrets and personal data */
export function createGiveFeedback(ports: {
  readonly store: FeedbackStore;
  readonly mask: (text: string) => string;
  readonly now: () => number;
}) {
  const { store, mask, now } = ports;
  return (
    ownerId: OwnerId,
    body: FeedbackBody,
  ): { readonly writes: readonly Write[]; readonly target: string } => {
    const { confidence, text, setup_step: step } = body;
    if (step !== undefined) return { writes: [], target: `setup:${step}` };
    if (confidence === undefined) throw new AppError('invalid_input');
    const day = new Date(now()).toISOString().slice(0, 10);
    const id = randomBytes(16).toString('base64url');
    const answer = { id, confidence, ...(text !== undefined && { text: mask(text) }) };
    return { writes: [store.unlessAnswered(ownerId, day), store.answer(day, answer)], target: 'confidence' };
  };
}
