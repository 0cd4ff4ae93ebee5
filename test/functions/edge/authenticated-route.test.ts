// Routes with a caller, on a real store: the answer, the record in the trail and the log line of each ending.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';

import { authenticatedRoute } from '#functions/edge/authenticated-route.ts';
import { writeRoute } from '#functions/edge/write-route.ts';
import { type Principal, toAuthorizerContext } from '#shared/auth/principal.ts';
import { AppError, MalformedAnswer } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { newUid, useTable } from '#test/contracts/drivers.ts';

import { useLog } from './captured-log.ts';

/** Parts of it turn up nowhere but in what the route was told. */
const CANARY = 'canary-7f3a-secret';

const table = useTable('dynoxide');
const lines = useLog();

beforeAll(() => {
  const { endpoint, TableName } = table();
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'root');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'root');
  for (const name of ['AUDIT_TABLE', 'CONTROL_TABLE']) vi.stubEnv(name, TableName);
});
afterAll(() => void vi.unstubAllEnvs());

const context = {
  functionName: 'f',
  awsRequestId: 'aws-1',
  getRemainingTimeInMillis: () => 30_000,
} as unknown as Context;

const seconds = () => Math.floor(Date.now() / 1000);

const principal = (ownerId: OwnerId): Principal => ({
  ownerId,
  issuer: 'https://issuer.example',
  subject: 'alice',
  scopes: ['keys:read'],
  roles: ['user'],
  sessionId: `s_${'a'.repeat(22)}`,
  client: 'desktop',
  expiresAt: seconds() + 900,
  issuedAt: seconds() - 1,
  signedInAt: seconds() - 1,
});

type More = { readonly event?: object; readonly principal?: Partial<Principal> };

/** A route that does what it is told, called once. */
async function call(run: () => Promise<{ body: unknown }>, more: More = {}) {
  const ownerId = newUid();
  const handler = authenticatedRoute('keys-list', {
    action: 'keys.listed',
    category: 'user_action',
    run,
  });
  const event = {
    headers: {},
    multiValueHeaders: {},
    pathParameters: null,
    queryStringParameters: null,
    body: null,
    requestContext: {
      requestId: 'req-1',
      authorizer: toAuthorizerContext({ ...principal(ownerId), ...more.principal }),
    },
    ...more.event,
  } as unknown as APIGatewayProxyEvent;
  const answer = await handler(event, context);
  const { db, TableName } = table();
  const { Items = [] } = await db.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': `U#${ownerId}` },
    }),
  );
  const records = Items.map(({ rec }) => JSON.parse(String(rec)) as Record<string, unknown>);
  return { answer, records, body: JSON.parse(answer.body) as Record<string, unknown> };
}

const thrower = (thrown: unknown) => async (): Promise<never> => {
  throw thrown;
};

const JSON_TYPE = { 'Content-Type': 'application/json' };
const KIB = 1024;

describe('a request that is rejected before its use case', () => {
  it.each<[string, number, string, More]>([
    [
      'whose body is larger than 256 KiB',
      413,
      'payload_too_large',
      { event: { body: ' '.repeat(256 * KIB + 1) } },
    ],
    [
      'whose packed body is larger than 256 KiB',
      413,
      'payload_too_large',
      { event: { body: 'A'.repeat(((256 * KIB) / 3) * 4 + 8), isBase64Encoded: true } },
    ],
    ['whose body is no JSON', 415, 'unsupported_media_type', { event: { body: '{}' } }],
    [
      'whose body does not parse',
      400,
      'invalid_input',
      { event: { body: `{"${CANARY}`, headers: JSON_TYPE } },
    ],
    [
      'that names itself twice',
      400,
      'invalid_input',
      { event: { multiValueHeaders: { 'Idempotency-Key': ['a', 'a'] } } },
    ],
    [
      'that names itself under two spellings',
      400,
      'invalid_input',
      { event: { multiValueHeaders: { 'Idempotency-Key': ['a'], 'idempotency-key': ['b'] } } },
    ],
    [
      'whose name is not printable',
      400,
      'invalid_input',
      { event: { multiValueHeaders: { 'Idempotency-Key': [`${CANARY}\n`] } } },
    ],
    [
      'with a query nobody knows',
      400,
      'invalid_input',
      { event: { queryStringParameters: { [CANARY]: CANARY } } },
    ],
    ['without the scope', 403, 'insufficient_scope', { principal: { scopes: ['todo:read'] } }],
    ['without a role', 403, 'forbidden', { principal: { roles: [] } }],
  ])('%s answers %s, is recorded, and does nothing', async (_what, status, code, more) => {
    let runs = 0;
    const run = async () => {
      runs += 1;
      return { body: {} };
    };
    const { answer, records, body } = await call(run, more);
    expect([answer.statusCode, body['code'], runs]).toEqual([status, code, 0]);
    const own = records.filter(({ act }) => act !== 'roles.changed');
    expect(own).toMatchObject([{ act: 'keys.listed', result: 'refused', code }]);
    expect(`${JSON.stringify(answer)} ${JSON.stringify(records)} ${lines.join('')}`).not.toContain('canary');
  });

  it('is taken with a body of exactly 256 KiB', async () => {
    const body = `{}${' '.repeat(256 * KIB - 2)}`;
    const { answer } = await call(async () => ({ body: {} }), { event: { body, headers: JSON_TYPE } });
    expect(answer.statusCode).toBe(200);
  });

  it('of an expired token is recorded as a rejected sign-in, whatever verdict was kept', async () => {
    const { answer, body } = await call(async () => ({ body: {} }), {
      principal: { expiresAt: seconds() - 31, issuedAt: seconds() - 900 },
    });
    expect([answer.statusCode, body['code']]).toEqual([401, 'unauthenticated']);
  });
});

const freezeEvent = (queryStringParameters: object | null) =>
  ({
    headers: {},
    multiValueHeaders: {},
    pathParameters: { key_id: 'k' },
    queryStringParameters,
    body: null,
    requestContext: {
      requestId: 'req-1',
      authorizer: toAuthorizerContext({ ...principal(newUid()), scopes: ['keys:write'] }),
    },
  }) as unknown as APIGatewayProxyEvent;

describe('a route that changes something', () => {
  it('rejects a query parameter that is not known', async () => {
    const handler = writeRoute('keys-freeze', {
      input: { path: z.strictObject({ key_id: z.string() }) },
      action: 'key.frozen',
      category: 'user_action',
      run: async () => ({ body: {} }),
    });
    const rejected = await handler(freezeEvent({ [CANARY]: CANARY }), context);
    expect([rejected.statusCode, JSON.parse(rejected.body).code]).toEqual([400, 'invalid_input']);
    expect(rejected.body).not.toContain('canary');
    expect((await handler(freezeEvent(null), context)).statusCode).toBe(200);
  });
});

describe('a route with a caller', () => {
  it('records that it succeeded', async () => {
    const { answer, records } = await call(async () => ({ body: {} }));
    expect(answer.statusCode).toBe(200);
    expect(records).toMatchObject([{ act: 'keys.listed', result: 'succeeded', requestId: 'req-1' }]);
  });

  it.each<[number, string, string, unknown]>([
    [409, 'refused', 'conflict', new AppError('conflict')],
    [500, 'failed', 'internal', new Error(CANARY)],
    [500, 'failed', 'integrity_failed', new AppError('integrity_failed')],
    [502, 'failed', 'upstream_malformed', new MalformedAnswer(CANARY)],
    [502, 'failed', 'upstream_unreachable', new AppError('upstream_unreachable')],
    [503, 'failed', 'unavailable', Object.assign(new Error(CANARY), { $metadata: {} })],
    [503, 'failed', 'kms_denied', new AppError('kms_denied')],
  ])('that ends with %s leaves exactly one record: %s, %s', async (status, result, code, thrown) => {
    const { answer, records, body } = await call(thrower(thrown));
    expect(answer.statusCode).toBe(status);
    expect(body).toMatchObject({ status, code, request_id: 'req-1' });
    expect(records).toMatchObject([{ act: 'keys.listed', result, code, requestId: 'req-1' }]);
  });

  it.each<[string, unknown]>([
    ['an error of another library', new Error(`Cannot parse ${CANARY}`)],
    [
      'an error with a message of several lines',
      new TypeError(`Bad:\n    at ${CANARY} (x:1:1)\n  ${CANARY}`),
    ],
    ['an error with a cause', new Error('x', { cause: new Error(CANARY) })],
    ['an error of the AWS SDK', Object.assign(new Error(CANARY), { $metadata: { httpStatusCode: 400 } })],
    ['an error with fields', Object.assign(new Error('x'), { detail: CANARY, config: { key: CANARY } })],
    ['something that is no error', CANARY],
    ['an unusable answer', new MalformedAnswer(CANARY)],
  ])('neither answers nor logs nor records what %s says', async (_kind, thrown) => {
    const { answer, records, body } = await call(thrower(thrown));
    expect(answer.statusCode).toBeGreaterThanOrEqual(500);
    expect(body['detail']).toMatch(/^(Internal error|Service unavailable|The provider returned)/);
    expect(lines.join('')).toContain('request failed');
    expect(`${JSON.stringify(answer)} ${JSON.stringify(records)} ${lines.join('')}`).not.toContain('canary');
  });
});
