import type { Audit } from '#shared/audit/audit.ts';
import { createSessions, type SessionPorts, type Sessions } from '#shared/auth/sessions.ts';

type Ports = Omit<SessionPorts, 'commitRoles'> & { readonly audit: Pick<Audit, 'commit'> };

/** Session check that records changes of roles. */
export const createSessionCheck = ({ audit, ...ports }: Ports): Sessions =>
  createSessions({
    ...ports,
    commitRoles: ({ ownerId, roles }, requestId, write) =>
      audit.commit(
        {
          ownerId,
          category: 'authentication',
          act: 'roles.changed',
          result: 'succeeded',
          requestId,
          meta: { outcome: roles.join(' ') },
        },
        [write],
      ),
  });
