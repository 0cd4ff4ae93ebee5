import type { UsedKey } from '#shared/audit/record.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { factsOf, isUpstreamProvider } from '#shared/providers/catalog.ts';
import { notUsable } from '#shared/providers/missing-key.ts';
import { createCheckKey } from '#shared/vault/check.ts';
import type { OpenKey } from '#shared/vault/open-key.ts';
import { type KeyStore, type StoredKey, unusableBecause } from '#shared/vault/stored-key.ts';

import type { CallFacts, KeyValidation } from './key-validation.ts';

type Ports = {
  readonly keys: KeyStore;
  readonly open: OpenKey;
  readonly validation: Pick<KeyValidation, 'askProvider' | 'recordAttempt'>;
  readonly now: () => number;
};

/** Validates a stored key with its provider. A rejected key may be tried again; a frozen or expired one is not. */
export function createCheckStoredKey({ keys, open, validation, now }: Ports) {
  const check = createCheckKey({ keys, open, now });
  const { askProvider, recordAttempt } = validation;

  function admit(key: StoredKey): void {
    if (isUpstreamProvider(key.provider)) {
      throw new AppError('conflict', 'A key for registered tools cannot be checked.', {
        next_step: 'Call one of its tools to use the key.',
      });
    }
    const because = unusableBecause(key, now());
    if (because && because !== 'invalid') throw notUsable({ ...key, because });
  }

  return (
    { ownerId }: Principal,
    keyId: string,
    call: CallFacts & { readonly onUse: (key: UsedKey) => void },
  ) =>
    check(
      { ownerId, keyId },
      {
        admit,
        async attempt({ provider, kid, version }) {
          await recordAttempt(ownerId, call, { provider, target: keyId });
          call.onUse({ provider, kid, version });
        },
        ask: ({ secret, origin }, { provider }) =>
          askProvider({ facts: factsOf(provider), secret, origin, deadline: call.deadline }),
      },
    );
}
