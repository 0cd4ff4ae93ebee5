// Schemas of the audit routes.
import * as z from 'zod';

import { OwnerId } from '#shared/core/ids.ts';
import { PageQuery } from '#shared/core/page.ts';

import { ANONYMOUS } from './audit.ts';
import { ACTIONS, CATEGORIES, RESULTS } from './record.ts';

export const AuditQuery = PageQuery.extend({
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  category: z.enum(CATEGORIES).optional(),
  action: z.enum(ACTIONS).optional(),
  result: z.enum(RESULTS).optional(),
  target: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Subject of the action: a tool, a key id, an owner.'),
  user_id: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'For auditors and admins: the owner of the records, a subject at their own issuer. Without it and `owner` they read the records of all owners.',
    ),
  owner: z
    .union([OwnerId, z.literal(ANONYMOUS)])
    .optional()
    .describe('The owner by the id in the records; `anonymous` has the rejected sign-ins.'),
})
  .strict()
  .refine(({ user_id, owner }) => !user_id || !owner, 'Name user_id or owner, not both.');
export type AuditQuery = z.infer<typeof AuditQuery>;

/** One record as returned to clients. `user_id` is the requested subject, otherwise the owner id. */
export type AuditEntry = {
  readonly event_id: string;
  readonly time: string;
  readonly user_id: string;
  readonly action: string;
  readonly category: string;
  readonly target?: string | undefined;
  readonly result: string;
  readonly error?: string | undefined;
  readonly request_id: string;
  readonly keys?: readonly { key_id: string; version: number }[] | undefined;
  readonly metadata: Readonly<Record<string, string | number>>;
};

export type AuditPage = {
  readonly logs: readonly AuditEntry[];
  /** Exact up to 1,000; beyond that `pagination.total_is_exact` is false. */
  readonly total_count: number;
  readonly pagination: {
    readonly limit: number;
    readonly next_cursor: string | null;
    readonly total_is_exact: boolean;
    /** Start of the range, for the records of all owners: seven days before its end, unless the request names one. */
    readonly from?: string | undefined;
  };
};
