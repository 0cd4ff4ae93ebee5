// Schemas of the audit routes.
import * as z from 'zod';

import { PageQuery } from '#shared/core/page.ts';

import { ACTIONS, CATEGORIES, RESULTS } from './record.ts';

export const AuditQuery = PageQuery.extend({
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  category: z.enum(CATEGORIES).optional(),
  action: z.enum(ACTIONS).optional(),
  result: z.enum(RESULTS).optional(),
}).strict();
export type AuditQuery = z.infer<typeof AuditQuery>;

/** One record as clients see it. `user_id` is the caller's own subject on their own records. */
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
  };
};
