// Revision 2026-07-28 says twice what is asked for, in headers and in the body. Whoever routes or counts by headers must be
// able to rely on them: where the two differ, nothing runs.
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';

import { expect, it } from 'vitest';

import { onEngine, usePortunus } from '#test/support/suite.ts';

const VERSION = '2026-07-28';
const HEADER_MISMATCH = -32_020;

type Message = { readonly method: string; readonly params: Readonly<Record<string, unknown>> };
type Headers = Readonly<Record<string, string | string[]>>;

const TITLE = 'Written by a request that says two things';
const create: Message = {
  method: 'tools/call',
  params: { name: 'todo_create', arguments: { title: TITLE } },
};
const help: Message = { method: 'resources/read', params: { uri: 'portunus://help' } };
const plan: Message = { method: 'prompts/get', params: { name: 'plan_my_day', arguments: {} } };

const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;
const right = { 'mcp-protocol-version': VERSION, 'mcp-method': 'tools/call', 'mcp-name': 'todo_create' };

const names: [kind: string, value: string | string[]][] = [
  ['another tool', 'time_now'],
  ['nothing', ''],
  ['other letters', 'TODO_CREATE'],
  ['more than the name', 'todo_create2'],
  ['less than the name', 'todo_creat'],
  ['quotes', '"todo_create"'],
  ['percent signs', 'todo%5Fcreate'],
  ['two names', 'todo_create, time_now'],
  ['two names, the right one last', 'time_now,todo_create'],
  ['the right name twice in one', 'todo_create, todo_create'],
  ['a path', '../todo_create'],
  ['another tool in base64', base64('time_now')],
  ['base64 that is none', '=?base64?!!!!?='],
  ['empty base64', '=?base64??='],
  ['base64 without its end', base64('todo_create').slice(0, -2)],
  ['base64 of base64', base64(base64('todo_create'))],
  ['base64 in capitals', base64('todo_create').replace('base64', 'BASE64')],
  ['base64 of the name and a zero', base64('todo_create\0')],
  ['base64 of the name and a line break', base64('todo_create\n')],
  ['quoted-printable', '=?q?todo_create?='],
  ['look-alikes in base64', base64('tоdo_create')],
  ['two headers', ['todo_create', 'time_now']],
  ['two headers, the right one last', ['time_now', 'todo_create']],
  ['a tool that is not there', 'todo_none'],
  ['a property of objects', '__proto__'],
];

const methods: [kind: string, value: string | string[]][] = [
  ['another method', 'tools/list'],
  ['nothing', ''],
  ['other letters', 'Tools/Call'],
  ['two methods', 'tools/call, tools/list'],
  ['two headers', ['tools/list', 'tools/call']],
  ['a slash more', 'tools/call/'],
  ['percent signs', 'tools%2Fcall'],
  ['another method in base64', base64('tools/list')],
  ['a method that is not there', 'tools/none'],
];

const versions: [kind: string, value: string | string[]][] = [
  ['an older revision', '2025-11-25'],
  ['a revision of tomorrow', '2027-01-01'],
  ['two revisions', '2026-07-28, 2025-11-25'],
  ['no revision', 'latest'],
];

const without = (name: keyof typeof right): Headers =>
  Object.fromEntries(Object.entries(right).filter(([known]) => known !== name));

const saying = (
  header: keyof typeof right,
  kinds: readonly (readonly [string, string | string[]])[],
): [string, Message, Headers][] =>
  kinds.map(([kind, value]) => [`${header}: ${kind}`, create, { ...right, [header]: value }]);

const cases: [kind: string, message: Message, headers: Headers][] = [
  ...saying('mcp-name', names),
  ...saying('mcp-method', methods),
  ...saying('mcp-protocol-version', versions),
  ['no name at all', create, without('mcp-name')],
  ['no method at all', create, without('mcp-method')],
  [
    'a resource by another name',
    help,
    { ...right, 'mcp-method': 'resources/read', 'mcp-name': 'portunus://todos' },
  ],
  ['a prompt by another name', plan, { ...right, 'mcp-method': 'prompts/get', 'mcp-name': 'other' }],
];

onEngine('a request whose headers contradict its body', () => {
  const portunus = usePortunus();

  /** Not `fetch`, which joins headers of one name. */
  async function send(message: Message, headers: Headers): Promise<{ status: number; text: string }> {
    const { url, person } = portunus.current;
    const { token } = await person('alice');
    const params = {
      ...message.params,
      _meta: {
        'io.modelcontextprotocol/protocolVersion': VERSION,
        'io.modelcontextprotocol/clientInfo': { name: 'a-test', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    };
    const out = httpRequest(`${url}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    });
    out.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: message.method, params }));
    const [response] = (await once(out, 'response')) as [IncomingMessage];
    const chunks = await response.toArray();
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  }

  const todos = async () => {
    const person = await portunus.current.person('alice');
    return (await person.invoke('todo_list', { search: 'says two things' })).body.result.todos as unknown[];
  };

  it.each(cases)('%s is rejected, and nothing runs', async (_kind, message, headers) => {
    const { status, text } = await send(message, headers);
    expect(status).toBe(400);
    expect(JSON.parse(text).error.code).toBe(HEADER_MISMATCH);
    expect(await todos()).toEqual([]);
  });

  it('runs when both say the same, the name in base64 too', async () => {
    for (const name of ['todo_create', base64('todo_create')]) {
      expect((await send(create, { ...right, 'mcp-name': name })).status).toBe(200);
    }
    expect(await todos()).toHaveLength(2);
  });
});
