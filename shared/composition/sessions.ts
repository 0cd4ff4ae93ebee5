import type { Principal } from '#shared/auth/principal.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { sessionTable } from '#shared/aws/session-table.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { createSessionCheck } from '#shared/services/session-check.ts';
import { createOwnSessions, createSessionControl } from '#shared/services/sessions.ts';

import { audit } from './audit.ts';

const now = Date.now;

/** Needs `sessions:check`; `list` needs `sessions:list`; `revoke`, `cutAt` and `close` need `sessions:end`. */
export const sessionStore = /* @__PURE__ */ lazy(() => sessionTable(dynamo(), env('CONTROL_TABLE')));

const createCheck = () => createSessionCheck({ store: sessionStore(), audit: audit(), now });

const sessionCheck = /* @__PURE__ */ lazy(createCheck);

/** Needs `sessions:check`, `audit:write`. @throws {AppError} `unauthenticated` if the caller's session was revoked */
export const admitSession = (principal: Principal, requestId: string): Promise<void> =>
  sessionCheck().admit(principal, requestId);

/** Without cached results: for changes that outlive the session. Needs and throws as above. */
export const admitSessionNow = (principal: Principal, requestId: string): Promise<void> =>
  createCheck().admit(principal, requestId);

/** Needs `sessions:list`. */
export const ownSessions = /* @__PURE__ */ lazy(() => createOwnSessions({ store: sessionStore(), now }));

/** Needs `sessions:end`; `endAllOfUser` needs `audit:write` too. */
export const sessionControl = /* @__PURE__ */ lazy(() =>
  createSessionControl({ store: sessionStore(), audit: audit(), now }),
);
