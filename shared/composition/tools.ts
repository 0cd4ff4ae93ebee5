// Stored registered tools. The list of all tools: tool-list.ts.
import { dynamo } from '#shared/aws/dynamo.ts';
import { toolTable } from '#shared/aws/tool-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createReview } from '#shared/tools/review.ts';

/** Needs `tools:find`, `tools:put`, `tools:delete`: depends on the method. */
export const toolStore = /* @__PURE__ */ lazy(() => toolTable(dynamo(), env('CONTENT_TABLE')));

/** Needs `tools:find`, and `tools:put` or `tools:delete` for the decision. */
export const toolReview = /* @__PURE__ */ lazy(() => createReview({ store: toolStore(), now: Date.now }));
