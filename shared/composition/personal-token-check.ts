// A file of its own: the authorizer loads it only for personal access tokens.
import { createResolvePersonalToken } from '#shared/auth/personal-tokens.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { personalTokenTable } from '#shared/aws/personal-token-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';

import { issuers } from './configuration.ts';
import { stageKey } from './stage-secret.ts';

/** Needs `personal-tokens:resolve`, `issuers:read`. @throws {AppError} `unauthenticated` with its reason class */
export const resolvePersonalToken = /* @__PURE__ */ lazy(() =>
  createResolvePersonalToken({
    store: personalTokenTable(dynamo(), env('CONTROL_TABLE')),
    key: () => stageKey('personal-tokens'),
    isTrusted: (name) => issuers().some(({ issuer }) => issuer === name),
    now: Date.now,
  }),
);
