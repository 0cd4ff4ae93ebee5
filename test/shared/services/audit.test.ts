// Use cases of the audit trail: reading it, and what is recorded about rejected callers, changed records and Decrypt events.
import { describe, expect, it } from 'vitest';

import { AuditQuery } from '#shared/audit/api.ts';
import type { AllRecords, AuditTrail } from '#shared/audit/read.ts';
import type { AuditRecord } from '#shared/audit/record.ts';
import { AppError } from '#shared/core/errors.ts';
import { type Kid, keyIdOf, type OwnerId, type ProviderId } from '#shared/core/ids.ts';
import { createReportTampering } from '#shared/services/audit-tampering.ts';
import { createReadAuditTrail } from '#shared/services/audit-trail.ts';
import { createReconcileDecryptsOfDay } from '#shared/services/decrypt-reconciliation.ts';
import { createRecordRejectedCaller } from '#shared/services/rejected-caller.ts';
import { unlessConflict } from '#shared/services/unless-conflict.ts';
import type { LoggedOpening } from '#shared/vault/decrypt-reconciliation-day.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';

const NOW = Date.UTC(2026, 10, 28, 2);
const alice = principalNamed('alice');
const bob = principalNamed('bob');
const auditor = principalNamed('carol', { roles: ['auditor'] });
const admin = principalNamed('root', { roles: ['admin'] });
const operator = principalNamed('omar', { roles: ['operator'] });

const recordOf = (ownerId: string): AuditRecord =>
  ({ ownerId, eventId: 'e1', ts: '2026-11-28T00:00:00.000Z', act: 'tool.called' }) as AuditRecord;

/** A trail of one record for each owner. */
const trail: AuditTrail = {
  page: async (owner) => ({ records: [recordOf(owner)] }),
  count: async () => ({ count: 1, exact: true }),
};
const all: AllRecords = {
  page: async () => ({ records: [recordOf(alice.ownerId), recordOf(bob.ownerId)] }),
  count: async () => ({ count: 2, exact: true }),
};

async function read(caller: typeof alice, query: object = {}) {
  const { page, of } = await createReadAuditTrail({ trail, all, now: () => NOW })(
    caller,
    AuditQuery.parse(query),
  );
  return { of, users: page.logs.map(({ user_id }) => user_id) };
}

describe('the audit trail', () => {
  it("is a caller's own unless they name another owner", async () => {
    expect(await read(alice)).toEqual({ of: alice.ownerId, users: ['alice'] });
    expect(await read(alice, { user_id: 'alice' })).toEqual({ of: alice.ownerId, users: ['alice'] });
    expect(await read(alice, { owner: alice.ownerId })).toMatchObject({ of: alice.ownerId });
  });

  it.each([
    ['a user', alice],
    ['an operator', operator],
  ])('of another owner is forbidden to %s, whether that owner exists or not', async (_role, caller) => {
    await expect(read(caller, { user_id: 'unknown' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(read(caller, { owner: bob.ownerId })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(read(caller, { owner: 'anonymous' })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it.each([
    ['an auditor', auditor],
    ['an admin', admin],
  ])('of another owner is readable to %s, by subject or by owner id', async (_role, caller) => {
    expect(await read(caller, { user_id: 'bob' })).toEqual({ of: bob.ownerId, users: ['bob'] });
    expect(await read(caller, { owner: bob.ownerId })).toEqual({ of: bob.ownerId, users: [bob.ownerId] });
    expect(await read(caller, { owner: 'anonymous' })).toMatchObject({ of: 'anonymous' });
  });

  it('of all owners is readable to auditors and admins that name none, each record with its owner', async () => {
    expect(await read(auditor)).toEqual({ of: 'everyone', users: [alice.ownerId, bob.ownerId] });
    expect((await read(operator)).of).toBe(operator.ownerId);
  });
});

const recordRejected = async (error: AppError, ownerId?: string) => {
  const drafts: object[] = [];
  const record = createRecordRejectedCaller(async (draft) => void drafts.push(draft));
  await record(error, 'r1', ownerId);
  return drafts[0];
};

describe('a rejected caller', () => {
  it('is recorded with the class of the reason, as anonymous unless the owner is known', async () => {
    const error = new AppError('unauthenticated', undefined, { reason: 'token_expired' });
    const draft = {
      category: 'authentication',
      act: 'authentication.refused',
      result: 'refused',
      code: 'unauthenticated',
      requestId: 'r1',
      meta: { reason: 'token_expired' },
    };
    expect(await recordRejected(error)).toEqual({ ownerId: 'anonymous', ...draft });
    expect(await recordRejected(error, alice.ownerId)).toEqual({ ownerId: alice.ownerId, ...draft });
  });

  it('without a reason is recorded by the error code, and a reason that is no text is not recorded', async () => {
    expect(await recordRejected(new AppError('unavailable'))).toMatchObject({
      meta: { reason: 'unavailable' },
    });
    const odd = new AppError('unauthenticated', undefined, { reason: { token: 'eyJ' } });
    expect(await recordRejected(odd)).toMatchObject({ meta: { reason: 'unknown' } });
  });
});

describe('a commit unless it conflicts', () => {
  it('is true if it was made and false if an earlier one made it; any other failure is thrown', async () => {
    expect(await unlessConflict(Promise.resolve())).toBe(true);
    expect(await unlessConflict(Promise.reject(new AppError('conflict')))).toBe(false);
    await expect(unlessConflict(Promise.reject(new AppError('unavailable')))).rejects.toMatchObject({
      code: 'unavailable',
    });
    await expect(unlessConflict(Promise.reject(new Error('conflict')))).rejects.toThrow('conflict');
  });
});

const tampering = () => {
  const memory = createMemoryAudit();
  let ids = 0;
  const newRequestId = () => `id-${(ids += 1)}`;
  return { ...memory, report: createReportTampering({ ...memory, newRequestId }) };
};

describe('the report of a changed record', () => {
  const changed = { change: 'MODIFY', pk: `U#${alice.ownerId}`, sk: '2026-11-28#01EVENT' } as const;

  it('notifies the owner and records the change', async () => {
    const { report: send, told, raised } = tampering();
    await send(changed);
    expect(told()).toEqual(['notice.raised succeeded', 'audit.tampered succeeded']);
    expect(raised).toMatchObject([{ kind: 'incident', severity: 'critical', subject: '01EVENT' }]);
  });

  it('has no further effect if its event is delivered again, and one for another kind of change', async () => {
    const { report: send, raised, drafts } = tampering();
    await send(changed);
    await send(changed);
    expect([raised.length, drafts.length]).toEqual([1, 2]);
    await send({ ...changed, change: 'REMOVE' });
    expect([raised.length, drafts.length]).toEqual([2, 4]);
    expect(drafts.every(({ requestId }) => requestId.startsWith('id-'))).toBe(true);
  });
});

const KID = 'k'.repeat(22) as Kid;
const openedAt = (ownerId: OwnerId, time: string): LoggedOpening => ({
  id: `event ${time}`,
  ownerId,
  provider: 'openai' as ProviderId,
  kid: KID,
  version: 1,
  atMs: Date.parse(time),
});

function reconciliation(openings: LoggedOpening[], records: AuditRecord[] = []) {
  const memory = createMemoryAudit();
  const failures: unknown[] = [];
  const run = createReconcileDecryptsOfDay({
    log: {
      async *between() {
        for (const opening of openings) yield { atMs: opening.atMs, opening };
      },
    },
    async trail(ownerId) {
      if (ownerId === bob.ownerId) throw new AppError('unavailable');
      return records;
    },
    ...memory,
  });
  const day = { nowMs: NOW, requestId: 'event-1', onFailure: (error: unknown) => void failures.push(error) };
  return { ...memory, failures, run: () => run(day) };
}

describe('the daily comparison of Decrypt events with the audit trail', () => {
  const opening = openedAt(alice.ownerId, '2026-11-27T10:00:00.000Z');
  const call = {
    ownerId: alice.ownerId,
    ts: '2026-11-27T10:00:01.000Z',
    act: 'tool.called',
    category: 'api_call',
    requestId: 'r1',
    result: 'succeeded',
    keys: [{ provider: 'openai', kid: KID, version: 1 }],
  } as unknown as AuditRecord;

  it('of a day whose events all have a receipt is recorded as such, without a notice', async () => {
    const { run, raised, drafts } = reconciliation([opening], [call]);
    expect(await run()).toMatchObject({ openings: 1, matched: 1, unmatched: 0, told: 0 });
    expect(raised).toEqual([]);
    expect(drafts).toEqual([
      {
        ownerId: 'anonymous',
        category: 'system',
        act: 'custody.compared',
        result: 'succeeded',
        requestId: 'event-1',
        target: '2026-11-27',
        meta: {
          count: 1,
          outcome: '1 matched, 0 possible, 0 unmatched, 0 unproven, 0 unnamed',
          severity: 'info',
        },
      },
    ]);
  });

  it('with an event that no call accounts for is critical, and its owner is notified once', async () => {
    const { run, raised, drafts } = reconciliation([opening]);
    expect(await run()).toMatchObject({ unmatched: 1, told: 1 });
    expect(await run()).toMatchObject({ unmatched: 1, told: 0 });
    expect(raised).toMatchObject([{ kind: 'incident', subject: keyIdOf(opening.provider, KID) }]);
    const compared = drafts.filter(({ act }) => act === 'custody.compared');
    expect(compared.map(({ meta }) => meta?.severity)).toEqual(['critical', 'critical']);
  });

  it('that fails for an owner is recorded as failed, and the other owners are compared', async () => {
    const failing = openedAt(bob.ownerId, '2026-11-27T11:00:00.000Z');
    const { run, failures, drafts } = reconciliation([opening, failing], [call]);
    expect(await run()).toMatchObject({ matched: 1, failed: 1 });
    expect(failures).toMatchObject([{ code: 'unavailable' }]);
    expect(drafts).toMatchObject([{ act: 'custody.compared', result: 'failed' }]);
  });
});
