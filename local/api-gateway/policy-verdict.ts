// The policy an authorizer returns, evaluated for one method.
import * as z from 'zod';

import { matchesWildcard } from '#local/lambda/arn-like.ts';

const OneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** Conditions and the Not… forms are not supported: a policy with them is rejected. */
export const Policy = z.object({
  Version: z.string().optional(),
  Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]).pipe(
    z.array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.enum(['Allow', 'Deny']),
        Action: OneOrMore,
        Resource: OneOrMore,
      }),
    ),
  ),
});
export type Policy = z.output<typeof Policy>;

export type PolicyVerdict = 'allowed' | 'denied' | 'not allowed';

/** An explicit Deny wins; without an Allow the decision is an implicit deny. */
export function evaluate({ Statement }: Policy, arn: string): PolicyVerdict {
  const effects = Statement.filter(
    ({ Action, Resource }) =>
      Action.some((action) => matchesWildcard(action.toLowerCase(), 'execute-api:invoke')) &&
      Resource.some((resource) => matchesWildcard(resource, arn)),
  ).map(({ Effect }) => Effect);
  if (effects.includes('Deny')) return 'denied';
  return effects.includes('Allow') ? 'allowed' : 'not allowed';
}
