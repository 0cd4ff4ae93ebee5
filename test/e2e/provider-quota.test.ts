import { expect, it } from 'vitest';

import { type Answer, canaryKey, providerChats, type Person, say } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus({ mutate: withoutRateLimits });

async function withKey(name: string, provider: 'openai' | 'anthropic' = 'openai') {
  const person = await portunus.current.person(name);
  const key = canaryKey(provider);
  await person.post('/api-keys', { provider, api_key: key });
  const statuses = () =>
    providerChats(portunus.current)
      .filter(({ credential }) => credential === key)
      .map(({ status }) => status);
  return { person, key, statuses };
}

const chat = (person: Person): Promise<Answer> => person.invoke('ai_chat', say('hello'));
const overMcp = (person: Person) =>
  portunus.current.request('POST', '/mcp', {
    headers: {
      authorization: `Bearer ${person.token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'ai_chat', arguments: say('hello') },
    }),
  });

const pacesOf = async () =>
  (await portunus.current.rows('control')).flatMap((row) =>
    Object.keys(row).filter((name) => name.startsWith('pace:')),
  );

onEngine('a provider that reports its remaining quota', () => {
  it('is called without delay while its quota is sufficient, and nothing is stored', async () => {
    const { person, key, statuses } = await withKey('ann');
    portunus.current.provider?.limit(key, { requests: 100, seconds: 60 });
    for (let n = 0; n < 5; n += 1) expect((await chat(person)).status).toBe(200);
    expect(statuses()).toEqual([200, 200, 200, 200, 200]);
    expect(await pacesOf()).toEqual([]);
  });

  it.each(['openai', 'anthropic'] as const)(
    'is not asked when %s has none left, by no instance',
    async (provider) => {
      const { person, key, statuses } = await withKey(`ben-${provider}`, provider);
      portunus.current.provider?.limit(key, { requests: 1, seconds: 600 });
      expect((await chat(person)).status).toBe(200);
      const rejected = await chat(person);
      expect(rejected.body).toMatchObject({
        status: 429,
        code: 'rate_limited',
        scope: 'provider',
        provider,
        reason: 'provider_quota',
      });
      expect(rejected.headers.get('retry-after')).toBe(String(rejected.body.retry_after_seconds));
      expect(rejected.body.retry_after_seconds).toBeLessThanOrEqual(61);
      // Another function: what it knows it was told.
      const elsewhere = await overMcp(person);
      expect(elsewhere.text).toContain('"provider_quota"');
      expect(statuses()).toEqual([200]);
    },
  );

  it('returns 429 to concurrent callers once, and is not called before Retry-After', async () => {
    const { person, key, statuses } = await withKey('cid');
    portunus.current.provider?.limit(key, { requests: 1, seconds: 120 });
    const [first, second] = await Promise.all([chat(person), chat(person)]);
    expect([first?.status, second?.status].filter((status) => status === 200)).toHaveLength(1);
    const asked = statuses();
    const rejected = await Promise.all(Array.from({ length: 10 }, () => chat(person)));
    for (const { status, body } of rejected)
      expect({ status, reason: body.reason }).toEqual({ status: 429, reason: 'provider_quota' });
    expect(statuses()).toEqual(asked);
  });

  it('never returns 429 to a continuous caller, who is paced to its rate', async () => {
    const { person, key, statuses } = await withKey('dan');
    portunus.current.provider?.limit(key, { requests: 20, seconds: 4 });
    const answers: number[] = [];
    for (let n = 0; n < 35; n += 1) answers.push((await chat(person)).status);
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(new Set(statuses())).toEqual(new Set([200]));
  });

  it('affects one owner only, until its quota resets', async () => {
    const { person, key, statuses } = await withKey('eva');
    const { person: other } = await withKey('fay');
    const undo = portunus.current.provider?.limit(key, { requests: 1, seconds: 60 });
    expect((await chat(person)).status).toBe(200);
    expect((await chat(person)).status).toBe(429);
    expect((await chat(other)).status).toBe(200);
    undo?.();
    await expect.poll(async () => (await chat(person)).status, { timeout: 20_000, interval: 300 }).toBe(200);
    expect(statuses()).toEqual([200, 200]);
  });
});
