import type { Deadline } from '#shared/core/deadline.ts';
import type { Uid } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';
import { type KeyFormat, type ProviderFacts, requireAccepted } from '#shared/providers/catalog.ts';
import { createAskProvider, refuseRejected } from '#shared/providers/validation.ts';
import type { Validation } from '#shared/vault/stored-key.ts';

import { audit } from './audit.ts';
import { egress } from './egress.ts';
import { providerOrigins } from './provider-origins.ts';

/** Facts about one call that do not depend on its operation. */
export type CallFacts = {
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Writes of the same transaction as the attempt. */
  readonly claim: () => readonly Write[];
};

/** Needs `providers:call`. */
export const askProvider = lazy(() =>
  createAskProvider({ egress: egress(), origins: providerOrigins(), now: Date.now }),
);

/** Needs `audit:write`. Not writable → no call: a key never reaches its provider without a trace. */
export const recordAttempt = (
  uid: Uid,
  { requestId, claim }: CallFacts,
  { provider, target }: { provider: string; target?: string },
): Promise<void> =>
  audit().commit(
    {
      uid,
      category: 'user_action',
      act: 'key.validated',
      result: 'attempted',
      reqId: requestId,
      target,
      meta: { provider },
    },
    claim(),
  );

type NewSecret = {
  readonly facts: ProviderFacts;
  readonly secret: Secret;
  readonly origin?: string;
  readonly format?: KeyFormat;
  readonly target?: string;
};

/** Needs `audit:write`, `providers:call`. Of a key that is about to be stored: one that is refused is not. */
export async function validateNew(
  uid: Uid,
  call: CallFacts,
  { facts, secret, origin = '', format = 'usual', target }: NewSecret,
): Promise<Validation> {
  await recordAttempt(uid, call, { provider: facts.id, ...(target !== undefined && { target }) });
  const { deadline } = call;
  const validation = await askProvider()({ facts, secret, origin, deadline });
  refuseRejected(validation, facts);
  requireAccepted(facts, format, validation.outcome);
  return validation;
}

/** Message to the owner about the validation of a new value. */
export const wordsOf = ({ title }: ProviderFacts, outcome: Validation['outcome'] | undefined): string =>
  outcome === 'valid' ? `${title} accepts the key.` : `The key has not been checked with ${title} yet.`;
