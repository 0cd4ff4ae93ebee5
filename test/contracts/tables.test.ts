// Guarantees of the remaining drivers that a condition of theirs holds: nothing is overwritten unseen, and once is once.
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import type { AuditRecord } from '#shared/audit/record.ts';
import { NO_PREFERENCES } from '#shared/account/preferences.ts';
import { createWriters } from '#shared/audit/chain.ts';
import { auditTable, auditTrail } from '#shared/aws/audit-table.ts';
import { decryptLog, keyLog } from '#shared/aws/decrypt-log-table.ts';
import { erasureTable } from '#shared/aws/erasure-table.ts';
import { dropPrevious } from '#shared/aws/expiry-index.ts';
import { keyTable } from '#shared/aws/key-table.ts';
import { limitTable } from '#shared/aws/limit-table.ts';
import { noticeTable } from '#shared/aws/notice-table.ts';
import { preferenceTable } from '#shared/aws/preference-table.ts';
import { readRejectionCounts, rejectionTable } from '#shared/aws/rejection-table.ts';
import { todoTable } from '#shared/aws/todo-table.ts';
import { toolTable } from '#shared/aws/tool-table.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { usageTable } from '#shared/aws/usage-table.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { newUlid } from '#shared/core/ulid.ts';
import type { Write } from '#shared/core/write.ts';
import type { Todo } from '#shared/todo/todo.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';

import { newUid, onTables } from './drivers.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const TIME = '2026-11-22T12:00:00.000Z';
const toolOf = (owner: OwnerId): RegisteredTool => ({
  fmt: 1,
  name: 'acme__look_up',
  alias: 'acme',
  shared: false,
  owner,
  state: 'draft',
  version: 1,
  definition: {
    title: 'Look up',
    description: 'Looks it up.',
    inputSchema: { type: 'object' },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    examples: [],
    source: { kind: 'mcp', url: 'https://tools.example/mcp', upstreamName: 'look_up' },
  },
  hash: 'h',
  createdAt: TIME,
  updatedAt: TIME,
  revision: 1,
});
const preferencesAt = (version: number) => ({ ...NO_PREFERENCES, version });
const code = (name: string) => expect.objectContaining({ code: name });

onTables('the product’s tables', (table) => {
  const commit = (...writes: Write[]) => transaction(table().db)(writes);
  const rowAt = async (pk: string, sk: string) => {
    const { db, TableName } = table();
    return (await db.send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }))).Item;
  };

  it('replace and remove a todo only at the version that was read', async () => {
    const { db, TableName } = table();
    const store = todoTable(db, TableName);
    const ownerId = newUid();
    const todo: Todo = {
      id: newUlid(NOW),
      title: 'milk',
      priority: 'normal',
      tags: [],
      status: 'open',
      version: 1,
      created_at: TIME,
      updated_at: TIME,
    };
    await commit(store.insert(ownerId, todo));
    await expect(commit(store.insert(ownerId, { ...todo, title: 'other' }))).rejects.toEqual(
      code('conflict'),
    );
    await commit(store.replace(ownerId, { ...todo, title: 'bread', version: 2 }));
    for (const version of [1, 2, 4]) {
      const stale = store.replace(ownerId, { ...todo, title: 'late', version });
      await expect(commit(stale)).rejects.toEqual(code('conflict'));
    }
    await expect(commit(store.remove(ownerId, todo))).rejects.toEqual(code('conflict'));
    await expect(commit(store.remove(newUid(), { ...todo, version: 2 }))).rejects.toEqual(code('not_found'));
    expect(await store.all(ownerId)).toEqual([{ ...todo, title: 'bread', version: 2 }]);
    await commit(store.remove(ownerId, { ...todo, version: 2 }));
    await expect(commit(store.replace(ownerId, { ...todo, version: 3 }))).rejects.toEqual(code('not_found'));
  });

  it('replace and remove a registered tool only at the revision that was read', async () => {
    const { db, TableName } = table();
    const store = toolTable(db, TableName);
    const owner = newUid();
    const tool = toolOf(owner);
    await commit(store.insert(tool));
    await expect(commit(store.insert({ ...tool, state: 'active' }))).rejects.toEqual(code('conflict'));
    await commit(store.replace({ ...tool, state: 'active', revision: 2 }));
    for (const revision of [1, 2, 4]) {
      await expect(commit(store.replace({ ...tool, revision }))).rejects.toEqual(code('conflict'));
    }
    await expect(commit(store.remove(tool))).rejects.toEqual(code('conflict'));
    expect(await store.list(owner)).toEqual([{ ...tool, state: 'active', revision: 2 }]);
    expect(await store.find('shared', tool.name)).toBeUndefined();
    expect(await store.find(newUid(), tool.name)).toBeUndefined();
    await commit(store.remove({ ...tool, revision: 2 }));
    await expect(commit(store.replace({ ...tool, revision: 3 }))).rejects.toEqual(code('not_found'));
  });

  it('replace preferences only at the version that was read', async () => {
    const { db, TableName } = table();
    const store = preferenceTable(db, TableName);
    const ownerId = newUid();
    await commit(store.replace(ownerId, preferencesAt(1)));
    await commit(store.replace(ownerId, preferencesAt(2)));
    for (const version of [1, 2, 4]) {
      await expect(commit(store.replace(ownerId, preferencesAt(version)))).rejects.toEqual(code('conflict'));
    }
    expect(await store.find(ownerId)).toEqual(preferencesAt(2));
  });

  it('replace the limits only at the version that was read, and show the current ones', async () => {
    const { db, TableName } = table();
    const store = limitTable(db, TableName);
    const rate = { per_minute: 1, burst: 1 };
    const rates = { user: rate, auditor: rate, operator: rate, admin: rate };
    const at = (version: number) => store.replace({ version, rates, changedAt: TIME, changedBy: 'u' });
    await expect(commit(at(2))).rejects.toMatchObject({ details: { current: { version: 0 } } });
    await commit(at(1));
    await commit(at(2));
    for (const version of [1, 2, 4]) {
      await expect(commit(at(version))).rejects.toMatchObject({ details: { current: { version: 2 } } });
    }
  });

  it('append to the trail and overwrite nothing in it', async () => {
    const { db, TableName } = table();
    const store = auditTable(TableName, createWriters({ now: () => NOW }));
    const record: AuditRecord = {
      fmt: 2,
      eventId: newUlid(NOW),
      ts: TIME,
      ownerId: newUid(),
      category: 'api_call',
      act: 'tool.called',
      result: 'succeeded',
      requestId: 'r',
    };
    await commit(store.append(record));
    await expect(commit(store.append({ ...record, result: 'failed' }))).rejects.toEqual(code('internal'));
    const { records } = await auditTrail(db, TableName).page(record.ownerId, {}, { limit: 5 });
    expect(records).toEqual([record]);
    const large = store.append({ ...record, target: 'x'.repeat(4096) });
    await expect(commit(large)).rejects.toThrow('larger than 4 KiB');
  });

  it('give the pipe nothing of a record that it would have to escape', async () => {
    const ownerId = newUid();
    const eventId = newUlid(NOW);
    const hostile = 'a"b\\c\n<$>{}é';
    await commit(
      auditTable(table().TableName, createWriters({ now: () => NOW })).append({
        fmt: 2,
        eventId,
        ts: TIME,
        ownerId,
        category: 'api_call',
        act: 'tool.called',
        result: 'succeeded',
        requestId: 'r',
        target: hostile,
        keys: [{ provider: hostile, kid: hostile, version: 1 }],
        meta: { reason: hostile, severity: hostile, provider: hostile },
      }),
    );
    const { target, reason, severity, provider, usedKeys } =
      (await rowAt(`U#${ownerId}`, `${TIME}#${eventId}`)) ?? {};
    for (const value of [target, reason, severity, provider, usedKeys]) {
      expect(value).toMatch(/^[\w.:~@/ -]+$/);
    }
  });

  it('keep a notice as it was first raised, and when it was first read', async () => {
    const store = noticeTable(table().TableName);
    const ownerId = newUid();
    const notice = {
      id: 'n',
      kind: 'budget_warning',
      severity: 'info',
      subject: 's',
      text: 'first',
      created_at: TIME,
    } as const;
    await commit(store.raiseOnce(ownerId, notice));
    await commit(store.markRead(ownerId, 'n', TIME));
    await commit(store.markRead(ownerId, 'n', '2027-01-01T00:00:00.000Z'));
    await commit(store.raise(ownerId, { ...notice, text: 'second', created_at: '2027-01-01T00:00:00.000Z' }));
    await expect(commit(store.raiseOnce(ownerId, { ...notice, text: 'third' }))).rejects.toEqual(
      code('conflict'),
    );
    expect(await rowAt(`U#${ownerId}`, 'NOTICE#n')).toMatchObject({
      text: 'first',
      created_at: TIME,
      read_at: TIME,
    });
    await expect(commit(store.markRead(newUid(), 'n', TIME))).rejects.toEqual(code('not_found'));
  });

  it('count an event once, and none of an owner whose erasure is under way or came later', async () => {
    const { db, TableName } = table();
    const store = usageTable({ content: TableName, control: TableName });
    const batch = (owner: string, position: string, since = TIME) => ({
      ownerId: owner,
      day: since.slice(0, 10),
      first: position,
      last: position,
      since,
      actions: new Map([['tool.called:succeeded', 2]]),
      uses: new Map([['tool:ai_chat:succeeded', 2]]),
    });
    const ownerId = newUid();
    const count = (one: ReturnType<typeof batch>) =>
      commit(store.count(one), store.use(one), store.unlessErased(one));
    await count(batch(ownerId, 'label/05'));
    for (const position of ['label/05', 'label/04'])
      await expect(count(batch(ownerId, position))).rejects.toMatchObject({
        code: 'conflict',
        details: { counted_to: 'label/05' },
      });
    await count({ ...batch(ownerId, 'label/06'), last: 'label/09' });
    await expect(count(batch(ownerId, 'label/09'))).rejects.toEqual(code('conflict'));
    expect(await rowAt(`U#${ownerId}`, 'USAGE#2026-11-22')).toMatchObject({
      'tool.called:succeeded': 4,
      'counted:to': 'label/09',
    });
    expect(await rowAt(`U#${ownerId}`, 'USED#2026-11-22')).toMatchObject({ 'tool:ai_chat:succeeded': 4 });

    const erasures = erasureTable(db, { content: TableName, control: TableName, cache: TableName });
    const left = newUid();
    const begun = { at: TIME, providers: [] };
    await commit(erasures.mark(left, begun, undefined));
    await expect(count(batch(left, '1', '2027-01-01T00:00:00.000Z'))).rejects.toEqual(code('conflict'));
    await commit(erasures.mark(left, { ...begun, finishedAt: '2026-11-22T12:05:00.000Z' }, begun));
    await expect(count(batch(left, '1', '2026-11-22T12:05:00.000Z'))).rejects.toEqual(code('conflict'));
    await count(batch(left, '1', '2026-11-22T12:05:00.001Z'));
    await expect(commit(erasures.mark(left, begun, undefined))).rejects.toEqual(code('conflict'));
    await expect(commit(erasures.mark(left, begun, { ...begun, at: 'other' }))).rejects.toEqual(
      code('conflict'),
    );
  });

  it('count rejections of one kind together, and read those of the days that are asked for', async () => {
    const { db, TableName } = table();
    const ownerId = newUid();
    const count = rejectionTable(db, { TableName, now: () => NOW });
    const of = (hour: string) => ({ ownerId, hour, kind: 'tool.called not_found' });
    const counts = [await count(of('2026-11-22T23')), await count(of('2026-11-22T23'))];
    expect(counts).toEqual([1, 2]);
    expect(await count(of('2026-11-23T00'))).toBe(1);
    const span = { from: '2026-11-22', to: '2026-11-22' };
    expect(await readRejectionCounts(db, TableName)(ownerId, span)).toEqual([
      { ...of('2026-11-22T23'), n: 2 },
    ]);
  });

  it('drop the value before a rotation once it is over, and of the version that was meant', async () => {
    const { db, TableName } = table();
    const bytes = Uint8Array.of(1);
    const sealed = { blob: bytes, wk: bytes, wkArn: 'arn', wkFp: bytes, fp: bytes, last4: 'abcd' };
    const key: StoredKey = {
      ...sealed,
      ownerId: newUid(),
      provider: 'openai' as ProviderId,
      kid: 'a'.repeat(22) as Kid,
      fmt: 1,
      version: 2,
      prev: { ...sealed, version: 1, until: TIME },
      status: 'active',
      kind: 'api_key',
      order: 0,
      createdAt: TIME,
      revision: 5,
    };
    const keys = keyTable(db, TableName);
    await commit(keys.insert(key));
    const drop = (version: number, nowMs: number) =>
      commit(dropPrevious(TableName, { ...key, version }, nowMs));
    await expect(drop(2, NOW - 1)).rejects.toEqual(code('not_found'));
    await expect(drop(1, NOW)).rejects.toEqual(code('not_found'));
    expect(await keys.find(key)).toEqual(key);
    await drop(2, NOW);
    const { prev: _gone, ...rest } = key;
    expect(await keys.find(key)).toEqual({ ...rest, revision: 6 });
    await expect(drop(2, NOW)).rejects.toEqual(code('not_found'));
  });

  it('note an opening of the key service once, and tell those that succeeded in a span of time', async () => {
    const { db, TableName } = table();
    const day = '2031-05-05';
    const opened = (eventID: string, time: string, errorCode?: string) =>
      decryptLog(TableName, () => NOW).note({
        eventID,
        eventTime: `${day}T${time}Z`,
        eventName: 'Decrypt',
        errorCode,
        requestParameters: null,
      });
    await commit(opened('in', '12:00:00'));
    await expect(commit(opened('in', '12:00:00'))).rejects.toEqual(code('conflict'));
    await commit(opened('denied', '12:00:01', 'AccessDenied'));
    await commit(opened('late', '13:00:00'));
    const span = { fromMs: Date.parse(`${day}T12:00:00Z`), toMs: Date.parse(`${day}T12:30:00Z`) };
    const found = await Array.fromAsync(keyLog(db, TableName).between(span));
    expect(found).toEqual([{ atMs: span.fromMs }]);
  });

  it('show no row of somebody else where a partition begins alike', async () => {
    const { db, TableName } = table();
    const ownerId = newUid();
    await db.send(
      new PutCommand({ TableName, Item: { pk: `U#${ownerId}x`, sk: 'TODO#1', title: 'foreign' } }),
    );
    expect(await todoTable(db, TableName).all(ownerId)).toEqual([]);
    expect(await keyTable(db, TableName).list(ownerId)).toEqual([]);
  });
});
