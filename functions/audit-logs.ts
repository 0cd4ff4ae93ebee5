// GET /audit/logs — the caller's own trail, newest first.
import * as z from 'zod';

import { AuditQuery } from '#shared/audit/api.ts';
import { ownTrail } from '#shared/services/audit-trail.ts';

import { route } from './http.ts';

export const handler = route('audit-logs', {
  input: z.object({ query: AuditQuery }),
  action: 'audit.read',
  category: 'user_action',

  async run({ input: { query }, principal }) {
    const body = await ownTrail(principal, query);
    return { body, meta: { count: body.logs.length } };
  },
});
