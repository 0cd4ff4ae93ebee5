import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { toolTable } from '#shared/aws/tool-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';
import { createReview, isRegistrar } from '#shared/tools/review.ts';

/** Needs `tools:find`, `tools:put`, `tools:delete`: whichever of its methods is called. */
export const toolStore = lazy(() => toolTable(dynamo(), env('CONTENT_TABLE')));

/** Needs `tools:find`, and `tools:put` or `tools:delete` for what is decided. */
export const toolReview = lazy(() => createReview({ store: toolStore(), now: Date.now }));

/** Needs `tools:find`. The caller's own, and everybody's: as drafts where they are the caller's to decide on. */
export async function registeredFor(principal: Principal): Promise<RegisteredTool[]> {
  const [own, shared] = await Promise.all([toolStore().list(principal.uid), toolStore().list('shared')]);
  const names = new Set(own.map(({ name }) => name));
  const everybodys = shared.filter(
    ({ name, state }) => !names.has(name) && (state === 'active' || isRegistrar(principal)),
  );
  return [...own, ...everybodys];
}
