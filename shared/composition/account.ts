// Preferences of an owner, and erasure of the account.
import { NO_PREFERENCES } from '#shared/account/preferences.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { erasureTable } from '#shared/aws/erasure-table.ts';
import { ledgerTable, removeLedger } from '#shared/aws/ledger-table.ts';
import { preferenceTable } from '#shared/aws/preference-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { cachedPreference } from '#shared/providers/preference.ts';
import { createEraseAccount } from '#shared/services/erasure.ts';
import { createChangePreferences, createOwnPreferences } from '#shared/services/preferences.ts';

import { audit } from './audit.ts';
import { budgets } from './configuration.ts';
import { keyStore } from './keys.ts';

const KEEP_MS = 10_000;

/** Needs `preferences:read` or `preferences:write`: depends on the method. */
const preferenceStore = /* @__PURE__ */ lazy(() => preferenceTable(dynamo(), env('CONTENT_TABLE')));

/** Needs `preferences:read`. Defaults of an owner for calls that leave them out; every instance follows a change within 10 s. */
export const preferenceOf = /* @__PURE__ */ lazy(() =>
  cachedPreference(async (owner) => (await preferenceStore().find(owner)) ?? NO_PREFERENCES, {
    keepMs: KEEP_MS,
    now: Date.now,
  }),
);

/** Needs `preferences:read`. */
export const ownPreferences = /* @__PURE__ */ lazy(() => createOwnPreferences(preferenceStore()));

/** Needs `preferences:read`, `preferences:write`. */
export const changePreferences = /* @__PURE__ */ lazy(() =>
  createChangePreferences({
    store: preferenceStore(),
    ledgers: ledgerTable(dynamo(), env('CONTROL_TABLE')),
    budgets: budgets(),
    now: Date.now,
  }),
);

/** Needs `account:erase`, `keys:read`, `keys:delete`, `audit:write`. */
export const eraseAccount = /* @__PURE__ */ lazy(() =>
  createEraseAccount({
    store: erasureTable(dynamo(), {
      content: env('CONTENT_TABLE'),
      control: env('CONTROL_TABLE'),
      cache: env('CACHE_TABLE'),
    }),
    keys: keyStore(),
    forgetUsage: removeLedger(env('CONTROL_TABLE')),
    commit: transaction(dynamo()),
    audit: audit(),
    now: Date.now,
  }),
);
