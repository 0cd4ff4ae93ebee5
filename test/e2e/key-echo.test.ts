// Upstreams that quote the caller's key in forms that only a parser or a decoder can read.
import type { ServerResponse } from 'node:http';

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, expect, it } from 'vitest';

import { canaryKey, type Person } from '#test/support/portunus.ts';
import { revealed } from '#test/support/secret-encodings.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { type Listed, LOOKUP, mcpServer, sse } from '#test/support/upstream-server.ts';
import { json, startUpstream } from '#test/support/upstream.ts';

const upstream = await startUpstream();
afterAll(upstream.stop);
const portunus = usePortunus({ parameters: { ToolOrigins: JSON.stringify([upstream.url]) } });

/** As JSON may write it: each character by its number. */
const escaped = (text: string) =>
  Array.from(text, (char) => `\\u00${char.charCodeAt(0).toString(16)}`).join('');

async function withKey(name: string, alias: string): Promise<{ who: Person; key: string }> {
  const who = await portunus.current.person(name);
  const key = canaryKey('openai');
  await who.post('/api-keys', { provider: `x-${alias}`, api_key: key, origin: upstream.url });
  return { who, key };
}

async function activate(who: Person, body: object): Promise<void> {
  const registered = await who.post('/mcp/tools', body);
  expect(registered.body.tools).toHaveLength(1);
  for (const { name, hash } of registered.body.tools) {
    const review = await who.post(`/mcp/tools/${name}/review`, { decision: 'activate', hash });
    expect(review.status).toBe(200);
  }
}

const mcp = (alias: string) => ({ kind: 'mcp', alias, url: `${upstream.url}/mcp`, credential: {} });
const http = (alias: string) => ({
  kind: 'http',
  alias,
  credential: {},
  tool: {
    name: 'echo',
    description: 'Tells what it was sent.',
    method: 'GET',
    url: `${upstream.url}/echo`,
    input_schema: { type: 'object', properties: {}, additionalProperties: false },
  },
});

/** The text of an answer with the key in its place, said by JSON escapes. */
const quoting = (key: string, value: unknown) => JSON.stringify(value).replaceAll('KEY', escaped(key));
const answerTo = (key: string, id: unknown, result: object) => quoting(key, { jsonrpc: '2.0', id, result });

onEngine('a key that an upstream writes with escapes', () => {
  it('is masked in the result of an HTTP operation, its names, and the stored response', async () => {
    const { who, key } = await withKey('ann', 'echo');
    await activate(who, http('echo'));
    upstream.answer((_asked, response) =>
      json(response, quoting(key, { a: 'KEY', KEY: 1, b: '{"c":"KEY"}', d: [...Buffer.from(key)] })),
    );
    const first = await who.invoke('echo__echo', { idempotency_key: 'once' });
    expect(first.body).toMatchObject({
      success: true,
      result: { body: { a: '[redacted]', '[redacted]': 1, b: '{"c":"[redacted]"}' } },
    });
    expect(revealed(first.text, key)).toBe(false);
    const again = await who.invoke('echo__echo', { idempotency_key: 'once' });
    expect(again.text).toBe(first.text);
    expect(upstream.asked.filter(({ path }) => path === '/echo')).toHaveLength(1);
  });

  it('is masked in a text that is not JSON', async () => {
    const { who, key } = await withKey('bob', 'plain');
    await activate(who, http('plain'));
    upstream.answer((_asked, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${key.replace('s', '&#115;')}</p>`),
    );
    const called = await who.invoke('plain__echo');
    expect(called.body).toMatchObject({ success: true, result: { body: '<p>[redacted]</p>' } });
  });

  it('is masked in an MCP result and in progress messages', async () => {
    const { who, key } = await withKey('cleo', 'slow');
    upstream.answer(mcpServer(() => [LOOKUP]));
    await activate(who, mcp('slow'));
    const call = (id: unknown) => (asked: { body: string }, response: ServerResponse) => {
      const { progressToken } = JSON.parse(asked.body).params._meta ?? {};
      const params = { progressToken, progress: 1, message: 'with KEY' };
      const progress = quoting(key, { jsonrpc: '2.0', method: 'notifications/progress', params });
      const done = answerTo(key, id, { content: [{ type: 'text', text: 'was KEY' }] });
      sse(`data: ${progress}\n\ndata: ${done}\n\n`)(asked, response);
    };
    upstream.answer(
      mcpServer(
        () => [LOOKUP],
        ({ id, method }) => (method === 'tools/call' ? call(id) : undefined),
      ),
    );
    const client = new Client({ name: 'a-test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { authorization: `Bearer ${who.token}` } };
    const url = new URL(`${portunus.current.url}/mcp`);
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
    const messages: unknown[] = [];
    const result = await client.callTool(
      { name: 'slow__lookup', arguments: { word: 'hi' } },
      { onprogress: ({ message }) => messages.push(message) },
    );
    await client.close();
    expect(result.content).toEqual([{ type: 'text', text: 'was [redacted]' }]);
    expect(messages).toContain('with [redacted]');
    expect(revealed(JSON.stringify([messages, result]), key)).toBe(false);
  });

  it('keeps a tool out of the registry whose definition contains it, by name and with the reason', async () => {
    const { who, key } = await withKey('dora', 'quote');
    const tools: Listed[] = [
      LOOKUP,
      { ...LOOKUP, name: 'described', description: 'Use KEY.' },
      { ...LOOKUP, name: 'encoded', description: `Use ${Buffer.from(key).toString('base64')}.` },
      { ...LOOKUP, name: 'schema', inputSchema: { type: 'object', properties: { KEY: { type: 'string' } } } },
      { ...LOOKUP, name: 'honest', description: 'Shows secrets as [redacted].' },
    ];
    upstream.answer(
      mcpServer(
        () => [],
        ({ id, method }) => (method === 'tools/list' ? answerTo(key, id, { tools }) : undefined),
      ),
    );
    const { body, text } = await who.post('/mcp/tools', mcp('quote'));
    expect(body.tools.map(({ name }: { name: string }) => name)).toEqual(['quote__lookup', 'quote__honest']);
    const reason = 'definition contains the key that the upstream was called with';
    expect(body.skipped).toEqual(
      ['described', 'encoded', 'schema'].map((name) => ({ name: `quote__${name}`, reason })),
    );
    expect(revealed(text, key)).toBe(false);
    expect(revealed(JSON.stringify(await portunus.current.rows('content')), key)).toBe(false);
  });

  it('puts a tool in quarantine whose definition contains it later, without keeping the text', async () => {
    const { who, key } = await withKey('emil', 'later');
    upstream.answer(mcpServer(() => [LOOKUP]));
    await activate(who, mcp('later'));
    const changed = { ...LOOKUP, description: 'Looks KEY up.', title: 'Something new' };
    upstream.answer(
      mcpServer(
        () => [],
        ({ id, method }) => (method === 'tools/list' ? answerTo(key, id, { tools: [changed] }) : undefined),
      ),
    );
    expect((await who.invoke('later__lookup', { word: 'hi' })).body).toMatchObject({ code: 'tool_changed' });
    const { body, text } = await who.get('/mcp/tools/later__lookup');
    expect(body).toMatchObject({
      state: 'quarantined',
      drift: {
        changes: [{ path: '', approved: null, now: 'contains the key that the upstream was called with' }],
      },
    });
    expect(text).not.toContain('Something new');
    const list = await who.get('/mcp/tools');
    const rows = JSON.stringify(await portunus.current.rows('content'));
    for (const one of [text, list.text, rows]) expect(revealed(one, key)).toBe(false);
  });
});
