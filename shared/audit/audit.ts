import { newUlid } from '#shared/core/ulid.ts';
import type { Commit, Write } from '#shared/core/write.ts';

import { mask } from './mask.ts';
import {
  type Action,
  type AuditRecord,
  type AuditResult,
  type Category,
  type UsedKey,
  META,
  type Meta,
} from './record.ts';

/** Fields set by the caller; time, id, format and masking are added here. */
export type AuditDraft = {
  readonly ownerId: string;
  readonly category: Category;
  readonly act: Action;
  readonly result: AuditResult;
  readonly requestId: string;
  readonly target?: string | undefined;
  readonly code?: string | undefined;
  readonly keys?: readonly UsedKey[] | undefined;
  readonly meta?: Meta | undefined;
};

/** Port. Append-only: records cannot be changed or removed. */
export type AuditStore = { readonly append: (record: AuditRecord) => Write };

export type Audit = {
  /** Commits the record and the changes it describes atomically. */
  readonly commit: (draft: AuditDraft, changes?: readonly Write[]) => Promise<void>;
  /** Record as a write, for a commit that has two records. */
  readonly record: (draft: AuditDraft) => Write;
};

/** Owner of records without an authenticated caller. */
export const ANONYMOUS = 'anonymous';

function allowed(meta: Meta | undefined): AuditRecord['meta'] {
  if (!meta) return undefined;
  const entries = META.flatMap((name) => {
    const value = meta[name];
    return value === undefined ? [] : [[name, typeof value === 'string' ? mask(value) : value] as const];
  });
  return Object.fromEntries(entries);
}

export function createAudit(ports: { store: AuditStore; commit: Commit; now: () => number }): Audit {
  const recordOf = (draft: AuditDraft): AuditRecord => {
    const now = ports.now();
    const { ownerId, category, act, result, requestId, target, code, keys } = draft;
    const meta = allowed(draft.meta);
    return {
      fmt: 2,
      eventId: newUlid(now),
      ts: new Date(now).toISOString(),
      ownerId,
      category,
      act,
      result,
      requestId,
      ...(target !== undefined && { target: mask(target) }),
      ...(code !== undefined && { code }),
      ...(keys && keys.length > 0 && { keys: keys.slice(0, 20) }),
      ...(meta && { meta }),
    };
  };

  return {
    record: (draft) => ports.store.append(recordOf(draft)),
    commit: (draft, changes = []) => ports.commit([...changes, ports.store.append(recordOf(draft))]),
  };
}
