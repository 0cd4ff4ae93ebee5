// Egress of registered tools: a guard of its own, whose rejections name the remedy.
import { AppError } from '#shared/core/errors.ts';
import { createEgress, type Guard } from '#shared/egress/egress.ts';
import type { ToolOrigins } from '#shared/egress/origins.ts';

const NEXT_STEP =
  'Use a public https address, or ask the operator to add the exact origin to the parameter ToolOrigins.';

/** Rules that an operator may lift for one origin. */
const LIFTABLE: readonly unknown[] = ['scheme', 'port', 'host', 'address'];

/** The same guard; a rejection that an operator could lift names the parameter. */
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

/** @param own the gateway itself, which must not be made to call itself */
export function createToolEgress(
  configured: ToolOrigins,
  own: { ownOrigin: string; ownHosts: string[] },
): Guard {
  const { origins, next_step: nextStep } =
    'origins' in configured ? configured : { origins: configured, next_step: NEXT_STEP };
  return withNextStep(createEgress({ trustedOrigins: origins, ...own }), nextStep);
}
