// The first event of each function: a call that works where one is known, else one that is rejected after reading it.
import { eventFunctions } from '#functions/events.ts';
import { routes } from '#functions/routes.ts';
import { toAuthorizerContext } from '#shared/auth/principal.ts';
import { SCOPES } from '#shared/auth/scopes.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import type { Portunus } from '#test/support/portunus.ts';

import { callTimeNow, createTodo, newKey, type Sample } from './requests.ts';

const AUDITED = {
  id: 'bench',
  source: 'portunus.audit',
  'detail-type': 'audit.recorded',
  detail: {
    eventId: '01J00000000000000000000000',
    ownerId: 'bench',
    act: 'key.stored',
    category: 'user_action',
    result: 'succeeded',
    ts: '2026-01-01T00:00:00.000Z',
  },
};

/** Function name → event. */
export async function eventFor(portunus: Portunus): Promise<(name: string) => unknown> {
  const { token } = await portunus.person('alice');
  const issuer = portunus.issuer.url;
  const now = Math.floor(Date.now() / 1000);
  const callerOf = (subject: string) =>
    toAuthorizerContext({
      ownerId: deriveOwnerId(issuer, subject),
      issuer,
      subject,
      scopes: [...SCOPES],
      roles: ['user'],
      sessionId: `s_${'b'.repeat(22)}`,
      expiresAt: now + 3600,
      issuedAt: now,
      signedInAt: now,
    });
  const samples: Readonly<Record<string, () => Partial<Sample>>> = {
    'keys-store': () => ({ body: JSON.stringify(newKey()) }),
    'tools-invoke': () => createTodo({ token }),
    mcp: () => callTimeNow({ token }),
    // A user who erases the account or signs out everywhere is rejected from then on: another user each time.
    'account-erase': () => ({ caller: crypto.randomUUID() }),
    'sessions-revoke-all': () => ({ caller: crypto.randomUUID() }),
  };

  const proxyEvent = ({ method, path, headers = {}, body, caller = 'alice' }: Sample) => ({
    resource: path,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    pathParameters: Object.fromEntries(
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, 'openai_0']),
    ),
    requestContext: {
      requestId: crypto.randomUUID(),
      domainName: '127.0.0.1',
      httpMethod: method,
      authorizer: callerOf(caller),
    },
    methodArn: 'arn:aws:execute-api:eu-central-1:000000000000:api/stage/GET/health',
    body: body ?? null,
    isBase64Encoded: false,
  });

  return (name) => {
    if (name === 'authorizer') {
      return proxyEvent({ method: 'GET', path: '/api-keys', headers: { authorization: `Bearer ${token}` } });
    }
    if (eventFunctions.some((consumer) => consumer.name === name)) return AUDITED;
    const row = routes.find((route) => route.name === name);
    const method = row?.method === 'GET' ? 'GET' : 'POST';
    const headers = { host: '127.0.0.1', 'content-type': 'application/json' };
    const plain = {
      method,
      path: row?.path ?? '/',
      headers,
      ...(method === 'POST' && { body: '{}' }),
    } as const;
    const sample = samples[name]?.() ?? {};
    return proxyEvent({ ...plain, ...sample, headers: { ...headers, ...sample.headers } });
  };
}
