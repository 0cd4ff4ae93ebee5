import { describe, expect, it } from 'vitest';

import { readTrail } from '#shared/audit/read.ts';
import { type KeyLife, type KeyTrail, type Placed, readReceipts } from '#shared/audit/receipts.ts';
import type { AuditRecord } from '#shared/audit/record.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { formatCursor } from '#shared/core/page.ts';

const alice = 'alice' as OwnerId;

const record = (changes: Partial<AuditRecord> = {}): AuditRecord => ({
  fmt: 1,
  eventId: 'e',
  ts: '2026-11-22T12:00:00.000Z',
  ownerId: alice,
  category: 'api_call',
  act: 'tool.called',
  target: 'ai_chat',
  result: 'succeeded',
  requestId: 'r1',
  ...changes,
});
const used = { keys: [{ provider: 'openai', kid: 'k', version: 3 }] };

/** A trail that notes what it was asked. */
function askedTrail() {
  const asked: unknown[] = [];
  return {
    asked,
    page: async (owner: string, _filter: object, page: object) => {
      asked.push({ owner, ...page });
      return { records: [record(used)], next: 'place' };
    },
    count: async (owner: string, _filter: object, limit: number) => {
      asked.push({ owner, countedTo: limit });
      return { count: limit + 1, exact: false };
    },
  };
}

describe('the records of an owner', () => {
  it('are counted up to 1,000, and say that there are more', async () => {
    const port = askedTrail();
    const page = await readTrail(port, { ownerId: 'alice', userId: 'a' }, { limit: 20 });
    expect(port.asked).toEqual([
      { owner: 'alice', limit: 20 },
      { owner: 'alice', countedTo: 1000 },
    ]);
    expect(page).toMatchObject({
      logs: [{ user_id: 'a', keys: [{ key_id: 'openai_k', version: 3 }] }],
      pagination: { total_is_exact: false, next_cursor: formatCursor('place') },
    });
  });

  it('never leave their owner, even with a forged cursor', async () => {
    const port = askedTrail();
    const cursor = formatCursor('U#bob');
    await readTrail(port, { ownerId: 'alice', userId: 'a' }, { limit: 20, cursor });
    expect(port.asked[0]).toEqual({ owner: 'alice', limit: 20, after: 'U#bob' });
  });

  it('are not read from a later to an earlier time', async () => {
    const query = { limit: 20, from: '2026-11-22T12:00:00Z', to: '2026-11-22T11:00:00Z' };
    await expect(readTrail(askedTrail(), { ownerId: 'alice', userId: 'a' }, query)).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});

const placed = (records: AuditRecord[]): Placed[] =>
  records.map((one, n) => ({ place: `p${n}`, record: one }));

describe('the receipts of a key', () => {
  const life: KeyLife = { kid: 'k', from: '2026-11-22T10:00:00.000Z', until: '2026-11-22T13:00:00.000Z' };

  async function receipts(records: AuditRecord[], outcomes: AuditRecord[] = [], limit = 20) {
    const spans: string[][] = [];
    const trail: KeyTrail = {
      uses: async () => ({ records: placed(records) }),
      async outcomes(_owner, from, to) {
        spans.push([from, to]);
        return outcomes.filter(({ ts }) => ts >= from && ts <= to);
      },
      lifeOf: async () => undefined,
    };
    return { ...(await readReceipts(trail, { owner: alice, life }, { limit })), spans };
  }

  const attempt = record({ result: 'attempted' });

  it('name the use, its version and its outcome', async () => {
    const page = await receipts([record(used)]);
    expect(page.receipts).toEqual([
      {
        time: '2026-11-22T12:00:00.000Z',
        action: 'tool.called',
        tool: 'ai_chat',
        request_id: 'r1',
        version: 3,
        outcome: 'succeeded',
      },
    ]);
  });

  it('hold an attempt without an outcome as a possible use, of no known version', async () => {
    const page = await receipts([attempt]);
    expect(page.receipts).toMatchObject([{ outcome: 'unknown', version: null }]);
  });

  it('leave out an attempt whose outcome came as late as a call can last', async () => {
    const late = record({ ts: '2026-11-22T12:15:00.000Z', result: 'failed' });
    expect((await receipts([attempt], [late])).receipts).toEqual([]);
    const page = await receipts([attempt], [{ ...late, requestId: 'another' }]);
    expect(page.receipts).toHaveLength(1);
    expect(page.spans).toEqual([['2026-11-22T12:00:00.000Z', '2026-11-22T12:15:00.000Z']]);
  });

  it('leave out attempts from before and after the key’s own life', async () => {
    const before = record({ result: 'attempted', ts: '2026-11-22T09:59:59.999Z', requestId: 'r0' });
    const after = record({ result: 'attempted', ts: '2026-11-22T13:00:00.001Z', requestId: 'r2' });
    expect((await receipts([after, attempt, before])).receipts.map((one) => one.request_id)).toEqual(['r1']);
  });

  it('leave out records of other keys', async () => {
    const other = record({ keys: [{ provider: 'openai', kid: 'other', version: 1 }] });
    expect((await receipts([other])).receipts).toEqual([]);
  });

  it('come in pages of the asked size, each going on where the last ended', async () => {
    const records = [1, 2, 3].map((n) => record({ ...used, requestId: `r${n}` }));
    const page = await receipts(records, [], 2);
    expect(page.receipts.map((one) => one.request_id)).toEqual(['r1', 'r2']);
    expect(page.pagination.next_cursor).toBe(formatCursor('p1'));
  });
});
