// GET /audit/verification — state of the audit log: the last checkpoint, its public key, and what was verified.
import { readLogStatus } from '#shared/composition/audit-trail.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('audit-verification', {
  action: 'audit.verification_read',
  category: 'user_action',

  async run() {
    return { body: await readLogStatus()() };
  },
});
