import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const MARK = 'zebra-crossing';
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const json = 'application/json';

const bodies: [kind: string, body: string, type: string][] = [
  ['malformed JSON', `{"provider": "${MARK}",}`, json],
  ['half a string', `{"provider": "${MARK}`, json],
  ['nothing', '', json],
  ['a bare number', '42', json],
  ['null', 'null', json],
  ['an array', `["${MARK}"]`, json],
  ['wrong types', `{"provider": ["${MARK}"], "api_key": {"a": "${MARK}"}, "tool_name": 7}`, json],
  ['an unknown field', `{"provider": "openai", "api_key": "sk-${'a'.repeat(30)}", "${MARK}": 1}`, json],
  [
    'a field named twice',
    `{"provider": "openai", "provider": "${MARK}", "api_key": "sk-${'a'.repeat(30)}"}`,
    json,
  ],
  ['__proto__', `{"__proto__": {"admin": "${MARK}"}, "provider": "openai", "api_key": "x"}`, json],
  ['300 KiB', `{"provider": "${MARK}${'a'.repeat(300 * 1024)}"}`, json],
  ['10,000-deep arrays', `{"provider": ${deep(10_000)}}`, json],
  ['10,000-deep arrays alone', deep(10_000), json],
  ['6,000 values', `{"parameters": {"a": [${'1,'.repeat(6000)}1]}, "tool_name": "${MARK}"}`, json],
  ['XML', `<provider>${MARK}</provider>`, 'application/xml'],
  ['a form', `provider=${MARK}`, 'application/x-www-form-urlencoded'],
  ['another alphabet', `{"provider": "оpenаi", "api_key": "${MARK} \u0000 \n"}`, json],
];

onEngine('a bad request', () => {
  const portunus = usePortunus();

  it.each(
    bodies.flatMap(([kind, body, type]) =>
      ['/api-keys', '/mcp/tools/invoke', '/mcp'].map((path) => [kind, path, body, type] as const),
    ),
  )(
    'of %s to %s is rejected with a 4xx, changes nothing and echoes nothing',
    async (_kind, path, body, type) => {
      const { current } = portunus;
      const { token } = await current.person('alice');
      const calls = current.journal.all().length;
      const rejected = await current.request('POST', path, {
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': type,
          accept: 'application/json, text/event-stream',
        },
        body,
      });
      expect(rejected.status).toBeGreaterThanOrEqual(400);
      expect(rejected.status).toBeLessThan(500);
      expect(rejected.text).not.toContain(MARK);
      // MCP clients read JSON-RPC errors, the others problem documents.
      expect(rejected.body.code ?? rejected.body.error.code).toBeTruthy();
      const made = current.journal
        .all()
        .slice(calls)
        .filter(({ caller }) => !caller.includes('on-') && !caller.includes('ipe'))
        // The session is checked before the request is parsed.
        .filter(({ partitions }) => !partitions?.[0]?.startsWith('SESSION#'));
      // It is counted, and the first of its kind recorded.
      expect(['', 'UpdateItem', 'PutItem UpdateItem']).toContain(
        made
          .map(({ operation }) => operation)
          .toSorted()
          .join(' '),
      );
      expect(await current.rows('vault')).toEqual([]);
      expect((await current.rows('content')).filter(({ sk }) => String(sk).startsWith('TODO#'))).toEqual([]);
    },
  );

  it('to an unknown path or with an unknown method is rejected like the rest', async () => {
    const { current } = portunus;
    const alice = await current.person('alice');
    const unknown = await alice.get(`/${MARK}`);
    expect(unknown.body).toMatchObject({ status: 404, code: 'not_found' });
    expect(unknown.text).not.toContain(MARK);
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const rejected = await current.request(method, '/mcp', {
        headers: { authorization: `Bearer ${alice.token}` },
      });
      expect(rejected.status).toBe(405);
      expect(rejected.headers.get('allow')).toBe('POST');
    }
  });

  it('with an unknown query parameter is rejected', async () => {
    const alice = await portunus.current.person('alice');
    for (const path of ['/api-keys', '/mcp/tools', '/audit/logs', '/api-keys/providers']) {
      const rejected = await alice.get(`${path}?${MARK}=${MARK}`);
      expect(rejected.body).toMatchObject({ status: 400, code: 'invalid_input' });
      expect(rejected.text).not.toContain(MARK);
    }
  });

  it.each(['TRACE', 'HEAD', 'PATCH', 'PROPFIND', 'GET'])(
    'by the method %s at /mcp is rejected with 405 and the method to use',
    async (method) => {
      const { current } = portunus;
      const { token } = await current.person('alice');
      // `fetch` sends no TRACE.
      const outgoing = httpRequest(`${current.url}/mcp`, {
        method,
        headers: { authorization: `Bearer ${token}` },
      });
      outgoing.end();
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(405);
      expect(answer.headers['allow']).toBe('POST');
    },
  );

  it('from a foreign page is rejected at /mcp', async () => {
    const { current } = portunus;
    const { token } = await current.person('alice');
    const { port } = new URL(current.url);
    const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    const statusFor = async (origin: string) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': json, origin };
      return (await current.request('POST', '/mcp', { headers, body })).status;
    };
    for (const origin of [
      'https://evil.example',
      current.url.replace('http:', 'https:'),
      current.url.replace(port, '1'),
      current.url.replace(`:${port}`, ''),
      'null',
    ]) {
      expect(await statusFor(origin)).toBe(403);
    }
    expect(await statusFor(new URL(current.url).origin)).toBe(200);
  });

  it.each(['*/*', 'text/html, */*;q=0.1', undefined])(
    'is not what a client makes of a message to /mcp that accepts %s',
    async (accept) => {
      const { current } = portunus;
      const { token } = await current.person('alice');
      const outgoing = httpRequest(`${current.url}/mcp`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': json,
          'mcp-protocol-version': '2025-11-25',
          ...(accept !== undefined && { accept }),
        },
      });
      outgoing.end('{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(200);
    },
  );
});
