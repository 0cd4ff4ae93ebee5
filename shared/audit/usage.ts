// A projection of the trail: how often each owner did what, by day.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';

import { ACTIONS, CATEGORIES, RESULTS } from './record.ts';

/** `detail` of an `audit.recorded` event: what the pipe takes from a new row. */
export const AuditedEvent = z.object({
  eventId: z.string().min(1),
  uid: z.string().min(1),
  act: z.enum(ACTIONS),
  category: z.enum(CATEGORIES),
  result: z.enum(RESULTS),
  ts: z.iso.datetime({ precision: 3 }),
  /** Of what, why, how bad: empty where the record does not say. */
  target: z.string().optional(),
  reason: z.string().optional(),
  severity: z.string().optional(),
});
export type AuditedEvent = z.infer<typeof AuditedEvent>;

/** Port. */
export type UsageStore = {
  /** Refused with `conflict` when this event was counted before. */
  readonly once: (event: AuditedEvent) => Write;
  readonly count: (event: AuditedEvent) => Write;
  /** Refused with `conflict` when the owner's erasure is under way or came after this event. */
  readonly unlessErased: (event: AuditedEvent) => Write;
};

/** Counts an event exactly once, however often it is delivered, and never for an owner who has left since. */
export function createUsage({ store, commit }: { store: UsageStore; commit: Commit }) {
  return async (event: AuditedEvent): Promise<'counted' | 'ignored'> => {
    if (event.act === 'account.erased') return 'ignored'; // counting it would begin a new account
    try {
      await commit([store.once(event), store.count(event), store.unlessErased(event)]);
      return 'counted';
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict') return 'ignored';
      throw error;
    }
  };
}
