// Query parameters of every kind of route: those that no schema names are rejected, and never quoted.
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';

import { publicRoute } from '#functions/edge/public-route.ts';
import { checkNoQuery, hasQuery } from '#functions/edge/request.ts';

import { useLog } from './captured-log.ts';

const CANARY = 'canary-7f3a-secret';
const lines = useLog();

const eventOf = (queryStringParameters: Record<string, string> | null) =>
  ({
    headers: {},
    multiValueHeaders: {},
    queryStringParameters,
    requestContext: { requestId: 'req-1' },
  }) as unknown as APIGatewayProxyEvent;
const context = { functionName: 'f', awsRequestId: 'aws-1' } as Context;

describe('a query parameter that is not known', () => {
  it('is rejected by a public route, without its name', async () => {
    const handler = publicRoute(() => ({ status: 'ok' }));
    const { statusCode, body } = await handler(eventOf({ [CANARY]: CANARY }), context);
    expect([statusCode, JSON.parse(body).code]).toEqual([400, 'invalid_input']);
    expect(`${body} ${lines.join('')}`).not.toContain('canary');
  });

  it('is rejected by a route that parses no query, without its name', () => {
    expect(() => checkNoQuery(eventOf({ [CANARY]: '' }))).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        details: { issues: [{ path: 'query', message: 'has a field that is not known here' }] },
      }),
    );
  });
});

describe('a request without query parameters', () => {
  it.each([null, {}])('is accepted by every route (%j)', async (query) => {
    expect(hasQuery(eventOf(query))).toBe(false);
    expect(() => checkNoQuery(eventOf(query))).not.toThrow();
    const answer = await publicRoute(() => ({ status: 'ok' }))(eventOf(query), context);
    expect(answer.statusCode).toBe(200);
  });
});
