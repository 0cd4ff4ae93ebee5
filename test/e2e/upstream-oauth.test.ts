// Upstream MCP servers that ask for OAuth tokens: kept in the vault, renewed when they lapse or are rejected.
import { randomBytes } from 'node:crypto';

import { afterAll, beforeEach, expect, it } from 'vitest';

import type { Person } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { LOOKUP, mcpServer } from '#test/support/upstream-server.ts';
import { json, startUpstream } from '#test/support/upstream.ts';

const upstream = await startUpstream();
afterAll(upstream.stop);
const portunus = usePortunus({ parameters: { ToolOrigins: JSON.stringify([upstream.url]) } });

const token = (kind: string) => `${kind}-${randomBytes(24).toString('base64url')}`;
/** Token that the server accepts, and behaviour of its token endpoint. */
const known = { access: new Set<string>(), refresh: new Set<string>(), down: false };

beforeEach(() => {
  known.down = false;
  upstream.asked.splice(0);
  const serve = mcpServer(() => [LOOKUP]);
  upstream.answer((asked, response, request) => {
    if (asked.path !== '/token') {
      const shown = String(asked.headers.authorization).replace('Bearer ', '');
      return known.access.has(shown) ? serve(asked, response, request) : json(response, {}, 401);
    }
    const form = new URLSearchParams(asked.body);
    if (known.down) return json(response, {}, 503);
    // Rotated: good for one time.
    if (!known.refresh.delete(String(form.get('refresh_token'))))
      return json(response, { error: 'invalid_grant' }, 400);
    const next = { access_token: token('access'), refresh_token: token('refresh'), expires_in: 3600 };
    known.access.add(next.access_token);
    known.refresh.add(next.refresh_token);
    return json(response, next);
  });
});

const refreshes = () => upstream.asked.filter(({ path }) => path === '/token');

const connecting = (alias: string, more: object = {}) => {
  const [access_token, refresh_token] = [token('access'), token('refresh')];
  known.access.add(access_token);
  known.refresh.add(refresh_token);
  return {
    provider: `x-${alias}`,
    access_token,
    refresh_token,
    expires_in: 3600,
    origin: upstream.url,
    token_endpoint: `${upstream.url}/token`,
    client_id: 'portunus',
    resource: `${upstream.url}/mcp`,
    ...more,
  };
};

async function connect(who: Person, alias: string, more: object = {}) {
  const body = connecting(alias, more);
  const answer = await who.post('/api-keys/oauth', body);
  expect([answer.status, answer.body.code]).toEqual([201, undefined]);
  return { ...body, keyId: answer.body.key_id as string };
}

const server = (alias: string) => ({ kind: 'mcp', alias, url: `${upstream.url}/mcp`, credential: {} });

async function register(who: Person, alias: string): Promise<void> {
  const answer = await who.post('/mcp/tools', server(alias));
  expect(answer.status).toBe(201);
  const [{ name, hash }] = answer.body.tools;
  await who.post(`/mcp/tools/${name}/review`, { decision: 'activate', hash });
}

const call = (who: Person, alias: string) => who.invoke(`${alias}__lookup`, { word: 'hi' });
const noticesOf = async (who: Person) =>
  (await who.get('/notices')).body.notices.map(
    ({ kind, next_step }: Record<string, string>) => `${kind}: ${next_step}`,
  );

onEngine('a token set for an upstream server', () => {
  it('is renewed before it lapses and when it is rejected, with the call and the registration going on', async () => {
    const ann = await portunus.current.person('ann');
    const first = await connect(ann, 'words', { expires_in: 1 });
    await register(ann, 'words');
    expect(refreshes()).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(refreshes()[0]?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: first.refresh_token,
      client_id: 'portunus',
      resource: `${upstream.url}/mcp`,
    });
    expect((await call(ann, 'words')).status).toBe(200);
    expect(refreshes()).toHaveLength(1);

    known.access.clear();
    const answer = await call(ann, 'words');
    expect(answer.body).toMatchObject({ success: true, result: { content: [{ text: 'hi!' }] } });
    expect(refreshes()).toHaveLength(2);
    const { body } = await ann.get('/audit/logs');
    const outcome = body.logs.find(
      (log: Record<string, string>) =>
        log['request_id'] === answer.body.request_id &&
        log['action'] === 'tool.called' &&
        log['result'] === 'succeeded',
    );
    expect(outcome.keys).toEqual([
      { key_id: first.keyId, version: 2 },
      { key_id: first.keyId, version: 3 },
    ]);
    const { current } = portunus;
    const everything = JSON.stringify([
      await current.rows('vault'),
      await current.rows('audit'),
      current.answers,
    ]);
    const secrets = [...known.access, ...known.refresh, first.access_token, first.refresh_token];
    for (const secret of secrets) expect(everything).not.toContain(secret.slice(8, -4));
  });

  it('is renewed once, however many calls find it rejected', async () => {
    const ben = await portunus.current.person('ben');
    await connect(ben, 'many');
    await register(ben, 'many');
    known.access.clear();
    const answers = await Promise.all(Array.from({ length: 6 }, () => call(ben, 'many')));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(refreshes()).toHaveLength(1);
  });

  it('that can no longer be renewed is marked, and its owner is notified with the remedy', async () => {
    const cid = await portunus.current.person('cid');
    await connect(cid, 'dead');
    await register(cid, 'dead');
    known.access.clear();
    known.refresh.clear();
    const where = expect.stringContaining('/api-keys/oauth');
    expect((await call(cid, 'dead')).body).toMatchObject({ code: 'key_rejected', next_step: where });
    upstream.asked.splice(0);
    expect((await call(cid, 'dead')).body).toMatchObject({ code: 'key_invalid', next_step: where });
    expect(upstream.asked).toEqual([]);
    expect(await noticesOf(cid)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^key_invalid: Sign in at dead again .*\/api-keys\/oauth/),
        expect.stringMatching(/^renewal_failed: Sign in at dead again/),
      ]),
    );
    await connect(cid, 'dead');
    expect((await call(cid, 'dead')).status).toBe(200);
  });

  it('stays while its endpoint is down', async () => {
    const dot = await portunus.current.person('dot');
    await connect(dot, 'down');
    await register(dot, 'down');
    known.access.clear();
    known.down = true;
    expect((await call(dot, 'down')).body).toMatchObject({ code: 'key_rejected' });
    const { body } = await dot.get('/api-keys');
    expect(body.keys).toMatchObject([{ provider: 'x-down', status: 'active' }]);
  });

  it('is sent to no other origin, and renewed at no address of the inside', async () => {
    const eve = await portunus.current.person('eve');
    await connect(eve, 'other', { origin: 'https://elsewhere.example' });
    expect((await eve.post('/mcp/tools', server('other'))).body).toMatchObject({ code: 'wrong_provider' });
    expect(upstream.asked).toEqual([]);
    const own = `${portunus.current.url}/token`;
    for (const url of [
      'http://169.254.169.254/token',
      'https://10.0.0.1/token',
      'https://db.internal/token',
      own,
    ]) {
      const rejected = await eve.post('/api-keys/oauth', connecting('inner', { token_endpoint: url }));
      expect(rejected.body).toMatchObject({ code: 'egress_refused' });
    }
    for (const missing of ['origin', 'token_endpoint', 'client_id']) {
      const rejected = await eve.post('/api-keys/oauth', connecting('inner', { [missing]: undefined }));
      expect(rejected.body).toMatchObject({ code: 'invalid_input', issues: [{ path: `body.${missing}` }] });
    }
    const others = await eve.post('/api-keys/oauth', { ...connecting('inner'), provider: 'openai' });
    expect(others.body).toMatchObject({ code: 'invalid_input' });
    expect((await eve.get('/api-keys')).body.keys).toHaveLength(1);
  });
});
