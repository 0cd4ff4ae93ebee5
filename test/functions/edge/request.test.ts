import type { APIGatewayProxyEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';

import { checkHeaders, checkToken } from '#functions/edge/headers.ts';
import { callerRouteRow, checkQuery, jsonBody, requestParts } from '#functions/edge/request.ts';
import { toWebRequest } from '#functions/edge/response-stream.ts';

const eventOf = (more: Partial<APIGatewayProxyEvent>) =>
  ({
    path: '/mcp',
    httpMethod: 'POST',
    headers: { 'content-type': 'application/json' },
    multiValueHeaders: { 'content-type': ['application/json'] },
    body: null,
    isBase64Encoded: false,
    requestContext: {},
    ...more,
  }) as APIGatewayProxyEvent;

const HALF = '\ud83d';

describe('the parts of a request', () => {
  it('are well-formed text in path, query and body', () => {
    const event = eventOf({
      pathParameters: { name: `a${HALF}` },
      queryStringParameters: { [`q${HALF}`]: `b${HALF}` },
      body: `{"raw":"${HALF}","escaped":"\\ud83d"}`,
    });
    expect(requestParts(event, callerRouteRow('tools-read'))).toEqual({
      path: { name: 'a\ufffd' },
      query: { 'q\ufffd': 'b\ufffd' },
      body: { raw: '\ufffd', escaped: '\ufffd' },
    });
  });

  it('hold a chat of 1,000 messages with 128 tools of 30 fields in 4 MiB', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
    const field = { type: 'string', description: 'x'.repeat(60), enum: ['a', 'b', 'c'] };
    const properties = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`field_${n}`, field]));
    const body = {
      messages: Array.from({ length: 1000 }, () => ({
        role: 'assistant',
        content: 'x'.repeat(1000),
        tool_calls: [call],
      })),
      tools: Array.from({ length: 128 }, (_, n) => ({
        type: 'function',
        function: { name: `f${n}`, parameters: { type: 'object', properties } },
      })),
    };
    const text = JSON.stringify(body);
    expect(text.length).toBeLessThan(4 * 1024 * 1024);
    expect(jsonBody(eventOf({ body: text }), callerRouteRow('completions'))).toEqual(body);
  });

  it('of a small route hold no more values than before', () => {
    const text = `[${'1,'.repeat(6000)}1]`;
    expect(() => jsonBody(eventOf({ body: text }), callerRouteRow('tools-invoke'))).toThrow(
      'too many values',
    );
  });

  it('name a query parameter that is given twice', () => {
    const event = eventOf({ multiValueQueryStringParameters: { limit: ['1', '2'], cursor: ['a'] } });
    expect(() => checkQuery(event)).toThrow(
      expect.objectContaining({
        details: { issues: [{ path: 'query.limit', message: 'must not be repeated' }] },
      }),
    );
  });
});

describe('a repeated header', () => {
  it('that says who calls is rejected, whichever spelling it has', () => {
    for (const more of [
      { multiValueHeaders: { Authorization: ['Bearer a', 'Bearer b'] } },
      { multiValueHeaders: { Authorization: ['Bearer a'], authorization: ['Bearer b'] } },
      { headers: { Authorization: 'Bearer a', authorization: 'Bearer b' }, multiValueHeaders: {} },
    ]) {
      expect(() => checkToken(eventOf(more))).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
    }
  });

  it.each([
    'Content-Type',
    'Host',
    'Origin',
    'Idempotency-Key',
    'Mcp-Name',
    'Mcp-Param-City',
    'x-portunus-strict',
  ])('%s is rejected', (name) => {
    const event = eventOf({ multiValueHeaders: { [name]: ['a', 'a'] } });
    expect(() => checkHeaders(event)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  it.each(['Accept', 'X-Forwarded-For', 'Via', 'Cookie'])('%s, which is a list, is not', (name) => {
    const event = eventOf({ multiValueHeaders: { [name]: ['a', 'b'] } });
    expect(() => {
      checkHeaders(event);
      checkToken(event);
    }).not.toThrow();
  });
});

describe('a request that the types of the web cannot hold', () => {
  const { signal } = new AbortController();

  it.each([
    ['a header with a character beyond bytes', { 'mcp-name': ['工具'] }],
    ['a header with a line break', { 'mcp-name': ['a\nb'] }],
    ['a host that is none', { host: ['a b'] }],
    ['an open bracket as host', { host: ['['] }],
  ])('is rejected by name: %s', (_kind, multiValueHeaders) => {
    expect(() => toWebRequest(eventOf({ multiValueHeaders }), signal, '{}')).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  });
});
