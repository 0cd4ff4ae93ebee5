import type { UsedKey } from '#shared/audit/record.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import { lazy } from '#shared/core/lazy.ts';
import { factsOf, isUpstreamProvider } from '#shared/providers/catalog.ts';
import { notUsable } from '#shared/providers/missing-key.ts';
import { createCheckKey } from '#shared/vault/check.ts';
import { type StoredKey, unusableBecause } from '#shared/vault/stored-key.ts';

import { keyStore } from './key-store.ts';
import { openKey } from './usable-keys.ts';
import { askProvider, type CallFacts, recordAttempt } from './key-validation.ts';

const check = lazy(() => createCheckKey({ keys: keyStore(), open: openKey(), now: Date.now }));

/** A refused key may be tried again; a frozen or expired one stays where it is. */
function admit(key: StoredKey): void {
  if (isUpstreamProvider(key.provider)) {
    throw new AppError('conflict', 'A key for registered tools cannot be checked.', {
      next_step: 'Call one of its tools to use the key.',
    });
  }
  const because = unusableBecause(key, Date.now());
  if (because && because !== 'invalid') throw notUsable({ ...key, because });
}

/** Needs `vault:use`, `keys:put`, `providers:call`, `audit:write`. */
export function checkKey(
  { uid }: Principal,
  keyId: string,
  call: CallFacts & { readonly onUse: (key: UsedKey) => void },
) {
  return check()(
    { uid, keyId },
    {
      admit,
      async attempt({ provider, kid, ver }) {
        await recordAttempt(uid, call, { provider, target: keyId });
        call.onUse({ provider, kid, ver });
      },
      ask: ({ secret, origin }, { provider }) =>
        askProvider()({ facts: factsOf(provider), secret, origin, deadline: call.deadline }),
    },
  );
}
