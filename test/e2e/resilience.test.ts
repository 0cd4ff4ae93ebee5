// Providers that fail, through the whole stack.
import { expect, it } from 'vitest';

import { canaryKey, type Person, providerChats, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const MODEL = { provider: 'openai', model: 'gpt-4.1-mini' };

const chat = (person: Person, words: string) => person.invoke('ai_chat', say(words, MODEL));
const statusOf = async (person: Person) => {
  const { body } = await person.invoke('service_status');
  expect(body).toMatchObject({ success: true });
  return (body.result.providers as { name: string }[]).find(({ name }) => name === 'openai');
};

onEngine('failover to another provider', () => {
  const portunus = usePortunus();

  it('serves tools, whole and streamed answers where the owner allows it, with the steps and one charge', async () => {
    const { current } = portunus;
    const dora = await current.person('dora');
    const openai = canaryKey('openai');
    await dora.post('/api-keys', { provider: 'openai', api_key: openai });
    await dora.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic') });
    current.provider?.fail(openai, 500);
    const refused = (await chat(dora, 'not allowed')).body;
    expect(refused).toMatchObject({ code: 'upstream_failed', provider: 'openai' });
    const failover = {
      allowed: true,
      providers: ['anthropic'],
      models: { anthropic: { 'gpt-4.1-mini': 'claude-haiku-4-5' } },
    };
    const saved = await dora.put('/preferences', { failover });
    expect(saved.body).toMatchObject({ success: true, failover });
    const another = { 'x-portunus-mode': 'failover' };
    // An instance knows the preferences of before for ten seconds at most.
    await expect
      .poll(async () => (await chat(dora, 'allowed')).body.mode, { timeout: 15_000, interval: 500 })
      .toBe('failover');
    const { body } = await chat(dora, 'allowed again');
    expect(body).toMatchObject({
      success: true,
      mode: 'failover',
      reason: expect.stringMatching(/^upstream_/),
      result: { provider: 'anthropic', model: expect.stringContaining('claude-haiku-4-5') },
      usage: { cost_micro_usd: expect.any(Number) },
    });
    expect(body.attempts.at(-1)).toEqual({
      provider: 'anthropic',
      model: 'claude-haiku-4-5',
      code: 'answered',
    });
    for (const stream of [false, true]) {
      const { status, headers, text } = await dora.post('/v1/chat/completions', {
        ...say('from a client'),
        model: 'openai/gpt-4.1-mini',
        stream,
      });
      expect({ status, 'x-portunus-mode': headers.get('x-portunus-mode') }).toEqual({
        status: 200,
        ...another,
      });
      expect(text).toContain('stand-in');
    }
    const wrong = await dora.put('/preferences', { failover: { allowed: true, providers: ['nobody'] } });
    expect(wrong.body).toMatchObject({ code: 'invalid_input' });
  });
});

onEngine('a provider that is down', () => {
  const portunus = usePortunus();

  async function withKey(name: string) {
    const person = await portunus.current.person(name);
    const api_key = canaryKey('openai');
    await person.post('/api-keys', { provider: 'openai', api_key });
    return { person, api_key };
  }
  it('is not called any more after failures of two owners, and again once a probe has succeeded', async () => {
    const { current } = portunus;
    const [alice, bob, cleo] = [await withKey('alice'), await withKey('bob'), await withKey('cleo')];
    expect(await statusOf(cleo.person)).toMatchObject({ status: 'available' });
    const recover = [alice, bob].map(({ api_key }) => current.provider?.fail(api_key, 503));
    const codes: string[] = [];
    for (let n = 0; n < 6; n += 1) codes.push((await chat([alice, bob][n % 2]!.person, `${n}`)).body.code);
    expect(codes.at(-1)).toBe('upstream_unavailable');
    const before = providerChats(current).length;
    const { status, headers, body } = await chat(alice.person, 'while it is open');
    expect(status).toBe(503);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body).toMatchObject({
      code: 'upstream_unavailable',
      provider: 'openai',
      reason: 'circuit_open',
      unavailable_since: expect.any(String),
      alternatives: expect.arrayContaining([expect.objectContaining({ kind: 'wait' })]),
    });
    expect(providerChats(current).length - before).toBeLessThanOrEqual(1); // a probe, at most
    expect(await statusOf(cleo.person)).toMatchObject({ status: 'unavailable' });
    for (const end of recover) end?.();
    await expect
      .poll(async () => (await chat(cleo.person, 'again')).status, { timeout: 15_000, interval: 250 })
      .toBe(200);
    const records = (await current.rows('audit')).filter(({ act }) => String(act).startsWith('circuit.'));
    expect(records.map(({ act }) => String(act)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'circuit.closed',
      'circuit.opened',
    ]);
    expect(records[0]).toMatchObject({
      ownerId: 'anonymous',
      target: 'openai',
    });
  });
});
