// Routes that change something. Apart from reading routes, whose bundles need no idempotency store.
import type { RouteName } from '#functions/routes.ts';
import { beginIdempotentRequest } from '#shared/composition/idempotency.ts';

import { callerRoute, type Parts, type UseCase } from './authenticated-route.ts';

/** A request that names an idempotency key is executed once. */
export const writeRoute = <Schemas extends Parts>(name: RouteName<'write'>, useCase: UseCase<Schemas>) =>
  callerRoute(name, useCase, beginIdempotentRequest);
