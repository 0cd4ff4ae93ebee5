import { createGiveFeedback } from '#shared/account/feedback.ts';
import { mask } from '#shared/audit/mask.ts';
import { feedbackTable } from '#shared/aws/feedback-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

/** Needs `feedback:give`. */
export const giveFeedback = /* @__PURE__ */ lazy(() =>
  createGiveFeedback({ store: feedbackTable(env('CONTENT_TABLE')), mask, now: Date.now }),
);
