import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const ago = (seconds: number) => {
  const iat = Math.floor(Date.now() / 1000) - seconds;
  return { iat, auth_time: iat };
};

onEngine('sessions', () => {
  const portunus = usePortunus();
  const recordsOf = async (act: string) =>
    (await portunus.current.rows('audit'))
      .map(({ rec }) => JSON.parse(String(rec)))
      .filter((record) => record.act === act);

  it('are listed to their owner alone, by program, the current one marked, one for all its tokens', async () => {
    const { current } = portunus;
    const sid = 'one sign-in';
    const laptop = await current.person('ann', { overrides: { sid, ...ago(60) } });
    const refreshed = await current.person('ann', { overrides: { sid, client_id: 'laptop' } });
    const phone = await current.person('ann', { overrides: { client_id: 'phone' } });
    for (const each of [laptop, phone, await current.person('ben')]) await each.get('/api-keys');
    const { status, body } = await refreshed.get('/sessions');
    expect(status).toBe(200);
    expect(body.sessions).toHaveLength(2);
    expect(body.sessions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ client: 'laptop', current: true }),
        expect.objectContaining({ client: 'phone', current: false }),
      ]),
    );
    const [own] = body.sessions.filter((each: { current: boolean }) => each.current);
    expect(Date.parse(own.last_token_at) - Date.parse(own.since)).toBeGreaterThanOrEqual(60_000);
    expect(JSON.stringify(body)).not.toContain(sid);
  });

  it('end one by one: the ended one is rejected with its reason, the others go on', async () => {
    const { current } = portunus;
    const [phone, laptop] = [await current.person('cleo'), await current.person('cleo')];
    for (const each of [phone, laptop]) await each.get('/sessions');
    const sessions = (await laptop.get('/sessions')).body.sessions;
    const lost = sessions.find((each: { current: boolean }) => !each.current).session_id;
    const ended = await laptop.delete(`/sessions/${lost}`);
    expect(ended.body).toMatchObject({ success: true, session_id: lost });

    // Functions that have not seen the phone before: what an instance remembers is another test's matter.
    const rejected = await phone.get('/api-keys');
    expect(rejected.status).toBe(401);
    expect(rejected.body).toMatchObject({
      code: 'unauthenticated',
      reason: 'session_revoked',
      next_step: 'Sign in again.',
    });
    const overMcp = await phone.post('/mcp', { jsonrpc: '2.0', id: 1, method: 'ping' });
    expect(overMcp.status).toBe(401);
    expect((await laptop.get('/api-keys')).status).toBe(200);
    expect((await laptop.get('/sessions')).body.sessions).toHaveLength(1);
    const told = await recordsOf('authentication.refused');
    // The second of a kind within the hour is counted, not recorded.
    expect(told.filter(({ meta }) => meta.reason === 'session_revoked')).toHaveLength(1);
    expect(new Set(told.map(({ ownerId }) => ownerId)).size).toBe(1);
  });

  it('of others are indistinguishable from unknown ones', async () => {
    const { current } = portunus;
    const [dora, eve] = [await current.person('dora'), await current.person('eve')];
    for (const each of [dora, eve]) await each.get('/sessions');
    const hers = (await dora.get('/sessions')).body.sessions[0].session_id;
    const answers = await Promise.all(
      [hers, `s_${'A'.repeat(22)}`, 'nonsense'].map((id) => eve.delete(`/sessions/${id}`)),
    );
    const bare = answers.map(({ status, text }) => [status, text.replace(/"request_id":"[^"]+"/, '')]);
    expect(new Set(bare.map(String)).size).toBe(1);
    expect(answers[0]?.status).toBe(404);
    expect((await dora.get('/sessions')).status).toBe(200);
  });

  it('all end at once; a new sign-in is admitted, a refreshed token is not', async () => {
    const { current } = portunus;
    const sid = 'a sign-in of an issuer that tells no time of it';
    const overrides = { ...ago(120), sid, auth_time: undefined };
    const before = await current.person('finn', { overrides });
    await before.get('/notices');
    expect((await before.post('/sessions/revoke-all', undefined)).body).toMatchObject({ success: true });
    expect((await before.get('/api-keys')).body.reason).toBe('session_revoked');
    const later = Math.floor(Date.now() / 1000) + 2;
    const refreshed = await current.person('finn', {
      overrides: { ...overrides, iat: later, exp: later + 900 },
    });
    expect((await refreshed.get('/mcp/tools')).status).toBe(401);
    // As Cognito's: refreshed from a sign-in that was never seen here, which it tells the time of.
    const unseen = await current.person('finn', {
      overrides: { iat: later, exp: later + 900, auth_time: ago(120).auth_time },
    });
    expect((await unseen.get('/mcp/tools')).body.reason).toBe('session_revoked');
    const anew = await current.person('finn', {
      overrides: { iat: later, exp: later + 900, auth_time: later },
    });
    expect((await anew.get('/mcp/tools')).status).toBe(200);
    expect((await anew.get('/sessions')).body.sessions).toHaveLength(1);
  });

  it('of another user can be ended only by an admin', async () => {
    const { current } = portunus;
    const gwen = await current.person('gwen', { overrides: ago(5) });
    await gwen.get('/notices');
    const body = { user_id: 'gwen' };
    expect((await gwen.post('/admin/sessions/revoke', body)).status).toBe(403);
    const erin = await current.person('erin');
    expect((await erin.post('/admin/sessions/revoke', body)).body).toMatchObject({ success: true });
    expect((await gwen.get('/api-keys')).body.reason).toBe('session_revoked');
    const told = await recordsOf('sessions.revoked');
    const [first, second] = told.filter(({ meta, target }) => meta?.on_behalf ?? target?.length === 27);
    expect(first.requestId).toBe(second.requestId);
    expect(new Set([first.ownerId, second.ownerId]).size).toBe(2);
    expect((await erin.post('/admin/sessions/revoke', { user_id: '' })).status).toBe(400);
  });

  it('end when the roles they were opened with are no longer true', async () => {
    const { current } = portunus;
    const admin = await current.person('hugo', { roles: ['admin'], overrides: ago(30) });
    await admin.get('/notices');
    const demoted = await current.person('hugo');
    expect((await demoted.get('/notices')).status).toBe(200);
    expect((await admin.get('/api-keys')).body).toMatchObject({
      status: 401,
      reason: 'session_roles_changed',
    });
    const [ownerId] = (await recordsOf('authentication.refused'))
      .filter(({ meta }) => meta.reason === 'session_roles_changed')
      .map((record) => record.ownerId);
    const changes = (await recordsOf('roles.changed')).filter((record) => record.ownerId === ownerId);
    expect(changes.map(({ meta }) => meta.outcome)).toEqual(['admin', 'user']);
  });

  it('are closed with an erased account, for newer tokens too, until its backups have lapsed', async () => {
    const { current } = portunus;
    const ivan = await current.person('ivan', { overrides: ago(5) });
    await ivan.invoke('todo_create', { title: 'x' });
    expect((await ivan.delete('/account')).status).toBe(200);
    const again = await current.person('ivan');
    for (const each of [ivan, again]) {
      expect((await each.get('/api-keys')).body).toMatchObject({ status: 401, reason: 'account_erased' });
    }
    const row = (await current.rows('control')).find(({ closedUntil }) => closedUntil !== undefined);
    const days = (Number(row?.['closedUntil']) - Date.now() / 1000) / 86_400;
    expect(days).toBeGreaterThan(35);
    await current.db.send(
      new UpdateCommand({
        TableName: current.tableName('control'),
        Key: { pk: row?.['pk'], sk: row?.['sk'] },
        UpdateExpression: 'SET closedUntil = :now',
        ExpressionAttributeValues: { ':now': Math.floor(Date.now() / 1000) - 1 },
      }),
    );
    const later = Math.floor(Date.now() / 1000) + 2;
    const back = await current.person('ivan', {
      overrides: { iat: later, auth_time: later, exp: later + 900 },
    });
    expect((await back.get('/mcp/tools')).status).toBe(200);
  });

  it('are required: no call is admitted while the table is unavailable', async () => {
    const { current } = portunus;
    const jane = await current.person('jane');
    const clear = current.awsEndpoint.faults.inject(({ operation }) =>
      operation === 'BatchGetItem'
        ? { kind: 'error', status: 500, type: 'InternalServerError', message: '' }
        : undefined,
    );
    const rejected = await jane.get('/api-keys');
    clear();
    expect(rejected.body).toMatchObject({ status: 503, code: 'unavailable' });
    expect((await jane.get('/api-keys')).status).toBe(200);
  });

  it('cost one read per instance in ten seconds, and one write per token', async () => {
    const { current } = portunus;
    const kate = await current.person('kate');
    const from = current.journal.all().length;
    for (let n = 0; n < 5; n += 1) await kate.get('/api-keys');
    const calls = current.journal
      .all()
      .slice(from)
      .map(({ operation }) => operation);
    expect(calls.filter((operation) => operation === 'BatchGetItem')).toHaveLength(1);
    expect(calls.filter((operation) => operation === 'UpdateItem')).toHaveLength(1);
    await kate.get('/notices');
    const later = current.journal
      .all()
      .slice(from)
      .map(({ operation }) => operation);
    expect(later.filter((operation) => operation === 'UpdateItem')).toHaveLength(1);
  });
});
