// Sampling of rejections that cost the caller nothing: a flood of invalid requests increments a counter instead of
// filling the trail. The first of a kind is recorded, then every hundredth with the count.
import type { Write } from '#shared/core/write.ts';

import type { Audit, AuditDraft } from './audit.ts';
import type { Action } from './record.ts';

/** Rejections before any effect, decryption or outbound call. Calls that may have used a key are always recorded. */
const SAMPLED = new Set([
  'invalid_input',
  'unauthenticated',
  'forbidden',
  'insufficient_scope',
  'not_found',
  'unknown_tool',
  'method_not_allowed',
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
]);

/** Sampled for every code: all callers meet it while an issuer is unavailable. */
const SAMPLED_ACT: Action = 'issuer_keys.refused';

const isCheap = ({ act, result, code = '', keys = [] }: AuditDraft): boolean =>
  result === 'refused' && (SAMPLED.has(code) || act === SAMPLED_ACT) && keys.length === 0;

const EVERY = 100;
const WINDOW_MS = 3600_000;

/** Group of the counter: one kind of rejection, of one owner, in one hour of UTC (`2026-11-23T10`). */
export type RejectionKind = { readonly ownerId: string; readonly hour: string; readonly kind: string };

/** Number of rejections without a record of their own. */
export const unrecorded = (n: number): number => n - 1 - Math.floor(n / EVERY);

/** Port. @returns the count including this rejection */
export type CountRejection = (of: RejectionKind) => Promise<number>;

/** @param changes committed with the record, which is then always written */
export type RecordRejection = (draft: AuditDraft, changes?: readonly Write[]) => Promise<void>;

/** Records an unsuccessful call. Without a count it is recorded, so that a failing counter hides nothing. */
export function createRecordRejection(ports: {
  audit: Audit;
  count: CountRejection;
  now: () => number;
}): RecordRejection {
  const { audit, count, now } = ports;

  const countOf = async ({ ownerId, act, code = '', target = '', meta }: AuditDraft): Promise<number> => {
    const hour = new Date(Math.floor(now() / WINDOW_MS) * WINDOW_MS).toISOString().slice(0, 13);
    const kind = [act, code, target, meta?.reason]
      .filter((part) => part !== undefined && part !== '')
      .join(' ');
    try {
      return await count({ ownerId, hour, kind });
    } catch {
      return 1;
    }
  };

  return async (draft, changes = []) => {
    const { meta } = draft;
    const n = isCheap(draft) && changes.length === 0 ? await countOf(draft) : 1;
    if (n === 1) await audit.commit(draft, changes);
    else if (n % EVERY === 0) await audit.commit({ ...draft, meta: { ...meta, count: n } });
  };
}
