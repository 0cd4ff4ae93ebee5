// GET /audit/logs — the caller's own trail, newest first; for auditors and admins that of any owner, or of all.
import { AuditQuery } from '#shared/audit/api.ts';
import { readAuditTrail } from '#shared/composition/audit-trail.ts';

import { authenticatedRoute } from './edge/authenticated-route.ts';

export const handler = authenticatedRoute('audit-logs', {
  input: { query: AuditQuery },
  action: 'audit.read',
  category: 'user_action',

  async run({ input: { query }, principal }) {
    const { page, of } = await readAuditTrail()(principal, query);
    return {
      body: page,
      meta: { count: page.logs.length },
      ...(of !== principal.ownerId && { target: of }),
    };
  },
});
