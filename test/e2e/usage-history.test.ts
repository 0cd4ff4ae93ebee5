import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus();
/** The partition of somebody's rows. */
const rowsOf = ({ token, name }: Person) =>
  `U#${deriveOwnerId(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).iss, name)}`;
const today = () => new Date().toISOString().slice(0, 10);

const historyOf = async (person: Person, query = '') => (await person.get(`/usage/history${query}`)).body;

const calls = (succeeded: number, refused = 0) => ({
  calls: succeeded + refused,
  succeeded,
  refused,
  failed: 0,
});

onEngine('the usage of an owner', () => {
  it('is counted by day, tool, provider and key, with the tokens that the provider reported', async () => {
    const { current } = portunus;
    const ann = await current.person('ann');
    const [bad, good] = [canaryKey('openai'), canaryKey('openai')];
    const ids: string[] = [];
    for (const api_key of [bad, good]) {
      ids.push((await ann.post('/api-keys', { provider: 'openai', api_key })).body.key_id);
    }
    const first = await ann.invoke('ai_chat', say('hello'));
    current.provider?.reject(bad);
    const second = await ann.invoke('ai_chat', say('hello again'));
    await ann.invoke('time_now');
    await ann.invoke('todo_create', {});
    await current.events.settled();

    const [one, two] = [first, second].map(({ body }) => body.result.usage);
    const tokens = (name: string) => one[name] + two[name];
    const none = { input_tokens: 0, output_tokens: 0, cost_micro_usd: 0 };
    const spent = (await ann.get('/usage')).body.day.micro_usd.spent;
    expect(spent).toBeGreaterThan(0);
    const used = {
      input_tokens: tokens('input_tokens'),
      output_tokens: tokens('output_tokens'),
      cost_micro_usd: spent,
    };
    const day = today();

    const days = await historyOf(ann);
    expect(days.usage).toEqual([{ day, ...calls(3, 1), ...used }]);
    expect(days.units.cost_micro_usd).toContain('US dollar');
    expect((await historyOf(ann, '?by=tool')).usage).toEqual([
      { day, tool: 'ai_chat', ...calls(2), ...used },
      { day, tool: 'time_now', ...calls(1), ...none },
      { day, tool: 'todo_create', ...calls(0, 1), ...none },
    ]);
    expect((await historyOf(ann, '?by=provider')).usage).toEqual([
      { day, provider: 'openai', ...calls(2), ...used },
    ]);
    const byKey = (await historyOf(ann, '?by=key')).usage;
    expect(byKey).toHaveLength(2);
    expect(
      byKey.reduce((sum: number, { cost_micro_usd: cost }: { cost_micro_usd: number }) => sum + cost, 0),
    ).toBe(spent);
    expect(byKey.map(({ cost_micro_usd: _cost, ...rest }: { cost_micro_usd: number }) => rest)).toEqual(
      expect.arrayContaining([
        // tried both times; the second time the other one served
        { day, key_id: ids[0], ...calls(2), ...one },
        { day, key_id: ids[1], ...calls(1), ...two },
      ]),
    );
  });

  it('states until when it is complete, and detects gaps', async () => {
    const { current } = portunus;
    const ben = await current.person('ben');
    await ben.invoke('time_now');
    await current.events.settled();
    const before = new Date().toISOString();
    const { complete_until: until } = await historyOf(ben);
    expect(until >= before).toBe(true);

    // One event was counted less than was recorded: as one that still waits to be delivered.
    await current.db.send(
      new UpdateCommand({
        TableName: current.tableName('content'),
        Key: { pk: rowsOf(ben), sk: `USAGE#${today()}` },
        UpdateExpression: 'ADD #c :less',
        ExpressionAttributeNames: { '#c': 'tool.called:succeeded' },
        ExpressionAttributeValues: { ':less': -1 },
      }),
    );
    const behind = await historyOf(ben);
    expect(behind.complete_until).toBe(`${today()}T00:00:00.000Z`);
    expect((await historyOf(ben, '?from=2026-01-01&to=2026-01-31')).complete_until).toBe(
      '2026-01-31T23:59:59.999Z',
    );
  });

  it('is paged by days, and its bounds are checked', async () => {
    const { current } = portunus;
    const cid = await current.person('cid');
    await cid.invoke('time_now');
    await current.events.settled();
    for (const day of ['2026-02-01', '2026-02-02', '2026-02-03']) {
      await current.db.send(
        new UpdateCommand({
          TableName: current.tableName('content'),
          Key: { pk: rowsOf(cid), sk: `USED#${day}` },
          UpdateExpression: 'ADD #c :one',
          ExpressionAttributeNames: { '#c': 'tool:time_now:succeeded' },
          ExpressionAttributeValues: { ':one': 1 },
        }),
      );
    }
    const span = '?from=2026-02-01&to=2026-02-28&limit=2';
    const first = await historyOf(cid, span);
    expect(first.usage.map(({ day }: { day: string }) => day)).toEqual(['2026-02-01', '2026-02-02']);
    const rest = await historyOf(cid, `${span}&cursor=${first.pagination.next_cursor}`);
    expect(rest.usage.map(({ day }: { day: string }) => day)).toEqual(['2026-02-03']);
    expect(rest.pagination.next_cursor).toBeNull();

    for (const bad of [
      '?from=2026-03-01&to=2026-02-01',
      '?from=2020-01-01&to=2026-01-01',
      '?by=moon',
      '?from=today',
      '?cursor=bm9uc2Vuc2U',
      '?limit=1000',
      '?user_id=ann',
    ]) {
      expect(await historyOf(cid, bad)).toMatchObject({ status: 400, code: 'invalid_input' });
    }
    expect(
      (await (await current.person('dan', { scopes: ['tools:call'] })).get('/usage/history')).status,
    ).toBe(403);
  });

  it('counts every rejected call, though most of a flood have no record', async () => {
    const { current } = portunus;
    const fay = await current.person('fay');
    for (let n = 0; n < 130; n += 1) await fay.invoke('todo_get', {});
    await fay.invoke('todo_create', {});
    await fay.invoke('time_now');
    await fay.get('/limits'); // a rejection of another kind
    await current.events.settled();
    const none = { input_tokens: 0, output_tokens: 0, cost_micro_usd: 0 };
    const day = today();
    expect((await historyOf(fay, '?by=tool')).usage).toEqual([
      { day, tool: 'time_now', ...calls(1), ...none },
      { day, tool: 'todo_create', ...calls(0, 1), ...none },
      { day, tool: 'todo_get', ...calls(0, 130), ...none },
    ]);
    expect((await historyOf(fay)).usage).toEqual([{ day, ...calls(1, 131), ...none }]);
  });

  it('is separate for each owner', async () => {
    const { current } = portunus;
    const eva = await current.person('eva');
    expect((await historyOf(eva)).usage).toEqual([]);
  });
});
