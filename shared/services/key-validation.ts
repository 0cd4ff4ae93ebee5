import type { Audit } from '#shared/audit/audit.ts';
import type { Deadline } from '#shared/core/deadline.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';
import { type KeyFormat, type ProviderFacts, requireAccepted } from '#shared/providers/catalog.ts';
import { type AskProvider, assertNotRejected } from '#shared/providers/validation.ts';
import type { Validation } from '#shared/vault/stored-key.ts';

/** Facts about one call that do not depend on its operation. */
export type CallFacts = {
  readonly requestId: string;
  readonly deadline: Deadline;
  /** Writes of the same transaction as the attempt. */
  readonly claim: () => readonly Write[];
};

type NewSecret = {
  readonly facts: ProviderFacts;
  readonly secret: Secret;
  readonly origin?: string;
  readonly format?: KeyFormat;
  readonly target?: string;
};

export type KeyValidation = {
  readonly askProvider: AskProvider;
  /** Not writable → no call: a key never reaches its provider without a record. */
  readonly recordAttempt: (
    ownerId: OwnerId,
    call: CallFacts,
    about: { provider: string; target?: string },
  ) => Promise<void>;
  /** Validates a key that is about to be stored. @throws {AppError} if its provider rejects it */
  readonly validateNew: (ownerId: OwnerId, call: CallFacts, value: NewSecret) => Promise<Validation>;
};

export function createKeyValidation(ports: {
  audit: Pick<Audit, 'commit'>;
  askProvider: AskProvider;
}): KeyValidation {
  const { audit, askProvider } = ports;

  const recordAttempt: KeyValidation['recordAttempt'] = (
    ownerId,
    { requestId, claim },
    { provider, target },
  ) =>
    audit.commit(
      {
        ownerId,
        category: 'user_action',
        act: 'key.validated',
        result: 'attempted',
        requestId,
        target,
        meta: { provider },
      },
      claim(),
    );

  return {
    askProvider,
    recordAttempt,
    async validateNew(ownerId, call, { facts, secret, origin = '', format = 'usual', target }) {
      await recordAttempt(ownerId, call, { provider: facts.id, ...(target !== undefined && { target }) });
      const validation = await askProvider({ facts, secret, origin, deadline: call.deadline });
      assertNotRejected(validation, facts);
      requireAccepted(facts, format, validation.outcome);
      return validation;
    },
  };
}

/** Message to the owner about the validation of a new value. */
export const validationText = (
  { title }: ProviderFacts,
  outcome: Validation['outcome'] | undefined,
): string =>
  outcome === 'valid' ? `${title} accepts the key.` : `The key has not been checked with ${title} yet.`;
