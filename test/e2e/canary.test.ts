import { expect, it } from 'vitest';

import { canaryKey, type Portunus, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

/** Every form in which part of a key could rest somewhere, except its last four characters. */
function formsOf(key: string): string[] {
  const pieces = Array.from({ length: key.length - 15 }, (_, at) => key.slice(at, at + 12));
  const base64 = [0, 1, 2].map((pad) =>
    Buffer.from('x'.repeat(pad) + key)
      .toString('base64')
      .slice(4, -6),
  );
  return [
    ...pieces,
    ...base64,
    Buffer.from(key).toString('hex').slice(0, -8),
    key.split('').toReversed().join('').slice(4),
  ];
}

const jsonOf = (value: unknown) =>
  JSON.stringify(value, (_, field: unknown) =>
    field instanceof Uint8Array
      ? `${Buffer.from(field).toString('latin1')} ${Buffer.from(field).toString('base64')}`
      : field,
  );

async function sinksOf(portunus: Portunus): Promise<Record<string, string>> {
  const tables = ['vault', 'content', 'control', 'audit'] as const;
  const rows = await Promise.all(
    tables.map(async (table) => [table, jsonOf(await portunus.rows(table))] as const),
  );
  return {
    ...Object.fromEntries(rows),
    logs: jsonOf(portunus.lambda.logs()),
    events: jsonOf(portunus.events.busEvents()),
    answers: jsonOf(portunus.answers),
    calls: jsonOf(portunus.journal.all()),
    'KMS log': jsonOf(portunus.kmsLog()),
    environment: jsonOf(portunus.lambda.functions()),
  };
}

const hits = (sinks: Record<string, string>, key: string) =>
  Object.entries(sinks).flatMap(([sink, text]) =>
    formsOf(key).some((form) => text.includes(form)) ? [sink] : [],
  );

onEngine('no part of a stored key beyond its last four characters', () => {
  const portunus = usePortunus();

  it('is found in any table, log, event or answer, whatever goes wrong on the way', async () => {
    const { current } = portunus;
    const [key, misplaced] = [canaryKey('openai'), canaryKey('openai')];
    const [next, revoked] = [canaryKey('openai'), canaryKey('openai')];
    current.provider?.reject(revoked);
    const alice = await current.person('alice');
    const { body } = await alice.post('/api-keys', { provider: 'openai', api_key: key });
    await alice.post('/api-keys', { provider: 'openai', api_key: key });
    await alice.post('/api-keys', { provider: 'openai', api_key: revoked });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: revoked });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: next });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: next, [misplaced]: misplaced });
    await alice.post(`/api-keys/${body.key_id}/rotate`, { api_key: next, expires_at: misplaced });
    await alice.post(`/api-keys/${misplaced}/validate`, undefined);
    await alice.post(`/api-keys/${body.key_id}/validate`, undefined);
    await alice.put('/api-keys/order', { provider: 'openai', key_ids: [misplaced] });
    await alice.post('/api-keys', `{"provider": "openai", "api_key": "${misplaced}",}`);
    await alice.post('/api-keys', { provider: misplaced, api_key: 1 });
    await alice.post('/api-keys', { provider: 'openai', [misplaced]: misplaced, api_key: misplaced });
    await alice.invoke('ai_chat', say('hello'));
    const completion = { ...say('hello'), model: 'openai/gpt-4.1' };
    await alice.post('/v1/chat/completions', completion);
    await alice.post('/v1/chat/completions', { ...completion, stream: true });
    await alice.post('/v1/chat/completions', { ...completion, model: misplaced, [misplaced]: misplaced });
    await alice.post('/v1/chat/completions', { ...completion, model: `openai/${misplaced}` });
    await alice.post('/api-keys', {
      provider: 'compatible',
      api_key: misplaced,
      base_url: `https://${misplaced}.internal/v1`,
    });
    await alice.invoke(misplaced, { [misplaced]: misplaced });
    await alice.invoke('time_now', { zone: misplaced });
    await alice.get(`/api-keys/${misplaced}`);
    await alice.get(`/audit/logs?cursor=${misplaced}&${misplaced}=1`);
    await alice.get('/api-keys');
    await alice.get('/audit/logs');
    await current.events.settled();

    // The provider received the key itself: the search must be able to find it somewhere.
    expect(hits({ provider: jsonOf(current.provider?.journal()) }, key)).toEqual(['provider']);
    const sinks = await sinksOf(current);
    for (const secret of [key, next, revoked, misplaced]) expect(hits(sinks, secret)).toEqual([]);
  });

  it('would be found if it were there: each sink, each encoding', async () => {
    const key = canaryKey('openai');
    const planted = [
      key.slice(3, 16),
      Buffer.from(`{"k":"${key}"}`).toString('base64'),
      Buffer.from(key).toString('hex'),
    ];
    const sinks = await sinksOf(portunus.current);
    for (const [sink, text] of Object.entries(sinks)) {
      for (const leak of planted) expect(hits({ [sink]: text + leak }, key)).toEqual([sink]);
    }
  });
});
