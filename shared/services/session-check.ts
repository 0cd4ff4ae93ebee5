import type { Principal } from '#shared/auth/principal.ts';
import { createSessions } from '#shared/auth/sessions.ts';
import { lazy } from '#shared/core/lazy.ts';

import { audit } from './audit.ts';
import { sessionStore } from './session-store.ts';

const createCheck = () =>
  createSessions({
    store: sessionStore(),
    commitRoles: ({ uid, roles }, reqId, write) =>
      audit().commit(
        {
          uid,
          category: 'authentication',
          act: 'roles.changed',
          result: 'succeeded',
          reqId,
          meta: { outcome: roles.join(' ') },
        },
        [write],
      ),
    now: Date.now,
  });

const sessions = lazy(createCheck);

/** Needs `sessions:check`, `audit:write`. @throws {AppError} `unauthenticated` when the caller's session was ended */
export const admitSession = (principal: Principal, requestId: string): Promise<void> =>
  sessions().admit(principal, requestId);

/** Without the memory of the last ten seconds: for what would outlive the session that does it. Needs and throws as above. */
export const admitSessionNow = (principal: Principal, requestId: string): Promise<void> =>
  createCheck().admit(principal, requestId);
