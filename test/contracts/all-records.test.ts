// Records of all owners by day: the index of the audit table, beside a reading of the same records in memory.
import { expect, it } from 'vitest';

import type { AllFilter } from '#shared/audit/read.ts';
import type { AuditRecord } from '#shared/audit/record.ts';
import { auditDayIndex } from '#shared/aws/audit-day-index.ts';
import { createWriters } from '#shared/audit/chain.ts';
import { auditTable } from '#shared/aws/audit-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { newUlid } from '#shared/core/ulid.ts';

import { newUid, onTables } from './drivers.ts';

const DAY_MS = 24 * 3600_000;
const iso = (ms: number) => new Date(ms).toISOString();
const place = ({ ts, eventId }: AuditRecord) => `${ts}#${eventId}`;

/** Another year for each test, so that all tests share one table. */
let year = 2030;
const start = () => Date.UTC((year += 1), 4, 1);

const recordAt = (ms: number, n: number): AuditRecord => ({
  fmt: 1,
  eventId: newUlid(ms),
  ts: iso(ms),
  ownerId: newUid(),
  category: n % 2 === 0 ? 'api_call' : 'user_action',
  act: n % 2 === 0 ? 'tool.called' : 'keys.listed',
  target: n % 3 === 0 ? 'ai_chat' : 'time_now',
  result: n % 5 === 0 ? 'refused' : 'succeeded',
  requestId: `r${n}`,
});

onTables('records of all owners', (table) => {
  const index = () => auditDayIndex(table().db, table().TableName);

  async function stored(times: readonly number[]): Promise<AuditRecord[]> {
    const { db, TableName } = table();
    const records = times.map(recordAt);
    const commit = transaction(db);
    const writers = createWriters({ now: Date.now });
    await Promise.all(records.map((record) => commit([auditTable(TableName, writers).append(record)])));
    return records.toSorted((a, b) => (place(a) < place(b) ? 1 : -1));
  }

  async function allPages(filter: AllFilter, limit: number) {
    const pages: AuditRecord[][] = [];
    let after: string | undefined;
    do {
      const { records, next } = await index().page(filter, { limit, after });
      pages.push(records);
      after = next;
      expect(records.length).toBeLessThanOrEqual(limit);
    } while (after !== undefined && pages.length < 100);
    return pages.flat();
  }

  it('are read newest first, each once, whatever the length of a page', async () => {
    const at = start();
    const expected = await stored(Array.from({ length: 60 }, (_, n) => at + n * 2 * 3600_000));
    const range = { from: iso(at), to: iso(at + 6 * DAY_MS) };
    for (const limit of [1, 7, 59, 60, 61]) expect(await allPages(range, limit)).toEqual(expected);
    expect(await index().count(range, 1000)).toEqual({ count: 60, exact: true });
    expect(await index().count(range, 20)).toEqual({ count: 20, exact: false });
  });

  it('are read in the order of their ids within one millisecond', async () => {
    const at = start();
    const expected = await stored(Array.from({ length: 25 }, () => at));
    expect(await allPages({ from: iso(at), to: iso(at) }, 4)).toEqual(expected);
  });

  it('are filtered by every field, on every page', async () => {
    const at = start();
    const all = await stored(Array.from({ length: 60 }, (_, n) => at + n * 600_000));
    const range = { from: iso(at), to: iso(at + DAY_MS) };
    const filters: readonly (readonly [object, (record: AuditRecord) => boolean])[] = [
      [{ category: 'user_action' }, ({ category }) => category === 'user_action'],
      [{ action: 'tool.called' }, ({ act }) => act === 'tool.called'],
      [{ result: 'refused' }, ({ result }) => result === 'refused'],
      [{ target: 'ai_chat' }, ({ target }) => target === 'ai_chat'],
      [
        { target: 'ai_chat', result: 'refused' },
        ({ target, result }) => target === 'ai_chat' && result === 'refused',
      ],
      [{ target: 'nothing' }, () => false],
    ];
    for (const [filter, matches] of filters) {
      expect(await allPages({ ...range, ...filter }, 7)).toEqual(all.filter(matches));
      const count = all.filter(matches).length;
      expect(await index().count({ ...range, ...filter }, 1000)).toEqual({ count, exact: true });
    }
  });

  it('keep their pages when newer records arrive in between', async () => {
    const at = start();
    const first = await stored(Array.from({ length: 10 }, (_, n) => at + n * 1000));
    const range = { from: iso(at), to: iso(at + DAY_MS) };
    const page = await index().page(range, { limit: 4 });
    await stored(Array.from({ length: 10 }, (_, n) => at + 60_000 + n));
    const rest = await index().page(range, { limit: 10, after: page.next });
    expect([...page.records, ...rest.records]).toEqual(first);
  });

  it('are found after weeks without any, within a bounded number of queries for each page', async () => {
    const at = start();
    const [newest, oldest] = await stored([at, at + 45 * DAY_MS]);
    const range = { from: iso(at), to: iso(at + 60 * DAY_MS) };
    expect(await allPages(range, 20)).toEqual([newest, oldest]);
    const { records, next } = await index().page(range, { limit: 20 });
    expect([records, next]).toEqual([[], expect.any(String)]);
    expect(await index().count(range, 1000)).toEqual({ count: 0, exact: false });
  });

  it('are limited to the range to the millisecond, both ends included', async () => {
    const at = start();
    const all = await stored([at, at + 1, at + 2, at + 3]);
    const page = await index().page({ from: iso(at + 1), to: iso(at + 2) }, { limit: 10 });
    expect(page).toEqual({ records: all.slice(1, 3) });
  });

  it('have no page for a cursor that this index did not make', async () => {
    const at = start();
    const range = { from: iso(at), to: iso(at + DAY_MS) };
    for (const after of ['', 'U#alice', `${iso(at)}#`, `${iso(at)}#${'*'.repeat(26)}`]) {
      await expect(index().page(range, { limit: 1, after })).rejects.toMatchObject({ code: 'invalid_input' });
    }
  });
});
