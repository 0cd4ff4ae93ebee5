// Gateways that call gateways, and one that is led to call itself: under its own name, or under a second one that it cannot know.
import { afterAll, beforeAll, expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { json, startUpstream } from '#test/support/upstream.ts';

/** A second name of the stack: whatever comes is asked there, as this person. */
const second = await startUpstream();
const slow = await startUpstream();
afterAll(() => {
  second.stop();
  slow.stop();
});
const portunus = usePortunus({ parameters: { ToolOrigins: JSON.stringify([second.url, slow.url]) } });

let ann: Person;
const hopsSeen = () => second.asked.map(({ headers }) => headers['x-portunus-hops']);

async function activate(body: object): Promise<void> {
  const { tools } = (await ann.post('/mcp/tools', body)).body;
  for (const { name, hash } of tools) {
    await ann.post(`/mcp/tools/${name}/review`, { decision: 'activate', hash });
  }
}

const http = (alias: string, url: string, input: object = {}) => ({
  kind: 'http',
  alias,
  tool: {
    name: 'again',
    description: 'Calls.',
    method: 'POST',
    url,
    body: '*',
    input_schema: { type: 'object', ...input },
  },
});

/** A call that another gateway hands on. */
const late = (headers: Record<string, string>) =>
  portunus.current.request('POST', '/mcp/tools/invoke', {
    headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ tool_name: 'late__again', parameters: {} }),
  });

onEngine('a gateway that is led to call itself', () => {
  beforeAll(async () => {
    ann = await portunus.current.person('ann');
    second.answer(({ method, path, headers, body }, response) => {
      const { host: _host, connection: _c, 'content-length': _l, ...others } = headers;
      const init = {
        method,
        headers: { ...others, authorization: `Bearer ${ann.token}` },
        ...(body && { body }),
      };
      void portunus.current
        .request(method, path, init as unknown as RequestInit)
        .then((answered) =>
          response
            .writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' })
            .end(answered.text),
        )
        .catch(() => response.destroy());
    });
  });

  it('under its own name makes no outbound call', async () => {
    const own = portunus.current.url;
    expect((await ann.post('/mcp/tools', http('own', `${own}/mcp/tools/invoke`))).body).toMatchObject({
      code: 'egress_refused',
    });
    expect(
      (await ann.post('/mcp/tools', { kind: 'mcp', alias: 'own', url: `${own}/mcp` })).body,
    ).toMatchObject({
      code: 'egress_refused',
    });
    const key = { provider: 'compatible', api_key: canaryKey('compatible'), base_url: `${own}/v1` };
    expect((await ann.post('/api-keys', key)).body).toMatchObject({ code: 'egress_refused' });
  });

  it('under a second name, over REST, stops after two hops', async () => {
    await activate(http('me', `${second.url}/mcp/tools/invoke`));
    second.asked.splice(0);
    let parameters: object = {};
    for (let depth = 0; depth < 6; depth += 1) parameters = { tool_name: 'me__again', parameters };
    const answer = await ann.invoke('me__again', parameters);
    expect(answer.body).toMatchObject({ status: 508, code: 'loop', next_step: expect.any(String) });
    expect(hopsSeen()).toEqual(['1', '2']);
    const records = (await portunus.current.rows('audit'))
      .map(({ rec }) => JSON.parse(String(rec)))
      .filter(({ act, target }) => act === 'tool.called' && target === 'me__again')
      .map(({ result, code }) => [result, code].filter(Boolean).join(' '));
    expect(records.toSorted()).toEqual([
      'attempted',
      'attempted',
      'failed loop',
      'failed loop',
      'failed loop',
    ]);
  });

  it('under a second name, over MCP, stops at the third hop', async () => {
    const mcp = (alias: string, tool: string) => ({
      kind: 'mcp',
      alias,
      url: `${second.url}/mcp`,
      tools: [tool],
    });
    await activate(mcp('one', 'time_now'));
    await activate(mcp('two', 'one__time_now'));
    await activate(mcp('three', 'two__one__time_now'));
    expect((await ann.invoke('two__one__time_now')).body).toMatchObject({ result: { zone: 'UTC' } });
    second.asked.splice(0);
    expect((await ann.invoke('three__two__one__time_now')).body).toMatchObject({ status: 508, code: 'loop' });
    expect(new Set(hopsSeen())).toEqual(new Set(['1', '2']));
  });

  it('passes on the remaining time of the caller and does not exceed it', async () => {
    await activate(http('late', `${slow.url}/`));
    slow.answer(() => undefined);
    expect((await late({ 'x-portunus-deadline-ms': '1500' })).body).toMatchObject({
      code: 'upstream_timeout',
    });
    expect(Number(slow.asked[0]?.headers['x-portunus-deadline-ms'])).toBeLessThan(1500);
    slow.answer((_asked, response) => json(response, {}));
    for (const odd of ['-1', 'soon', '99999999999'])
      expect((await late({ 'x-portunus-deadline-ms': odd })).status).toBe(200);
    expect(Number(slow.asked.at(-1)?.headers['x-portunus-deadline-ms'])).toBeLessThan(30_000);
  });

  it('rejects an invalid hop count as too many', async () => {
    for (const [hops, status] of [
      ['0', 200],
      ['1', 200],
      ['2', 508],
      ['3', 508],
      ['0, 1', 508],
      ['-1', 508],
      ['x', 508],
    ] as const) {
      const { body } = await late({ 'x-portunus-hops': hops });
      expect([hops, body.status ?? 200]).toEqual([hops, status]);
    }
    expect((await ann.invoke('time_now')).status).toBe(200);
    expect((await ann.invoke('ai_chat', say('hello'))).body).toMatchObject({ code: 'key_missing' });
  });
});
