import { dynamo } from '#shared/aws/dynamo.ts';
import { personalTokenTable } from '#shared/aws/personal-token-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import {
  createCreatePersonalToken,
  createOwnPersonalTokens,
  createRevokePersonalToken,
} from '#shared/services/personal-tokens.ts';

import { admitSessionNow, sessionStore } from './sessions.ts';
import { stageKey } from './stage-secret.ts';

const now = Date.now;

/** Each method needs the need of its name. */
const personalTokenStore = /* @__PURE__ */ lazy(() => personalTokenTable(dynamo(), env('CONTROL_TABLE')));

/** Needs `personal-tokens:create`, `sessions:check`, `audit:write`. */
export const createPersonalToken = /* @__PURE__ */ lazy(() =>
  createCreatePersonalToken({
    store: personalTokenStore(),
    key: () => stageKey('personal-tokens'),
    admitSession: admitSessionNow,
    now,
  }),
);

/** Needs `personal-tokens:list`, `sessions:list`. */
export const ownPersonalTokens = /* @__PURE__ */ lazy(() =>
  createOwnPersonalTokens({ store: personalTokenStore(), sessions: sessionStore(), now }),
);

/** Needs `personal-tokens:revoke`. */
export const revokePersonalToken = /* @__PURE__ */ lazy(() =>
  createRevokePersonalToken({ store: personalTokenStore(), now }),
);
