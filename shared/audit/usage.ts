// Projection of the audit trail: daily counts of each owner's actions, and the usage of their tool calls.
import * as z from 'zod';

import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';

import { ACTIONS, CATEGORIES, RESULTS } from './record.ts';

/** `detail` of an `audit.recorded` event: the fields that the pipe takes from a new row. */
export const AuditedEvent = z.object({
  eventId: z.string().min(1),
  ownerId: z.string().min(1),
  act: z.enum(ACTIONS),
  category: z.enum(CATEGORIES),
  result: z.enum(RESULTS),
  ts: z.iso.datetime({ precision: 3 }),
  /** Target, reason and severity: empty if the record has none. */
  target: z.string().optional(),
  reason: z.string().optional(),
  severity: z.string().optional(),
  provider: z.string().optional(),
  /** `<provider>_<kid>`, in the order of use, separated by a space. */
  usedKeys: z.string().optional(),
  inputTokens: z.string().optional(),
  outputTokens: z.string().optional(),
  costMicroUsd: z.string().optional(),
});
export type AuditedEvent = z.infer<typeof AuditedEvent>;

/** Port. */
export type UsageStore = {
  /** Rejected with `conflict` if this event was counted before. */
  readonly unlessCounted: (event: AuditedEvent) => Write;
  readonly count: (event: AuditedEvent) => Write;
  /** Adds to the counters of the owner's day. */
  readonly use: (event: AuditedEvent, counters: ReadonlyMap<string, number>) => Write;
  /** Rejected with `conflict` if the owner's erasure is in progress or came after this event. */
  readonly unlessErased: (event: AuditedEvent) => Write;
};

const numberIn = (text: string | undefined) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : 0);

/**
 * Increments of an ended tool call, by `<tool|provider|key>:<name>:<what>`. Every key that was tried counts the call;
 * tokens and cost belong to the last one, which served it.
 */
function usesIn(event: AuditedEvent): ReadonlyMap<string, number> {
  const { act, result, target, provider } = event;
  if (act !== 'tool.called' || result === 'attempted') return new Map();
  const keys = (event.usedKeys ?? '').split(' ').filter((key) => key !== '');
  const used = Object.entries({
    input_tokens: numberIn(event.inputTokens),
    output_tokens: numberIn(event.outputTokens),
    cost_micro_usd: numberIn(event.costMicroUsd),
  }).filter(([, amount]) => amount > 0);
  const subject = (name: string) => [[`${name}:${result}`, 1] as const];
  const serving = (name: string) => used.map(([what, amount]) => [`${name}:${what}`, amount] as const);
  const both = (name: string) => [...subject(name), ...serving(name)];
  const last = keys.at(-1);
  const asked = provider || last?.split('_')[0];
  return new Map([
    ...both(`tool:${target || 'unknown'}`),
    ...(asked ? both(`provider:${asked}`) : []),
    ...[...new Set(keys)].flatMap((key) => subject(`key:${key}`)),
    ...(last === undefined ? [] : serving(`key:${last}`)),
  ]);
}

/** Counts an event exactly once, however often it is delivered, and never for an owner erased since. */
export function createUsage({ store, commit }: { store: UsageStore; commit: Commit }) {
  return async (event: AuditedEvent): Promise<'counted' | 'ignored'> => {
    if (event.act === 'account.erased') return 'ignored'; // counting it would begin a new account
    try {
      const counters = usesIn(event);
      const uses = counters.size > 0 ? [store.use(event, counters)] : [];
      await commit([store.unlessCounted(event), store.count(event), ...uses, store.unlessErased(event)]);
      return 'counted';
    } catch (error) {
      if (error instanceof AppError && error.code === 'conflict') return 'ignored';
      throw error;
    }
  };
}
