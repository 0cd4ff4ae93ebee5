// Faults of our own dependencies and of providers, one row each, with what callers and records show. Rows with processes that are
// killed or suspended, and with hostile bodies: crash, issuer-outage, hostile-upstreams and resilience.test.ts, and test/long.
import { setTimeout as sleep } from 'node:timers/promises';

import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';

import type { Stack } from '#local/stack.ts';
import { type Answer, canaryKey, type Person, providerChats, say } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

type Site = {
  readonly person: Person;
  readonly apiKey: string;
  /** A call that an earlier identical one has left in the cache. */
  readonly cached: () => Promise<Answer>;
};

type Row = {
  readonly fault: string;
  readonly expected: string;
  readonly check: (site: Site) => Promise<void>;
};

const MODEL = { provider: 'openai', model: 'gpt-4.1-mini', temperature: 0 };
const DEADLINE_MS = 29_000;

const aws = (status: number, type: string) => ({ kind: 'error', status, type, message: 'injected' }) as const;
const THROTTLED = aws(400, 'ProvisionedThroughputExceededException');
const DOWN = aws(500, 'InternalServerError');
const canceled = (code: string) =>
  ({
    ...aws(400, 'TransactionCanceledException'),
    extra: { CancellationReasons: [{ Code: code, Message: 'injected' }, { Code: 'None' }] },
  }) as const;

const chat = (person: Person, words: string) => person.invoke('ai_chat', say(words, MODEL));

type Faults = Parameters<Stack['awsEndpoint']['faults']['inject']>[0];
const DYNAMODB_THROTTLES: Faults = ({ service }) => (service === 'dynamodb' ? THROTTLED : undefined);
const PUTS_FAIL: Faults = ({ operation }) => (operation === 'PutItem' ? DOWN : undefined);
const KMS_THROTTLES: Faults = ({ service }) =>
  service === 'kms' ? aws(400, 'ThrottlingException') : undefined;

onEngine('the fault matrix', () => {
  const portunus = usePortunus({ mutate: withoutRateLimits });

  const upstreamCalls = () => providerChats(portunus.current).length;

  /** Runs with faults on the calls of the function that runs tools. */
  async function during<T>(fault: Faults, work: () => Promise<T>): Promise<T> {
    const { faults } = portunus.current.awsEndpoint;
    const stop = faults.inject((call) => (call.caller.includes('tools-invoke') ? fault(call) : undefined));
    try {
      return await work();
    } finally {
      stop();
    }
  }

  const rows: Row[] = [
    {
      fault: 'DynamoDB throttles every call',
      expected: '503 unavailable in time, no call to the provider, no half state',
      async check({ person }) {
        const [calls, todos] = [upstreamCalls(), (await person.invoke('todo_list')).body.result];
        const started = Date.now();
        const answers = await during(DYNAMODB_THROTTLES, () =>
          Promise.all([chat(person, 'throttled'), person.invoke('todo_create', { title: 'x' })]),
        );
        expect(Date.now() - started).toBeLessThan(DEADLINE_MS);
        for (const { body } of answers) expect(body).toMatchObject({ status: 503, code: 'unavailable' });
        expect(upstreamCalls()).toBe(calls);
        expect((await person.invoke('todo_list')).body.result).toEqual(todos);
      },
    },
    {
      fault: 'DynamoDB throttles each third call',
      expected: 'callers see nothing of it',
      async check({ person }) {
        let seen = 0;
        const third: Faults = ({ service }) =>
          service === 'dynamodb' && (seen += 1) % 3 === 0 ? THROTTLED : undefined;
        const statuses = await during(third, async () => {
          const answered: number[] = [];
          for (const n of [1, 2, 3, 4]) answered.push((await chat(person, `a third ${n}`)).status);
          return answered;
        });
        expect(statuses).toEqual([200, 200, 200, 200]);
      },
    },
    {
      fault: 'the cache table takes no writes',
      expected: 'the call goes on at once without the cache',
      async check({ person }) {
        const calls = upstreamCalls();
        const started = Date.now();
        const { body } = await during(PUTS_FAIL, () => chat(person, 'no claim'));
        expect(body).toMatchObject({ success: true, cached: false });
        expect(Date.now() - started).toBeLessThan(DEADLINE_MS / 3);
        expect(upstreamCalls()).toBe(calls + 1);
      },
    },
    {
      fault: 'a transaction conflicts three times',
      expected: 'it is repeated, and takes effect once',
      async check({ person }) {
        let seen = 0;
        const conflicts: Faults = ({ operation }) =>
          operation === 'TransactWriteItems' && (seen += 1) <= 3
            ? canceled('TransactionConflict')
            : undefined;
        const created = await during(conflicts, () => person.invoke('todo_create', { title: 'once only' }));
        expect(created.body).toMatchObject({ success: true });
        const { todos } = (await person.invoke('todo_list')).body.result as { todos: { title: string }[] };
        expect(todos.filter(({ title }) => title === 'once only')).toHaveLength(1);
      },
    },
    {
      fault: 'KMS throttles',
      expected:
        'a key in memory still works; a cold one is 503 kms_unavailable, and its provider is not called',
      async check({ person }) {
        const cold = await portunus.current.person('cold-key');
        await cold.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
        const calls = upstreamCalls();
        const [warm, refused] = await during(KMS_THROTTLES, async () => [
          await chat(person, 'warm key'),
          await chat(cold, 'cold key'),
        ]);
        expect(warm?.body).toMatchObject({ success: true });
        expect(refused?.body).toMatchObject({ status: 503, code: 'kms_unavailable' });
        expect(upstreamCalls()).toBe(calls + 1);
      },
    },
    {
      fault: 'the response of a write is lost after it took effect',
      expected: 'the SDK repeats it, with one effect',
      async check({ person }) {
        let seen = 0;
        const lost: Faults = ({ operation }) =>
          operation === 'TransactWriteItems' && (seen += 1) === 1 ? { kind: 'lose' } : undefined;
        const { body } = await during(lost, () => person.invoke('todo_create', { title: 'lost response' }));
        expect(body).toMatchObject({ success: true });
        const { todos } = (await person.invoke('todo_list')).body.result as { todos: { title: string }[] };
        expect(todos.filter(({ title }) => title === 'lost response')).toHaveLength(1);
      },
    },
    {
      fault: 'a provider answers with what is not JSON',
      expected: 'upstream_malformed, and nothing is cached',
      async check({ person, apiKey }) {
        const recover = portunus.current.provider?.answerWith(apiKey, '{"choices": [');
        expect((await chat(person, 'half a body')).body).toMatchObject({ code: 'upstream_malformed' });
        recover?.();
        expect((await chat(person, 'half a body')).body).toMatchObject({ success: true, cached: false });
      },
    },
    {
      fault: 'a provider answers 503',
      expected: 'a typed error for a new request, the expired entry with its age for an earlier one',
      async check({ person, apiKey, cached }) {
        await cached();
        await expireEntries();
        const recover = portunus.current.provider?.fail(apiKey, 503);
        const [fresh, stale] = [await chat(person, 'never asked'), await cached()];
        recover?.();
        expect(fresh.status).toBeGreaterThanOrEqual(500);
        expect(fresh.body.code).toMatch(/^upstream_/);
        expect(stale.body).toMatchObject({
          mode: 'stale',
          age_seconds: expect.any(Number),
          reason: expect.stringMatching(/^upstream_/),
        });
      },
    },
    {
      fault: 'a provider closes the connection without an answer',
      expected: 'a typed error before the deadline',
      async check({ person, apiKey }) {
        const recover = portunus.current.provider?.fail(apiKey, 'never');
        const started = Date.now();
        const { body } = await chat(person, 'closed');
        recover?.();
        expect(Date.now() - started).toBeLessThan(DEADLINE_MS);
        expect(body.code).toMatch(/^upstream_/);
      },
    },
  ];

  /** Also in the memory of the instances, which keep entries for 10 s. */
  async function expireEntries(): Promise<void> {
    const { current } = portunus;
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
    await sleep(10_100);
  }

  it.each(rows)('$fault: $expected', async ({ fault, check }) => {
    const at = rows.findIndex((row) => row.fault === fault);
    const person = await portunus.current.person(`owner-${at}`);
    const apiKey = canaryKey('openai');
    await person.post('/api-keys', { provider: 'openai', api_key: apiKey });
    expect((await chat(person, 'first of the day')).status).toBe(200);
    await check({ person, apiKey, cached: () => chat(person, 'cached') });
  });
});
