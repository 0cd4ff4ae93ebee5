import * as z from 'zod/mini';

import { env } from '#shared/core/env.ts';
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createEgress, type Guard } from '#shared/egress/egress.ts';

const Origins = z.array(z.url());
/** The origins alone, or with the remedy that a rejected address names to the person who registers it. */
const ToolOrigins = z.union([Origins, z.object({ origins: Origins, next_step: z.string() })]);

const NEXT_STEP =
  'Use a public https address, or ask the operator to add the exact origin to the parameter ToolOrigins.';

/** Rules that an operator may lift for one origin. */
const LIFTABLE: readonly unknown[] = ['scheme', 'port', 'host', 'address'];

/** The same guard; a rejection that an operator could lift names how. */
function withNextStep(guard: Guard, nextStep: string): Guard {
  const explain = (error: unknown): never => {
    const isLiftable =
      error instanceof AppError && error.code === 'egress_refused' && LIFTABLE.includes(error.details.rule);
    throw isLiftable
      ? new AppError('egress_refused', undefined, { ...error.details, next_step: nextStep })
      : error;
  };
  return {
    send: (request, policy) => guard.send(request, policy).catch(explain),
    stream: (request, policy) => guard.stream(request, policy).catch(explain),
    check(url) {
      try {
        guard.check(url);
      } catch (error) {
        explain(error);
      }
    },
  };
}

/**
 * Needs `tools:reach`. A guard of its own: the origins that the stage trusts for providers are not trusted here, and the
 * gateway must not be made to call itself.
 */
export const toolEgress = lazy(() => {
  const configured = ToolOrigins.parse(JSON.parse(env('TOOL_ORIGINS')));
  const { origins, next_step: nextStep } = Array.isArray(configured)
    ? { origins: configured, next_step: NEXT_STEP }
    : configured;
  const guard = createEgress({
    trustedOrigins: origins,
    ownOrigin: new URL(env('PUBLIC_URL')).origin,
    ownHosts: [new URL(env('PUBLIC_URL')).hostname],
  });
  return withNextStep(guard, nextStep);
});
