import { DeleteCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { permitted, type Send, tablesAs, updateOf } from '#test/support/role-clients.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

onEngine('a role that only notes sessions', () => {
  const portunus = usePortunus();
  const control = () => portunus.current.tableName('control');
  /** A route with a caller that ends no session. */
  const tried = async (sends: readonly Send[]) => {
    const plain = tablesAs(portunus.current, 'notices-list');
    return Promise.all(sends.map((send) => permitted(send(plain))));
  };

  /** The session of a person who has just called, as it is noted. */
  async function noted(name: string) {
    const person = await portunus.current.person(name);
    const before = new Set((await portunus.current.rows('control')).map(({ pk }) => pk));
    await person.get('/api-keys');
    const row = (await portunus.current.rows('control')).find(
      ({ pk, sk }) => String(pk).startsWith('SESSION#') && !before.has(pk) && sk !== 'all',
    );
    const key = { pk: String(row?.['pk']), sk: String(row?.['sk']) };
    const ended = { ...key, pk: key.pk.replace('SESSION#', 'REVOKED#') };
    return { person, key, ended, all: { ...key, sk: 'all' } };
  }

  it('cannot end the session of anybody, by whatever write', async () => {
    const { person, key, ended, all } = await noted('alice');
    const marks = ['revokedAt', 'notBefore', 'closedUntil'];
    const sends = marks.flatMap((mark): Send[] => [
      ...[key, all, ended, { ...ended, sk: 'all' }].flatMap((Key): Send[] => [
        (db) => db.send(updateOf(control(), Key, mark)),
        (db) => db.send(new PutCommand({ TableName: control(), Item: { ...Key, [mark]: 1 } })),
      ]),
      (db) => {
        const { UpdateExpression = '', ...rest } = updateOf(control(), key, mark).input;
        return db.send(
          new TransactWriteCommand({ TransactItems: [{ Update: { UpdateExpression, ...rest } }] }),
        );
      },
    ]);
    expect(await tried(sends)).toEqual(sends.map(() => false));
    expect((await person.get('/notices')).status).toBe(200);
  });

  it('cannot read a row through an update of what it may change', async () => {
    const { key } = await noted('bob');
    const returning = (ReturnValues: 'ALL_OLD' | 'ALL_NEW' | 'UPDATED_NEW'): Send => {
      return (db) => db.send(updateOf(control(), key, 'ttl', { ReturnValues }));
    };
    expect(await tried([returning('ALL_OLD'), returning('ALL_NEW')])).toEqual([false, false]);
    expect(await tried([returning('UPDATED_NEW')])).toEqual([true]);
  });

  it('cannot revive an ended session, not even by letting its own note expire', async () => {
    const { person, key, ended } = await noted('gus');
    expect((await person.delete(`/sessions/${key.sk.slice('one#'.length)}`)).status).toBe(200);
    const removal = { UpdateExpression: 'REMOVE #a', ExpressionAttributeValues: undefined };
    const sends: Send[] = [
      (db) => db.send(updateOf(control(), key, 'revokedAt', removal)),
      (db) => db.send(updateOf(control(), ended, 'revokedAt', removal)),
      (db) => db.send(updateOf(control(), ended, 'ttl')),
      (db) => db.send(new DeleteCommand({ TableName: control(), Key: ended })),
      (db) => db.send(new DeleteCommand({ TableName: control(), Key: key })),
    ];
    expect(await tried(sends)).toEqual(sends.map(() => false));

    const longAgo = Math.floor(Date.now() / 1000) - 60;
    const expire: Send = (db) =>
      db.send(updateOf(control(), key, 'ttl', { ExpressionAttributeValues: { ':v': longAgo } }));
    expect(await tried([expire])).toEqual([true]);
    await portunus.current.dynamo.sweep();
    expect(await portunus.current.rows('control')).not.toContainEqual(expect.objectContaining(key));
    expect((await person.get('/usage')).body).toMatchObject({ status: 401, reason: 'session_revoked' });
  });
});
