// Refusals that cost nothing to ask for are sampled in the trail: whoever floods us with bad requests fills a counter, not
// the trail. The first of a kind is recorded, then every hundredth with how many there were.
import type { Write } from '#shared/core/write.ts';

import type { Audit, AuditDraft } from './audit.ts';
import type { Action } from './record.ts';

/** Refused before anything was done, opened or asked outside. Whatever may have used a key is recorded each time. */
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

/** Whatever the code: met by everybody who comes while an issuer is down. */
const SAMPLED_ACT: Action = 'issuer_keys.refused';

const isCheap = ({ act, result, code = '', keys = [] }: AuditDraft): boolean =>
  result === 'refused' && (SAMPLED.has(code) || act === SAMPLED_ACT) && keys.length === 0;

const EVERY = 100;
const WINDOW_MS = 3600_000;

/** What is counted together: one kind of refusal, of one owner, in one hour of UTC (`2026-11-23T10`). */
export type RefusalKind = { readonly uid: string; readonly hour: string; readonly kind: string };

/** Of so many, those that have no record of their own. */
export const unrecorded = (n: number): number => n - 1 - Math.floor(n / EVERY);

/** Port. @returns how many there were, this one included */
export type CountRefusal = (of: RefusalKind) => Promise<number>;

/** @param changes to be committed with the record: then there is one */
export type Refuse = (draft: AuditDraft, changes?: readonly Write[]) => Promise<void>;

/** Records a call that did not succeed. What is not counted is recorded, so that a failing counter hides nothing. */
export function createRefuse(ports: { audit: Audit; count: CountRefusal; now: () => number }): Refuse {
  const { audit, count, now } = ports;

  const countOf = async ({ uid, act, code = '', target = '', meta }: AuditDraft): Promise<number> => {
    const hour = new Date(Math.floor(now() / WINDOW_MS) * WINDOW_MS).toISOString().slice(0, 13);
    const kind = [act, code, target, meta?.reason]
      .filter((part) => part !== undefined && part !== '')
      .join(' ');
    try {
      return await count({ uid, hour, kind });
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
