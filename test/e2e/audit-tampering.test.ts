import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import type { Person } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Row = Readonly<Record<string, unknown>>;

const keyOf = ({ pk, sk }: Row) => ({ pk, sk });
const incidentsOf = async (person: Person) =>
  (await person.get('/notices')).body.notices.filter(({ kind }: { kind: string }) => kind === 'incident');

/** Changes here are made by an administrator: past the roles of the functions. */
onEngine('an audit record that is changed after it was written', () => {
  const portunus = usePortunus();
  const table = () => portunus.current.tableName('audit');
  const settled = () => portunus.current.events.settled();
  const reports = async () =>
    (await portunus.current.rows('audit'))
      .filter(({ act }) => act === 'audit.tampered')
      .map(({ rec }) => JSON.parse(String(rec)));
  const reportsOf = async ({ eventId }: Row) => (await reports()).filter(({ target }) => target === eventId);
  const linesAbout = ({ eventId }: Row) =>
    portunus.current.events
      .published()
      .map(({ message }) => message)
      .filter((line) => line.includes(` ${String(eventId)}`));

  /** A record of a call that this person has just made. */
  async function recorded(name: string) {
    const { current } = portunus;
    const before = new Set((await current.rows('audit')).map(({ eventId }) => eventId));
    const person = await current.person(name);
    await person.get('/api-keys');
    await settled();
    const row = (await current.rows('audit')).find(
      ({ act, eventId }) => act === 'keys.listed' && !before.has(eventId),
    );
    if (!row) throw new Error('The call left no record.');
    return { person, row };
  }

  it('is reported to its owner and to the operators when it is overwritten', async () => {
    const { person, row } = await recorded('alice');
    const Item = { ...row, result: 'refused' };
    await portunus.current.db.send(new PutCommand({ TableName: table(), Item }));
    await settled();
    await settled(); // the report is an event, too

    expect(await reportsOf(row)).toMatchObject([
      { ownerId: row['ownerId'], category: 'system', meta: { reason: 'modified', severity: 'critical' } },
    ]);
    expect(await incidentsOf(person)).toMatchObject([
      { severity: 'critical', subject: row['eventId'], text: expect.stringContaining('was changed after') },
    ]);
    expect(linesAbout(row)).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`critical: audit.tampered, ${String(row['eventId'])} was modified`),
        expect.stringContaining('critical notice incident about'),
      ]),
    );
    expect(portunus.current.events.lost()).toEqual([]);
  });

  it('is reported when one attribute of it is set, such as the time at which TTL would remove it', async () => {
    const { row } = await recorded('bob');
    await portunus.current.db.send(
      new UpdateCommand({
        TableName: table(),
        Key: keyOf(row),
        UpdateExpression: 'SET #ttl = :ttl',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: { ':ttl': Math.floor(Date.now() / 1000) - 60 },
      }),
    );
    await settled();
    expect(await reportsOf(row)).toHaveLength(1);
  });

  it('is reported when it is deleted, once, however often that event is delivered', async () => {
    const { person, row } = await recorded('gus');
    await portunus.current.db.send(new DeleteCommand({ TableName: table(), Key: keyOf(row) }));
    await settled();
    const event = portunus.current.events
      .busEvents()
      .find(({ detail }) => (detail as Row)['change'] === 'REMOVE' && (detail as Row)['sk'] === row['sk']);
    const again = await portunus.current.lambda.invoke('portunus-local-on-audit-tampered', event);
    expect(again).not.toHaveProperty('functionError');
    await settled();
    expect(await reportsOf(row)).toMatchObject([{ meta: { reason: 'removed' } }]);
    expect(await incidentsOf(person)).toMatchObject([{ text: expect.stringContaining('was removed after') }]);
  });

  it('is reported to the operators when it has no owner', async () => {
    const row = {
      pk: 'U#anonymous',
      sk: `2026-11-28T12:00:00.000Z#${'0'.repeat(26)}`,
      eventId: '0'.repeat(26),
    };
    const insert = new PutCommand({ TableName: table(), Item: { ...row, ttl: 1 } });
    await portunus.current.db.send(insert);
    await portunus.current.db.send(new DeleteCommand({ TableName: table(), Key: keyOf(row) }));
    await settled();
    await settled();
    expect(await reportsOf(row)).toMatchObject([{ ownerId: 'anonymous' }]);
    expect(linesAbout(row)).toEqual([
      expect.stringContaining('was removed after it was written, owner anonymous'),
    ]);
  });

  it('is not reported when TTL removes it', async () => {
    const expired = Math.floor(Date.now() / 1000) - 3600;
    const row = {
      pk: `U#${'x'.repeat(27)}`,
      sk: `2025-11-28T12:00:00.000Z#${'7'.repeat(26)}`,
      eventId: '7'.repeat(26),
    };
    await portunus.current.db.send(new PutCommand({ TableName: table(), Item: { ...row, ttl: expired } }));
    await settled();
    const before = (await reports()).length;
    expect(await portunus.current.dynamo.sweep()).toBeGreaterThan(0);
    expect(await portunus.current.rows('audit')).not.toContainEqual(expect.objectContaining(keyOf(row)));
    await settled();
    expect(await reportsOf(row)).toEqual([]);
    expect((await reports()).length).toBe(before);
  });
});
