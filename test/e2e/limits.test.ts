import { afterAll, expect, it } from 'vitest';

import { canaryKey, providerChats, say } from '#test/support/portunus.ts';
import { admittedOf } from '#test/support/rate-callers.ts';
import { sameRateForAllRoles, withRates } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { startUpstream } from '#test/support/upstream.ts';

const deployed = {
  per_minute: 10,
  burst: 4,
  tools: { todo_list: { per_minute: 1, burst: 2 }, words__LookUp: { per_minute: 1, burst: 2 } },
  providers: { openai: { per_minute: 1, burst: 2 }, 'x-paid': { per_minute: 1, burst: 2 } },
};
const upstream = await startUpstream();
afterAll(upstream.stop);
const portunus = usePortunus({
  mutate: withRates(deployed),
  parameters: { ToolOrigins: JSON.stringify([upstream.url]) },
});

onEngine('the rate of one caller', () => {
  it('is limited over REST: the burst, then 429 with the time to wait', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const answers = await Promise.all(Array.from({ length: 12 }, () => alice.invoke('time_now')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
    const rejected = answers.filter(({ status }) => status === 429);
    expect(rejected).toHaveLength(8);
    for (const { headers, body } of rejected) {
      expect(body).toMatchObject({
        code: 'rate_limited',
        scope: 'owner',
        limit: { per_minute: 10, burst: 4 },
      });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBe(body.retry_after_seconds);
    }
    const { body } = await alice.get('/audit/logs?result=refused');
    expect(body.logs).toHaveLength(1); // the others are counted: test/e2e/rejections.test.ts
  });

  it('is counted for each caller separately', async () => {
    const bob = await portunus.current.person('bob');
    expect((await bob.invoke('time_now')).status).toBe(200);
  });

  it('is not used up by requests that are rejected before they do anything', async () => {
    const carl = await portunus.current.person('carl');
    for (let n = 0; n < 10; n += 1) expect((await carl.invoke('todo_create')).status).toBe(400);
    expect((await carl.invoke('time_now')).status).toBe(200);
  });

  it('is narrower for a tool that has a limit of its own, which leaves the other tools their places', async () => {
    const dora = await portunus.current.person('dora');
    const answers = await Promise.all(Array.from({ length: 20 }, () => dora.invoke('todo_list')));
    const rejected = answers.filter(({ status }) => status === 429);
    expect(rejected).toHaveLength(18);
    for (const { headers, body } of rejected) {
      expect(body).toMatchObject({ scope: 'tool', tool: 'todo_list', limit: { per_minute: 1, burst: 2 } });
      expect(headers.get('retry-after')).toBe(String(body.retry_after_seconds));
    }
    expect((await dora.invoke('time_now')).status).toBe(200);
  });

  it('holds for calls that read which keys there are while they are admitted: beyond it nothing is begun', async () => {
    const { current } = portunus;
    const fred = await current.person('fred');
    await fred.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic') });
    const before = providerChats(current).length;
    const answers = await Promise.all(Array.from({ length: 10 }, () => fred.invoke('ai_chat', say('hello'))));
    const rejected = answers.filter(({ status }) => status === 429);
    expect(rejected.length).toBeGreaterThanOrEqual(5); // places come back while they run
    for (const { body } of rejected) expect(body).toMatchObject({ code: 'rate_limited', scope: 'owner' });
    const served = answers.length - rejected.length;
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(served);
    expect(providerChats(current)).toHaveLength(before + served);
    const { body } = await fred.get('/audit/logs?action=tool.called&result=attempted');
    expect(body.logs).toHaveLength(served);
  });

  it('is narrower for a registered tool, or what stands behind it, that has a limit of its own', async () => {
    const asked = upstream.asked.length;
    for (const [alias, scope] of [
      ['words', { scope: 'tool', tool: 'words__LookUp' }],
      ['paid', { scope: 'provider', provider: 'x-paid' }],
    ] as const) {
      const nora = await portunus.current.person(`nora-${alias}`);
      const tool = {
        name: 'LookUp',
        description: 'Looks up.',
        method: 'GET',
        url: `${upstream.url}/`,
        input_schema: { type: 'object' },
      };
      const { tools } = (await nora.post('/mcp/tools', { kind: 'http', alias, tool })).body;
      await nora.post(`/mcp/tools/${alias}__LookUp/review`, { decision: 'activate', hash: tools[0].hash });
      const answers = await Promise.all(Array.from({ length: 9 }, () => nora.invoke(`${alias}__LookUp`)));
      const rejected = answers.filter(({ status }) => status === 429);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
      expect(rejected.filter(({ body }) => body.scope !== 'owner')[0]?.body).toMatchObject({
        ...scope,
        limit: { per_minute: 1, burst: 2 },
      });
    }
    expect(upstream.asked).toHaveLength(asked + 4);
  });

  it('is narrower for a provider that has a limit of its own: it is not asked, and no key is opened', async () => {
    const { current } = portunus;
    const emil = await current.person('emil');
    for (const provider of ['openai', 'anthropic'] as const) {
      await emil.post('/api-keys', { provider, api_key: canaryKey(provider) });
    }
    const before = providerChats(current).length;
    const answers = await Promise.all(Array.from({ length: 3 }, () => emil.invoke('ai_chat', say('hello'))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(answers.find(({ status }) => status === 429)?.body).toMatchObject({
      code: 'rate_limited',
      scope: 'provider',
      provider: 'openai',
      limit: { per_minute: 1, burst: 2 },
    });
    expect(providerChats(current)).toHaveLength(before + 2);
    const { body } = await emil.get('/audit/logs?action=tool.called&result=attempted');
    expect(body.logs).toHaveLength(2);
    expect((await emil.invoke('ai_chat', say('hello', { provider: 'anthropic' }))).status).toBe(200);
  });
});

onEngine('a limit of 100 under 1,000 concurrent callers in four processes', () => {
  it('admits exactly 100', async () => {
    expect(await admittedOf(portunus.current, { calls: 1000, skews: [0, 0, 0, 0] })).toBe(100);
  }, 180_000);
});

onEngine('the limits of a stage', () => {
  const wanted = sameRateForAllRoles({
    per_minute: 6,
    burst: 3,
    tools: { time_now: { per_minute: 1, burst: 1 } },
  });

  it('are readable by operators and writable only by an admin', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const [dave, erin] = [await current.person('dave'), await current.person('erin')];
    const shown = { version: 0, source: 'deployed', limits: sameRateForAllRoles(deployed), changed_at: null };
    expect((await dave.get('/limits')).body).toEqual({ ...shown, in_force_within_seconds: 10 });
    expect((await erin.get('/limits')).body).toMatchObject(shown);
    expect((await alice.get('/limits')).status).toBe(403);
    for (const person of [alice, dave]) {
      expect((await person.put('/limits', { version: 0, limits: wanted })).status).toBe(403);
    }
    expect((await dave.get('/limits')).body).toMatchObject(shown);
  });

  const rate = { per_minute: 1, burst: 1 };
  it.each([
    ['zero', sameRateForAllRoles({ per_minute: 0, burst: 1 })],
    ['no places', sameRateForAllRoles({ per_minute: 1, burst: 0 })],
    ['negative', sameRateForAllRoles({ per_minute: -1, burst: 1 })],
    ['huge', sameRateForAllRoles({ per_minute: 1e9, burst: 1 })],
    ['not a number', { ...sameRateForAllRoles(rate), user: { per_minute: null, burst: 1 } }],
    ['a fraction', sameRateForAllRoles({ per_minute: 1.5, burst: 1 })],
    ['for an unknown role', { ...sameRateForAllRoles(rate), root: rate }],
    ['missing for a role', { user: rate }],
    ['for an unknown tool', sameRateForAllRoles({ ...rate, tools: { ai_chta: rate } })],
    ['for an unknown provider', sameRateForAllRoles({ ...rate, providers: { opneai: rate } })],
    [
      'for a name that every object has',
      JSON.parse(
        JSON.stringify(sameRateForAllRoles(rate)).replace(
          '}',
          ',"tools":{"constructor":{"per_minute":1,"burst":1}}}',
        ),
      ),
    ],
  ])('are rejected when one is %s, and stay as they are', async (_kind, limits) => {
    const erin = await portunus.current.person('erin');
    const { status, body } = await erin.put('/limits', { version: 0, limits });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_input' });
    expect((await erin.get('/limits')).body).toMatchObject({
      version: 0,
      limits: sameRateForAllRoles(deployed),
    });
  });

  it('name what does not exist, and what there is', async () => {
    const erin = await portunus.current.person('erin');
    const limits = sameRateForAllRoles({ ...rate, tools: { ai_chta: rate } });
    const { body } = await erin.put('/limits', { version: 0, limits });
    expect(body.issues[0]).toMatchObject({
      path: 'limits.user.tools.ai_chta',
      message: expect.stringContaining('ai_chat'),
    });
  });

  it('apply to all callers within the stated time, also to one who exhausted the old ones', async () => {
    const { current } = portunus;
    const [erin, frank] = [await current.person('erin'), await current.person('frank')];
    for (let n = 0; n < 5; n += 1) await frank.invoke('todo_list');
    expect((await frank.invoke('todo_list')).status).toBe(429);

    const changed = await erin.put('/limits', { version: 0, limits: wanted });
    expect(changed.body).toMatchObject({ success: true, version: 1, in_force_within_seconds: 10 });
    const { limits, version, source } = (await erin.get('/limits')).body;
    expect({ limits, version, source }).toEqual({ limits: wanted, version: 1, source: 'stored' });
    const [record] = (await erin.get('/audit/logs?user_id=erin&action=limits.changed&result=succeeded')).body
      .logs;
    expect(record).toMatchObject({ user_id: 'erin', target: 'limits', metadata: { version: 1 } });

    await expect
      .poll(async () => (await frank.invoke('todo_list')).status, { timeout: 30_000, interval: 500 })
      .toBe(200);
    const gina = await current.person('gina');
    const [first, second] = [await gina.invoke('time_now'), await gina.invoke('time_now')];
    expect(first.status).toBe(200);
    expect(second.body).toMatchObject({ scope: 'tool', tool: 'time_now', limit: rate });
  });

  it('are changed by one of two who read the same version; the other sees what is in force', async () => {
    const erin = await portunus.current.person('erin');
    const change = (burst: number) =>
      erin.put('/limits', { version: 1, limits: sameRateForAllRoles({ per_minute: 9, burst }) });
    const answers = await Promise.all([change(5), change(6)]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409']);
    const won = answers.find(({ status }) => status === 200)?.body;
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'conflict',
      current: { version: 2, limits: won.limits },
    });
    expect((await erin.get('/limits')).body).toMatchObject({ version: 2, limits: won.limits });
    expect((await erin.put('/limits', { version: 0, limits: won.limits })).status).toBe(409);
    expect((await erin.put('/limits', { version: 7, limits: won.limits })).status).toBe(409);
  });
});
