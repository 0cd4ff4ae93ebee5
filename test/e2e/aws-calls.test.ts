import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import type { Stack } from '#local/stack.ts';
import { PINNED_AWS_CALLS } from '#scripts/pinned-aws-calls.ts';
import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { sameRateForAllRoles, withoutRateLimits } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type AwsCall = ReturnType<Stack['journal']['all']>[number];
const named = (idempotency_key: string) => ({ title: 'x', idempotency_key });

/** It names provider and model: one that does not reads the preferences, once in 10 s. */
const chat = (person: Person, words: string, more: object = {}) =>
  person.invoke('ai_chat', say(words, { provider: 'openai', model: 'gpt-4.1-mini', ...more }));

/** The limits in force, which an instance reads again after 10 s: whose call it falls into is chance. */
const readsLimits = ({ caller, operation, partitions }: AwsCall) =>
  operation === 'GetItem' &&
  /tools-invoke|completions|embeddings|messages|responses/.test(caller) &&
  partitions?.[0] === 'LIMITS';

/** Circuit breakers, which an instance reads again after 5 s. */
const readsBreakers = ({ operation, partitions }: AwsCall) =>
  operation === 'Query' && partitions?.[0]?.startsWith('CIRCUIT#') === true;

/** The later of two calls at the same moment finds the other's rate written, and repeats its own write: at least three. */
const ratesAside = (calls: string): string =>
  calls.replace(/(?: UpdateItem){3,6}$/, ' UpdateItem, three or more');

onEngine('the AWS calls of a request', () => {
  // At the usual rate two calls within a tenth of a second take two writes, and whether they are that close is chance.
  const portunus = usePortunus({ mutate: withoutRateLimits });

  /** AWS calls of the request's own functions, in order of name, without those of the pipe, its consumers and schedules. */
  async function callsOf(work: () => Promise<unknown>): Promise<string> {
    const { journal } = portunus.current;
    const before = journal.all().length;
    await work();
    return journal
      .all()
      .slice(before)
      .filter(
        // The look at the caller's session is made every ten seconds per instance: sessions.test.ts counts it.
        ({ caller, operation }) =>
          operation !== 'BatchGetItem' &&
          !/on-audit-recorded|on-audit-seal|on-audit-export|on-expiry-sweep|on-key-opened|on-decrypt-reconciliation|on-issuer-keys|pipe/i.test(
            caller,
          ),
      )
      .filter((call) => !readsLimits(call) && !readsBreakers(call))
      .map(({ operation }) => operation)
      .toSorted()
      .join(' ');
  }

  it('are counted: one more is a decision', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const bob = await current.person('bob');
    const carol = await current.person('carol', { roles: ['user'] });
    const erin = await current.person('erin');
    const dora = await current.person('dora');
    const usual = sameRateForAllRoles({ per_minute: 1_000_000, burst: 10_000 });
    for (const each of [alice, bob, carol, dora, erin]) await each.get('/sessions'); // their tokens are noted once, wherever they are first seen
    const body = { provider: 'openai', api_key: canaryKey('openai') };
    const [second, rejected] = [canaryKey('openai'), canaryKey('openai')];
    current.provider?.reject(rejected);
    let keyId = '';
    let secondId = '';
    const rotate = (api_key: string) => alice.post(`/api-keys/${keyId}/rotate`, { api_key });
    const change = (what: string) => alice.post(`/api-keys/${keyId}/${what}`, undefined);
    const order = (key_ids: string[]) => alice.put('/api-keys/order', { provider: 'openai', key_ids });
    /** Past the local AWS: it is not counted. */
    const forgetValidation = async () => {
      const [row] = (await current.rows('vault')).filter(({ sk }) => String(sk).endsWith(keyId.slice(-22)));
      const { pk, sk } = row ?? {};
      await current.db.send(
        new UpdateCommand({
          TableName: current.tableName('vault'),
          Key: { pk, sk },
          UpdateExpression: 'REMOVE #v',
          ExpressionAttributeNames: { '#v': 'validation' },
        }),
      );
    };
    let todoId = '';
    const newToken = { name: 'ci', scopes: ['usage:read', 'ai:use'], expires_in: 3600 };
    let personal = { token: '', token_id: '' };
    const use = () =>
      current.request('GET', '/usage', { headers: { authorization: `Bearer ${personal.token}` } });
    const completion = { ...say('five'), model: 'openai/gpt-4.1' };
    const message = { ...say('six'), model: 'openai/gpt-4.1', max_tokens: 50 };
    const response = { input: 'seven', model: 'openai/gpt-4.1' };
    const embedding = { model: 'openai/text-embedding-3-small', input: 'x' };
    const post = (path: string, of: object, key: string) =>
      current.request('POST', path, {
        headers: {
          authorization: `Bearer ${dora.token}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify(of),
      });
    const limited = { ...newToken, budget: { day_usd: '0.01' } };
    let budgeted = '';
    const createBudgeted = async () => {
      budgeted = (await dora.post('/tokens', limited)).body.token;
    };
    const byToken = (max_tokens = 1) =>
      current.request('POST', '/v1/chat/completions', {
        headers: { 'x-api-key': budgeted, 'content-type': 'application/json' },
        body: JSON.stringify({ ...completion, max_tokens }),
      });
    const compared = {
      ...say('six'),
      targets: [{ provider: 'openai' }, { provider: 'openai', model: 'o3' }],
    };
    await dora.post('/api-keys', { ...body, api_key: canaryKey('openai') });
    await dora.invoke('ai_chat', say('first of the day'));
    const calls: Record<string, string> = {
      'key stored': await callsOf(async () => {
        keyId = (await alice.post('/api-keys', body)).body.key_id;
      }),
      'key stored twice': await callsOf(() => alice.post('/api-keys', body)),
      'key of another provider': await callsOf(() =>
        alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('anthropic') }),
      ),
      'credential connected': await callsOf(() =>
        carol.post('/api-keys/oauth', {
          provider: 'openai',
          access_token: canaryKey('openai'),
          refresh_token: canaryKey('openai'),
          expires_in: 3600,
        }),
      ),
      'keys listed': await callsOf(() => alice.get('/api-keys')),
      'providers listed': await callsOf(() => alice.get('/api-keys/providers')),
      'tools listed': await callsOf(() => alice.get('/mcp/tools')),
      'a registered tool that is not there': await callsOf(() => alice.invoke('x__y')),
      time_now: await callsOf(() => alice.invoke('time_now')),
      todo_create: await callsOf(async () => {
        todoId = (await alice.invoke('todo_create', { title: 'x' })).body.result.todo.id;
      }),
      todo_list: await callsOf(() => alice.invoke('todo_list')),
      todo_complete: await callsOf(() => alice.invoke('todo_complete', { id: todoId })),
      'todo_complete, done already': await callsOf(() => alice.invoke('todo_complete', { id: todoId })),
      'bad arguments': await callsOf(() => alice.invoke('todo_create')),
      // the stage's secret is read once by each instance
      'todo_create with the first key': await callsOf(() => alice.invoke('todo_create', named('first'))),
      'todo_create with a key': await callsOf(() => alice.invoke('todo_create', named('second'))),
      'todo_create with a key, again': await callsOf(() => alice.invoke('todo_create', named('second'))),
      'ai_chat, cold key': await callsOf(() => chat(alice, 'one')),
      'ai_chat, warm key': await callsOf(() => chat(alice, 'two')),
      'ai_chat, by preferences': await callsOf(() => alice.invoke('ai_chat', say('two and a half'))),
      // at once: an instance reads preferences again after 10 s
      'ai_compare of two': ratesAside(await callsOf(() => alice.invoke('ai_compare', compared))),
      'ai_chat with a key': await callsOf(() => chat(alice, 'two', { idempotency_key: 'a' })),
      'ai_chat with a key, again': await callsOf(() => chat(alice, 'two', { idempotency_key: 'a' })),
      'chat completion': await callsOf(() => alice.post('/v1/chat/completions', completion)),
      'chat completion, streamed': await callsOf(() =>
        alice.post('/v1/chat/completions', { ...completion, stream: true }),
      ),
      'chat completion with a key': await callsOf(() => post('/v1/chat/completions', completion, 'c')),
      'chat completion with a key, again': await callsOf(() => post('/v1/chat/completions', completion, 'c')),
      embeddings: await callsOf(() => dora.post('/v1/embeddings', embedding)),
      'embeddings, cached': await callsOf(() => dora.post('/v1/embeddings', embedding)),
      'embeddings, warm key': await callsOf(() =>
        dora.post('/v1/embeddings', { ...embedding, input: 'other' }),
      ),
      responses: await callsOf(() => dora.post('/v1/responses', response)),
      'responses, warm key': await callsOf(() => dora.post('/v1/responses', response)),
      messages: await callsOf(() => dora.post('/v1/messages', message)),
      'messages, warm key': await callsOf(() => dora.post('/v1/messages', message)),
      'tokens counted, no call': await callsOf(() => dora.post('/v1/messages/count_tokens', message)),
      'models listed': await callsOf(() => alice.get('/v1/models')),
      'model read': await callsOf(() => alice.get('/v1/models/openai/gpt-4.1-mini')),
      ai_models: await callsOf(() => alice.invoke('ai_models')),
      'ai_chat, no key': await callsOf(() => chat(bob, 'three')),
      'usage read': await callsOf(() => alice.get('/usage')),
      usage_status: await callsOf(() => alice.invoke('usage_status')),
      'preferences read': await callsOf(() => alice.get('/preferences')),
      'preferences set': await callsOf(() => alice.put('/preferences', { budget: { day_usd: '5' } })),
      'ai_chat, own budget not known yet': await callsOf(() => chat(alice, 'five')),
      'ai_chat, own budget': await callsOf(() => chat(alice, 'six')),
      'ai_chat, no money left': await callsOf(async () => {
        await chat(alice, 'seven', { model: 'o1' });
      }),
      'limits read': await callsOf(() => erin.get('/limits')),
      'limits changed': await callsOf(() => erin.put('/limits', { version: 0, limits: usual })),
      'limits changed on an old version': await callsOf(() =>
        erin.put('/limits', { version: 0, limits: usual }),
      ),
      'usage history read': await callsOf(() => alice.get('/usage/history')),
      'usage history of last year read': await callsOf(() =>
        alice.get('/usage/history?from=2025-01-01&to=2025-01-31'),
      ),
      'audit read': await callsOf(() => alice.get('/audit/logs')),
      'audit verification': await callsOf(() => alice.get('/audit/verification')),
      'audit of all read, one day': await callsOf(() =>
        erin.get('/audit/logs?from=2025-01-01T00:00:00Z&to=2025-01-01T23:00:00Z'),
      ),
      'reports listed': await callsOf(() => erin.get('/audit/reports')),
      'report read, none': await callsOf(() => erin.get('/audit/reports/2025-01-01')),
      'feedback given': await callsOf(() => dora.post('/feedback', { confidence: 9 })),
      'feedback given again': await callsOf(() => dora.post('/feedback', { confidence: 9 })),
      'setup step': await callsOf(() => dora.post('/feedback', { setup_step: 'started' })),
      'sessions listed': await callsOf(() => alice.get('/sessions')),
      'session ended, unknown': await callsOf(() => alice.delete('/sessions/none')),
      'notices listed': await callsOf(() => alice.get('/notices')),
      'notice read, unknown': await callsOf(() => alice.post('/notices/none/read', undefined)),
      'receipts read': await callsOf(() => alice.get(`/api-keys/${keyId}/receipts`)),
      'key validated, asked a moment ago': await callsOf(() =>
        alice.post(`/api-keys/${keyId}/validate`, undefined),
      ),
      'key rotated': await callsOf(() => rotate(second)),
      'key rotated to what it is': await callsOf(() => rotate(second)),
      'key rotated to one its provider rejects': await callsOf(() => rotate(rejected)),
      'key rotated to one of another provider': await callsOf(() => rotate(canaryKey('anthropic'))),
      'key rolled back': await callsOf(() => change('rollback')),
      'key validated, cold key': await callsOf(async () => {
        await forgetValidation();
        await change('validate');
      }),
      'key validated, warm key': await callsOf(async () => {
        await forgetValidation();
        await change('validate');
      }),
      'key frozen': await callsOf(() => change('freeze')),
      'key frozen twice': await callsOf(() => change('freeze')),
      'ai_chat, frozen key': await callsOf(() => chat(alice, 'four')),
      'key unfrozen': await callsOf(() => change('unfreeze')),
      'key labelled': await callsOf(() => alice.put(`/api-keys/${keyId}/label`, { label: 'mine' })),
      'second key stored': await callsOf(async () => {
        const stored = await alice.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
        secondId = stored.body.key_id;
      }),
      'keys ordered': await callsOf(() => order([secondId, keyId])),
      'keys ordered as they are': await callsOf(() => order([secondId, keyId])),
      "somebody else's key frozen": await callsOf(() => bob.post(`/api-keys/${keyId}/freeze`, undefined)),
      'key deleted': await callsOf(() => alice.delete(`/api-keys/${keyId}`)),
      'key deleted twice': await callsOf(() => alice.delete(`/api-keys/${keyId}`)),
      'receipts of a deleted key read': await callsOf(() => alice.get(`/api-keys/${keyId}/receipts`)),
      'personal token created': await callsOf(async () => {
        personal = (await alice.post('/tokens', newToken)).body;
      }),
      'personal tokens listed': await callsOf(() => alice.get('/tokens')),
      'personal token used, the first one of an instance': await callsOf(use),
      'personal token used again': await callsOf(use),
      'personal token used where no verdict is cached': await callsOf(() =>
        current.request('GET', '/v1/models', { headers: { 'x-api-key': personal.token } }),
      ),
      'mistyped personal token': await callsOf(() =>
        current.request('GET', '/usage', { headers: { authorization: `Bearer ${personal.token}x` } }),
      ),
      'chat completion by a token with a budget, its first': await createBudgeted().then(() =>
        callsOf(() => byToken()),
      ),
      'chat completion by a token with a budget': await callsOf(() => byToken()),
      'chat completion by a token whose budget is used up': await callsOf(() => byToken(4000)),
      'personal token revoked': await callsOf(() => alice.delete(`/tokens/${personal.token_id}`)),
      'account erased': await callsOf(() => alice.delete('/account')),
      'no token': await callsOf(() => current.request('GET', '/api-keys')),
      'bad token': await callsOf(() =>
        current.request('GET', '/api-keys', { headers: { authorization: 'Bearer nonsense' } }),
      ),
      health: await callsOf(() => current.request('GET', '/health')),
      openapi: await callsOf(() => current.request('GET', '/openapi.json')),
    };
    expect(calls).toEqual(PINNED_AWS_CALLS);
  });

  it('of each outcome of the response cache are counted', async () => {
    const { current } = portunus;
    const person = await current.person('cached');
    const api_key = canaryKey('openai');
    await person.post('/api-keys', { provider: 'openai', api_key });
    const overRest = (words: string) => chat(person, words, { temperature: 0 });
    const overMcp = (words: string) =>
      current.request('POST', '/mcp', {
        headers: {
          authorization: `Bearer ${person.token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: {
            name: 'ai_chat',
            arguments: say(words, { provider: 'openai', model: 'gpt-4.1-mini', temperature: 0 }),
          },
        }),
      });
    for (const warm of [overRest, overMcp]) await warm('first of the day');
    await overMcp('a warm key'); // the instance of the other function had an answer from the cache
    /** With the read of the cache, whose partitions tell it from the one of a session. */
    const outcome = async (work: () => Promise<unknown>) => {
      const before = current.journal.all().length;
      const others = await callsOf(work);
      const reads = current.journal
        .all()
        .slice(before)
        .filter(
          ({ operation, partitions }) => operation === 'BatchGetItem' && partitions?.includes('GLOBAL'),
        );
      return [...reads.map(() => 'BatchGetItem'), ...(others ? [others] : [])].join(' ');
    };
    const calls = {
      miss: await outcome(() => overRest('one')),
      'hit in memory': await outcome(() => overRest('one')),
      'hit in the store': await outcome(() => overMcp('one')),
      'expired, and its provider fails': await (async () => {
        await overRest('two');
        for (const { pk, sk } of await current.rows('cache')) {
          if (!String(sk).startsWith('E#')) continue;
          await current.db.send(
            new UpdateCommand({
              TableName: current.tableName('cache'),
              Key: { pk, sk },
              UpdateExpression: 'SET freshUntil = :past',
              ExpressionAttributeValues: { ':past': 0 },
            }),
          );
        }
        const recover = current.provider?.fail(api_key, 501);
        const counted = await outcome(() => overMcp('two'));
        recover?.();
        return counted;
      })(),
    };
    expect(calls).toEqual({
      miss: 'BatchGetItem PutItem PutItem Query TransactWriteItems TransactWriteItems UpdateItem',
      'hit in memory': 'PutItem',
      'hit in the store': 'BatchGetItem PutItem',
      // The claim and its release beside an attempt: the provider was called.
      // whether the owner allows another provider is read after a failure alone
      'expired, and its provider fails':
        'BatchGetItem DeleteItem GetItem PutItem PutItem Query TransactWriteItems TransactWriteItems UpdateItem',
    });
  });

  it('read the limits in force once for many calls', async () => {
    const alice = await portunus.current.person('alice-again'); // the first one has erased her account
    await alice.invoke('time_now'); // the first call of all makes the caller's rate
    const before = portunus.current.journal.all().length;
    for (let n = 0; n < 30; n += 1) await alice.invoke('time_now');
    const since = portunus.current.journal.all().slice(before);
    const calls = since.filter(({ caller }) => caller.includes('tools-invoke'));
    expect(calls.filter(({ operation }) => operation === 'UpdateItem')).toHaveLength(30);
    expect(calls.filter(readsLimits).length).toBeLessThan(10);
  });

  it('of the consumer are one transaction per owner, day and batch', async () => {
    const { current } = portunus;
    await current.events.settled();
    const consumer = current.journal.all().filter(({ caller }) => caller.includes('on-audit-recorded'));
    expect(new Set(consumer.map(({ operation }) => operation))).toEqual(new Set(['TransactWriteItems']));
    // Counting the end of an account would begin a new one.
    const counted = (await current.rows('audit')).filter(({ act }) => act !== 'account.erased');
    expect(consumer.length).toBeLessThan(counted.length);
  });
});
