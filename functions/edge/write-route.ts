// Routes that change something. Apart from reading routes, whose bundles need no idempotency store.
import type { RouteName } from '#functions/routes.ts';
import type { CacheTag } from '#shared/cache/policy.ts';
import { invalidateCache } from '#shared/composition/cache.ts';
import { beginIdempotentRequest } from '#shared/composition/idempotency.ts';
import type { OwnerId } from '#shared/core/ids.ts';

import { type Answer, callerRoute, type Parts, type UseCase } from './authenticated-route.ts';

type Options = {
  /** Cached responses that depend on what the route changes: invalidated in the commit of the change. */
  readonly invalidates?: readonly CacheTag[];
};

/** A request that changes nothing invalidates nothing. */
function withInvalidation(answer: Answer, ownerId: OwnerId, tags: readonly CacheTag[]): Answer {
  if (tags.length === 0 || 'recorded' in answer) return answer;
  const { writes = [], owner = ownerId } = answer;
  return writes.length === 0 ? answer : { ...answer, writes: [...writes, invalidateCache(owner, tags)] };
}

/** A request that names an idempotency key is executed once. */
export const writeRoute = <Schemas extends Parts>(
  name: RouteName<'write'>,
  { invalidates = [], ...useCase }: UseCase<Schemas> & Options,
) =>
  callerRoute(
    name,
    {
      ...useCase,
      run: async (call) => withInvalidation(await useCase.run(call), call.principal.ownerId, invalidates),
    },
    beginIdempotentRequest,
  );
