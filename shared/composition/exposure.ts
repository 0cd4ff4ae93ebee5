// Containment of leaked keys and personal access tokens.
import { hashPersonalToken } from '#shared/auth/personal-token.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { leakIndex } from '#shared/aws/leak-index.ts';
import { personalTokenTable } from '#shared/aws/personal-token-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createContainLeak } from '#shared/services/exposure.ts';

import { audit } from './audit.ts';
import { invalidateCache } from './cache.ts';
import { fingerprint, keyStore } from './keys.ts';
import { notices } from './notices.ts';
import { stageKey } from './stage-secret.ts';

/** Needs those of `CONTAIN_LEAKS`. */
export const containLeak = /* @__PURE__ */ lazy(() =>
  createContainLeak({
    fingerprint: fingerprint(),
    index: leakIndex(dynamo(), env('VAULT_TABLE')),
    keys: keyStore(),
    tokens: personalTokenTable(dynamo(), env('CONTROL_TABLE')),
    hashToken: async (text) => hashPersonalToken(await stageKey('personal-tokens'), text),
    notices: notices(),
    audit: audit(),
    invalidateCache,
    now: Date.now,
  }),
);
