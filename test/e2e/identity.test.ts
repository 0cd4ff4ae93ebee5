import { expect, it } from 'vitest';

import { routes } from '#functions/routes.ts';
import { canaryKey } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const closed = routes.filter((route) => route.kind !== 'public');
const pathOf = (path: string) => path.replace('{key_id}', `openai_${'A'.repeat(22)}`);
const methodOf = (method: string) => (method === 'ANY' ? 'POST' : method);

onEngine('the authorizer and the public routes', () => {
  const portunus = usePortunus();

  it.each(closed.map(({ method, path }) => [methodOf(method), path]))(
    'rejects %s %s without a token, and says where to get one',
    async (method, path) => {
      const { current } = portunus;
      const rejected = await current.request(method, pathOf(path));
      expect(rejected.status).toBe(401);
      expect(rejected.body).toMatchObject({ code: 'unauthenticated', next_step: expect.any(String) });
      const challenge = rejected.headers.get('www-authenticate');
      expect(challenge).toContain(
        `resource_metadata="${current.url}/.well-known/oauth-protected-resource/mcp"`,
      );
      expect(rejected.headers.get('cache-control')).toBe('no-store');
    },
  );

  it('serve metadata to clients that look for the issuer', async () => {
    const { current } = portunus;
    const { status, body } = await current.request('GET', '/.well-known/oauth-protected-resource/mcp');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      resource: `${current.url}/mcp`,
      authorization_servers: [current.issuer.url],
      bearer_methods_supported: ['header'],
    });
  });

  it.each([
    ['expired', { expiresInSeconds: -120 }],
    ['for another audience', { audience: 'https://elsewhere.example/mcp' }],
    ['of another issuer', { overrides: { iss: 'https://elsewhere.example' } }],
    ['without an expiry', { overrides: { exp: undefined } }],
    ['from the future', { overrides: { iat: Math.floor(Date.now() / 1000) + 600 } }],
  ])('rejects a token %s, and records the rejection with its reason', async (_kind, options) => {
    const { current } = portunus;
    const { name } = await current.person('mallory');
    const before = (await current.rows('audit')).length;
    const mallory = await current.person(name, options);
    expect((await mallory.invoke('time_now')).status).toBe(401);
    const records = await current.rows('audit');
    expect(records).toHaveLength(before + 1);
    const rejection = records
      .map(({ rec }) => JSON.parse(String(rec)))
      .find(
        ({ ts }) =>
          ts ===
          records
            .map(({ ts: at }) => String(at))
            .toSorted()
            .at(-1),
      );
    expect(rejection).toMatchObject({
      act: 'authentication.refused',
      category: 'authentication',
      result: 'refused',
    });
    expect(rejection.meta.reason).toMatch(/^token_/);
  });

  it('rejects a forged signature', async () => {
    const { current } = portunus;
    const { token } = await current.person('alice');
    const [header, payload, signature = ''] = token.split('.');
    const forged = `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    const { status } = await current.request('GET', '/api-keys', {
      headers: { authorization: `Bearer ${forged}` },
    });
    expect(status).toBe(401);
  });

  it('admit callers by role: an auditor has no tools and no keys', async () => {
    const carol = await portunus.current.person('carol', {
      scopes: ['tools:call', 'keys:read', 'audit:read'],
    });
    expect((await carol.invoke('time_now')).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await carol.get('/api-keys')).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await carol.get('/audit/logs')).status).toBe(200);
  });

  it('challenges a token that holds none of our scopes', async () => {
    const alice = await portunus.current.person('alice', { scopes: ['openid'] });
    const rejected = await alice.get('/api-keys');
    expect(rejected.status).toBe(403);
    expect(rejected.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
  });

  it('keeps two people with the same name at the same issuer apart by nothing but their subject', async () => {
    const { current } = portunus;
    const [lower, upper] = [await current.person('zoe'), await current.person('Zoe')];
    await lower.invoke('todo_create', { title: 'mine' });
    expect((await upper.invoke('todo_list')).body.result.todos).toEqual([]);
  });

  it('counts how sign-ins go, by class and without a name, and makes no call to AWS for one that is accepted', async () => {
    const { current } = portunus;
    const from = current.journal.all().length;
    const counted = () =>
      current.lambda
        .logs()
        .flatMap(({ line, functionName }) =>
          functionName.endsWith('authorizer') && line.includes('"_aws"') ? [JSON.parse(line)] : [],
        );
    const before = counted().length;
    const expired = { expiresInSeconds: -120 };
    for (const options of [{}, expired, { audience: 'https://elsewhere.example' }]) {
      await (await current.person('nora', options)).get('/api-keys');
    }
    const lines = counted().slice(before);
    expect(lines).toMatchObject([
      { AuthAccepted: 1, Stage: expect.any(String) },
      { AuthExpired: 1, Reason: 'token_expired' },
      { AuthRefused: 1, Reason: 'token_wrong_audience' },
    ]);
    for (const line of lines) {
      const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
      expect(Namespace).toBe('Portunus');
      for (const name of [...Dimensions.flat(), ...Metrics.map(({ Name }: { Name: string }) => Name)]) {
        expect(line).toHaveProperty(name);
      }
      expect(JSON.stringify(line)).not.toMatch(/nora|eyJ/);
    }
    const calls = current.journal.all().slice(from);
    expect(
      calls.filter(({ caller }) => caller.includes('authorizer')).map(({ operation }) => operation),
    ).toEqual([
      'UpdateItem', // the two rejections, counted: such were recorded before
      'UpdateItem',
    ]);
  });

  it('answer health without authentication', async () => {
    const { status, body, headers } = await portunus.current.request('GET', '/health');
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ok' } });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each([
    ['no token', () => undefined],
    ['an expired token', () => portunus.current.issuer.mint({ sub: 'eve', expiresInSeconds: -120 })],
    ['a malformed token', () => 'eyJhbGciOiJSUzI1NiJ9.cut'],
    ['a key of a provider', () => canaryKey('openai')],
  ])('tells clients of OpenAI and people what to do about %s', async (_kind, tokenOf) => {
    const token = await tokenOf();
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const rejected = await portunus.current.request('GET', '/v1/models', { headers });
    const { error, next_step, request_id } = rejected.body;
    expect([rejected.status, error.type, error.code]).toEqual([
      401,
      'authentication_error',
      'unauthenticated',
    ]);
    for (const cause of ['Missing: ', 'Expired: ', 'Malformed ', 'API key of a provider ']) {
      expect(next_step).toContain(cause);
      expect(error.message).toContain(cause);
    }
    expect(rejected.headers.get('x-request-id')).toBe(request_id);
    expect(rejected.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('answers an unknown path under /v1 and a body that is too large with an error member, too', async () => {
    const { current } = portunus;
    const { token } = await current.person('ada');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const lost = await current.request('POST', '/v1/embedding', { headers, body: '{}' });
    expect([lost.status, lost.body.error]).toMatchObject([404, { code: 'not_found', param: null }]);
    const body = `"${'x'.repeat(11 * 1024 * 1024)}"`;
    const large = await current.request('POST', '/v1/chat/completions', { headers, body });
    expect([large.status, large.body.error]).toMatchObject([413, { code: 'payload_too_large' }]);
    for (const { headers: sent, body: told } of [lost, large]) {
      expect(sent.get('x-request-id')).toBe(told.error.request_id);
    }
  });
});
