import { dynamo } from '#shared/aws/dynamo.ts';
import { leaseTable } from '#shared/aws/lease-table.ts';
import { isLostWrite } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { keyIdOf } from '#shared/core/ids.ts';
import { lazy } from '#shared/core/lazy.ts';
import { factsOf, keyUrlOf } from '#shared/providers/catalog.ts';
import type { KeyName, OnCall } from '#shared/providers/failover.ts';
import { createTokenRefresh } from '#shared/providers/token-refresh.ts';
import { createRenewal, type RenewalTrail } from '#shared/vault/renewal.ts';
import { tokenRenewal } from '#shared/vault/token-renewal.ts';

import { audit } from './audit.ts';
import { egress } from './egress.ts';
import { fingerprint, sealKey } from './key-seal.ts';
import { keyStore } from './key-store.ts';
import { openKey } from './usable-keys.ts';
import { notices } from './notices.ts';
import { tokenEndpoints } from './token-endpoints.ts';
import { toolEgress } from './tool-egress.ts';

const renewal = lazy(() =>
  createRenewal({
    keys: keyStore(),
    open: openKey(),
    seal: sealKey(),
    fingerprint: fingerprint(),
    leases: leaseTable(dynamo(), { TableName: env('CONTROL_TABLE'), now: Date.now }),
    askNext: tokenRenewal(
      createTokenRefresh({ egress: egress(), endpoints: tokenEndpoints(), outside: toolEgress }),
    ),
    isLost: isLostWrite,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  }),
);

/** Audit records of a renewal, and the notice of a failed one: once a day, regardless of the number of attempts. */
function trailOf({ uid, provider, kid, ver }: KeyName, { requestId }: OnCall): RenewalTrail {
  const keyId = keyIdOf(provider, kid);
  const draft = {
    uid,
    category: 'system',
    reqId: requestId,
    target: keyId,
    keys: [{ provider, kid, ver }],
  } as const;
  return {
    attempt: () =>
      audit().commit({ ...draft, act: 'key.renewed', result: 'attempted', meta: { provider, version: ver } }),
    commit: (next, change) =>
      audit().commit(
        { ...draft, act: 'key.renewed', result: 'succeeded', meta: { provider, version: next.ver } },
        [change],
      ),
    failed({ last4 }, outcome) {
      const facts = factsOf(provider);
      const { title } = facts;
      const told = notices().raise(
        {
          uid,
          kind: 'renewal_failed',
          severity: 'warning',
          subject: keyId,
          dedupeKey: new Date().toISOString().slice(0, 10),
          text: `Your ${title} credential …${last4} could not be renewed. It remains usable until its access token expires.`,
          next_step:
            outcome === 'refused'
              ? `Sign in at ${title} again and store the new tokens with POST /api-keys/oauth.`
              : 'Renewal is retried automatically. If it keeps failing, store new tokens with POST /api-keys/oauth.',
          ...keyUrlOf(facts),
        },
        requestId,
      );
      return audit().commit(
        {
          ...draft,
          act: 'key.renewal_failed',
          result: 'failed',
          meta: { provider, version: ver, outcome },
        },
        told,
      );
    },
  };
}

/** Needs `vault:use`, `keys:put`, `keys:seal`, `leases:acquire`, `renewal-endpoints:read`, `providers:call`, `notices:raise`, `audit:write`; `tools:reach` for keys of registered tools. */
export const renewKey = (key: KeyName, call: OnCall & { readonly wait: boolean }) =>
  renewal()(key, { deadline: call.deadline, wait: call.wait, trail: trailOf(key, call) });
