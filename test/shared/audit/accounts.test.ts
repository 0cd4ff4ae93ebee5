import { describe, expect, it } from 'vitest';

import { accountsIn } from '#shared/audit/accounts.ts';
import type { AuditRecord } from '#shared/audit/record.ts';

const key = { provider: 'openai', kid: 'k'.repeat(22), version: 1 };
const record = (more: Partial<AuditRecord>): AuditRecord => ({
  fmt: 1,
  eventId: '0'.repeat(26),
  ts: '2026-06-01T12:00:00.000Z',
  ownerId: 'a'.repeat(27),
  category: 'api_call',
  act: 'tool.called',
  result: 'succeeded',
  requestId: 'one',
  ...more,
});
const kindsOf = (...records: AuditRecord[]) => accountsIn(records).map(({ kind }) => kind);

describe('the key uses derived from audit records', () => {
  it('contain each key named in a record once', () => {
    const next = { ...key, version: 2 };
    expect(accountsIn([record({ keys: [key, key, next] })])).toMatchObject([
      { kind: 'receipt', kid: key.kid, version: 1, atMs: Date.UTC(2026, 5, 1, 12) },
      { kind: 'receipt', kid: key.kid, version: 2 },
    ]);
  });

  it('contain the start of the call of a receipt, whose attempt is among the records', () => {
    const attempts = ['11:59:50.000', '11:59:40.000'].map((time) =>
      record({ result: 'attempted', ts: `2026-06-01T${time}Z` }),
    );
    expect(accountsIn([...attempts, record({ keys: [key] })])).toMatchObject([
      { kind: 'receipt', sinceMs: Date.UTC(2026, 5, 1, 11, 59, 40) },
    ]);
    expect(accountsIn([record({ keys: [key] })])[0]).not.toHaveProperty('sinceMs');
  });

  it('contain an attempt until its outcome is recorded', () => {
    const attempted = record({ result: 'attempted' });
    expect(kindsOf(attempted)).toEqual(['attempt']);
    const named = { ...attempted, meta: { provider: 'openai', model: 'any' } };
    expect(accountsIn([named])).toMatchObject([{ kind: 'attempt', provider: 'openai' }]);
    expect(kindsOf(attempted, record({ result: 'failed' }))).toEqual([]);
    expect(kindsOf(attempted, record({ requestId: 'two', keys: [key] }))).toEqual(['attempt', 'receipt']);
  });

  it('contain no attempt that ended as another action', () => {
    const checked = { act: 'key.validated', category: 'user_action' } as const;
    const attempted = record({ ...checked, result: 'attempted' });
    expect(kindsOf(attempted, record({ category: 'user_action', act: 'key.stored' }))).toEqual([]);
    const renewed = record({ act: 'key.renewed', category: 'system', result: 'attempted', keys: [key] });
    const failed = record({ act: 'key.renewal_failed', category: 'system', result: 'failed', keys: [key] });
    expect(kindsOf(renewed, failed)).toEqual(['receipt']);
  });

  it('are empty for records that use no key', () => {
    const erasure = record({ act: 'account.erased', category: 'user_action', result: 'attempted' });
    expect(kindsOf(erasure, record({ act: 'keys.listed' }), record({}))).toEqual([]);
  });
});
