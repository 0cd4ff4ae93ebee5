// Streamed routes that fail before the path of a call: on a real store, with one of its tables gone.
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { toAuthorizerContext } from '#shared/auth/principal.ts';
import { newUid, useTable } from '#test/contracts/drivers.ts';

import { useLog } from './captured-log.ts';

const table = useTable('dynoxide');
useLog();
const TABLES = ['AUDIT_TABLE', 'CONTROL_TABLE', 'CONTENT_TABLE'];

type Out = { status?: number; text: string };
type Handler = (event: APIGatewayProxyEvent, out: object, context: object) => Promise<void>;

beforeAll(() => {
  // As the Lambda runtime offers it: the prelude, then the pieces.
  vi.stubGlobal('awslambda', {
    streamifyResponse: (handler: unknown) => handler,
    HttpResponseStream: {
      from: (out: Out, { statusCode }: { statusCode: number }) => Object.assign(out, { status: statusCode }),
    },
  });
  const { endpoint } = table();
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', endpoint);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'root');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'root');
  vi.stubEnv('PUBLIC_URL', 'https://api.example.com');
});
afterEach(() => void vi.resetModules());
afterAll(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const SCOPES = ['tools:call', 'tools:read', 'ai:use'] as const;

/** One request, with these tables missing. The modules are loaded again: they read the environment once. */
async function request(name: 'mcp' | 'chat', gone: string, body: object) {
  for (const one of TABLES) vi.stubEnv(one, one === gone ? 'missing' : table().TableName);
  const load = name === 'mcp' ? import('#functions/mcp.ts') : import('#functions/completions.ts');
  const handler = (await load).handler as Handler;
  const ownerId = newUid();
  const at = Math.floor(Date.now() / 1000);
  const caller = {
    ownerId,
    issuer: 'https://issuer.example',
    subject: 'alice',
    sessionId: `s_${'a'.repeat(22)}`,
  };
  const times = { expiresAt: at + 900, issuedAt: at - 1, signedInAt: at - 1 };
  const principal = { ...caller, ...times, scopes: [...SCOPES], roles: ['user' as const], client: undefined };
  const headers = {
    host: ['api.example.com'],
    'content-type': ['application/json'],
    accept: ['application/json, text/event-stream'],
    'mcp-protocol-version': ['2025-11-25'],
  };
  const event = {
    httpMethod: 'POST',
    path: name === 'mcp' ? '/mcp' : '/v1/chat/completions',
    headers: {},
    multiValueHeaders: headers,
    pathParameters: null,
    queryStringParameters: null,
    body: JSON.stringify(body),
    requestContext: { requestId: 'req-1', authorizer: toAuthorizerContext(principal) },
  } as unknown as APIGatewayProxyEvent;
  const out: Out & Record<string, unknown> = { text: '' };
  const write = (piece: Uint8Array | string) => ((out.text += String(piece)), true);
  Object.assign(out, { write, end: () => undefined, once: () => undefined });
  await handler(event, out, { functionName: 'f', awsRequestId: 'a', getRemainingTimeInMillis: () => 30_000 });
  const { db, TableName } = table();
  const { Items = [] } = await db.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': `U#${ownerId}` },
    }),
  );
  const records = Items.flatMap(({ rec }) =>
    rec === undefined ? [] : [JSON.parse(String(rec)) as Record<string, unknown>],
  );
  return { status: out.status, records };
}

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const CHAT = { model: 'openai/gpt-4.1', messages: [{ role: 'user', content: 'hi' }] };

describe('a streamed route that fails before the path of a call', () => {
  it.each([
    ['POST /mcp without its session store', 'mcp', 'CONTROL_TABLE', LIST, 'mcp.requested', 'unknown'],
    ['POST /mcp without its store of tools', 'mcp', 'CONTENT_TABLE', LIST, 'mcp.requested', 'unknown'],
    [
      'POST /v1/chat/completions without its session store',
      'chat',
      'CONTROL_TABLE',
      CHAT,
      'tool.called',
      'chat_completions',
    ],
  ] as const)('leaves its record: %s', async (_name, route, gone, body, act, target) => {
    const { status, records } = await request(route, gone, body);
    expect(status).toBe(503);
    expect(records).toMatchObject([
      { act, target, category: 'api_call', result: 'failed', code: 'unavailable', requestId: 'req-1' },
    ]);
    expect(records).toHaveLength(1);
  });
});
