// The official clients, the older and the newer, against the one endpoint.
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const portunus = usePortunus();

type Result = {
  isError?: boolean;
  structuredContent?: Record<string, unknown>;
  content: { text?: string }[];
  _meta?: Record<string, unknown>;
};
type Caller = {
  readonly names: () => Promise<string[]>;
  readonly call: (name: string, args?: Record<string, unknown>) => Promise<Result>;
  readonly close: () => Promise<void>;
};

const info = { name: 'a-test', version: '1.0.0' };
const requestInit = ({ token }: Person) => ({ headers: { authorization: `Bearer ${token}` } });

async function legacy(url: string, person: Person): Promise<Caller> {
  const client = new LegacyClient(info);
  const transport = new LegacyTransport(new URL(`${url}/mcp`), { requestInit: requestInit(person) });
  await client.connect(transport);
  return {
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}) => (await client.callTool({ name, arguments: args })) as Result,
    close: () => client.close(),
  };
}

async function modern(url: string, person: Person): Promise<Caller> {
  const client = new ModernClient(info, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new ModernTransport(new URL(`${url}/mcp`), { requestInit: requestInit(person) }));
  return {
    names: async () => (await client.listTools()).tools.map(({ name }) => name),
    call: async (name, args = {}) => (await client.callTool({ name, arguments: args })) as Result,
    close: () => client.close(),
  };
}

const CLIENTS = [
  ['the v1 SDK', 'ada', legacy],
  ['the v2 client', 'ben', modern],
] as const;

onEngine.each(CLIENTS)('%s', (_name, user, connect) => {
  async function using<T>(work: (client: Caller, person: Person) => Promise<T>): Promise<T> {
    const person = await portunus.current.person(user);
    const client = await connect(portunus.current.url, person);
    try {
      return await work(client, person);
    } finally {
      await client.close();
    }
  }

  it('lists the tools', () =>
    using(async (client) => {
      const { body } = await (await portunus.current.person(user)).get('/mcp/tools');
      expect(await client.names()).toEqual(body.tools.map(({ name }: { name: string }) => name));
    }));

  it('creates a todo, lists it, and REST sees the same', () =>
    using(async (client, person) => {
      const created = await client.call('todo_create', { title: 'Call the bank' });
      expect(created.structuredContent).toMatchObject({ todo: { title: 'Call the bank', status: 'open' } });
      expect(JSON.parse(created.content[0]?.text ?? '')).toEqual(created.structuredContent);
      const listed = await client.call('todo_list');
      expect((await person.invoke('todo_list')).body.result).toEqual(listed.structuredContent);
      expect(listed.structuredContent).toMatchObject({ todos: [{ title: 'Call the bank' }] });
    }));

  it('receives the remedy for a missing key, then chats with its own key', () =>
    using(async (client, person) => {
      const rejected = await client.call('ai_chat', say('hello'));
      expect(rejected.isError).toBe(true);
      expect(rejected.structuredContent).toBeUndefined();
      expect(rejected._meta?.['dev.portunus/error']).toMatchObject({
        code: 'key_missing',
        next_step: expect.stringContaining('/api-keys'),
      });

      const key = canaryKey('openai');
      expect((await person.post('/api-keys', { provider: 'openai', api_key: key })).status).toBe(201);
      const answered = await client.call('ai_chat', say('hello'));
      expect(answered.structuredContent).toMatchObject({
        provider: 'openai',
        text: expect.stringContaining('hello'),
      });
      expect((await person.invoke('ai_chat', say('hello'))).body.result).toEqual(answered.structuredContent);
      expect(portunus.current.provider?.journal().at(-1)?.headers['authorization']).toBe(`Bearer ${key}`);
    }));

  it('gets the rejections that REST gets, as results it can correct', () =>
    using(async (client, person) => {
      const rejected = await client.call('todo_create', { title: '' });
      expect(rejected.isError).toBe(true);
      const { code, detail, issues } = (await person.invoke('todo_create', { title: '' })).body;
      expect(rejected._meta?.['dev.portunus/error']).toMatchObject({ code, detail, issues });
    }));

  it('gets an error for an unknown tool', () =>
    using(async (client) => {
      await expect(client.call('todo_destroy')).rejects.toMatchObject({ code: -32_602 });
    }));
});

/** A client whose user opens the page it is shown, and does something there. */
async function showing(person: Person, onPage: (url: string) => Promise<'accept' | 'decline'>) {
  const client = new ModernClient(info, {
    versionNegotiation: { mode: 'auto' },
    capabilities: { elicitation: { url: {} } },
  });
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    if (!('url' in params)) throw new Error('A form was asked for.');
    return { action: await onPage(params.url) };
  });
  const url = new URL(`${portunus.current.url}/mcp`);
  await client.connect(new ModernTransport(url, { requestInit: requestInit(person) }));
  return client;
}

onEngine('a call that lacks a key', () => {
  it("shows its user the provider's page, and goes on when the key is there", async () => {
    const zoe = await portunus.current.person('zoe');
    const shown: string[] = [];
    const client = await showing(zoe, async (url) => {
      shown.push(url);
      await zoe.post('/api-keys', { provider: 'anthropic', api_key: canaryKey('anthropic') });
      return 'accept';
    });
    const answered = (await client.callTool({
      name: 'ai_chat',
      arguments: say('hello', { provider: 'anthropic' }),
    })) as Result;
    expect(answered.structuredContent).toMatchObject({ provider: 'anthropic' });
    expect(shown).toEqual(['https://console.anthropic.com/settings/keys']);
    await client.close();
  });

  it('asks once: a user who declines or does nothing gets the rejection, with the page', async () => {
    const yan = await portunus.current.person('yan');
    for (const action of ['decline', 'accept'] as const) {
      let shown = 0;
      const client = await showing(yan, async () => {
        shown += 1;
        return action;
      });
      const rejected = (await client.callTool({ name: 'ai_chat', arguments: say('hello') })) as Result;
      expect(rejected.isError).toBe(true);
      expect(rejected._meta?.['dev.portunus/error']).toMatchObject({
        code: 'key_missing',
        url: 'https://platform.openai.com/api-keys',
      });
      expect(shown).toBe(1);
      await client.close();
    }
  });

  it.each(CLIENTS)('tells %s, which shows no pages, where to make one', async (_name, _user, connect) => {
    const xia = await portunus.current.person('xia');
    const client = await connect(portunus.current.url, xia);
    const rejected = await client.call('ai_chat', say('hello'));
    expect(rejected._meta?.['dev.portunus/error']).toMatchObject({
      code: 'key_missing',
      url: 'https://platform.openai.com/api-keys',
    });
    await client.close();
  });
});

const CLIENTS_OF = {
  legacy: async (person: Person) => {
    const client = new LegacyClient(info);
    const url = new URL(`${portunus.current.url}/mcp`);
    await client.connect(new LegacyTransport(url, { requestInit: requestInit(person) }));
    return client;
  },
  modern: async (person: Person) => {
    const client = new ModernClient(info, { versionNegotiation: { mode: 'auto' } });
    const url = new URL(`${portunus.current.url}/mcp`);
    await client.connect(new ModernTransport(url, { requestInit: requestInit(person) }));
    return client;
  },
};

onEngine('resources and prompts', () => {
  it.each(['legacy', 'modern'] as const)('are listed and read by a %s client', async (era) => {
    const { current } = portunus;
    const wim = await current.person(`wim-${era}`);
    const { todo } = (await wim.invoke('todo_create', { title: 'Read me' })).body.result;
    const client = await CLIENTS_OF[era](wim);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri).toSorted()).toEqual([
      'portunus://help',
      'portunus://todos',
      'portunus://usage',
    ]);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates).toMatchObject([{ uriTemplate: 'portunus://todos/{id}' }]);

    const textOf = async (uri: string) => {
      const { contents } = await client.readResource({ uri });
      return (contents[0] as { text: string }).text;
    };
    expect(await textOf('portunus://help')).toContain('idempotency_key');
    expect(JSON.parse(await textOf('portunus://todos'))).toEqual({ todos: [todo], next_cursor: null });
    expect(JSON.parse(await textOf(`portunus://todos/${todo.id}`))).toEqual({ todo });
    expect(JSON.parse(await textOf('portunus://usage'))).toEqual((await wim.get('/usage')).body);
    await expect(textOf('portunus://todos/none')).rejects.toThrow(/not found/i);
    await expect(textOf('portunus://nothing')).rejects.toThrow(/not found/i);

    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name).toSorted()).toEqual(['plan_my_day', 'summarise_todos']);
    const { messages } = await client.getPrompt({ name: 'plan_my_day', arguments: { zone: 'Asia/Tokyo' } });
    expect(JSON.stringify(messages)).toContain('Asia/Tokyo');
    await client.close();

    const reads = (await current.rows('audit')).filter(
      ({ rec }) => String(rec).includes('"target":"todo_get"') && String(rec).includes('"act":"tool.called"'),
    );
    expect(reads.length).toBeGreaterThan(0);
  });

  it.each(['todos', 'usage'])('of %s ask for the scope that the tools ask for', async (name) => {
    const poor = await portunus.current.person(`vic-${name}`, { scopes: ['tools:call'] });
    const client = await CLIENTS_OF.modern(poor);
    await expect(client.readResource({ uri: `portunus://${name}` })).rejects.toMatchObject({
      code: 403,
      data: { code: 'insufficient_scope' },
    });
    await client.close();
  });
});

onEngine('progress of a long call', () => {
  it('is reported to a client that requests it', async () => {
    const { current } = portunus;
    const uma = await current.person('uma');
    await uma.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const client = new ModernClient(info, { versionNegotiation: { mode: 'auto' } });
    await client.connect(
      new ModernTransport(new URL(`${current.url}/mcp`), { requestInit: requestInit(uma) }),
    );
    const beats: number[] = [];
    const answered = (await client.callTool(
      { name: 'ai_chat', arguments: say('hello') },
      { onprogress: ({ progress }) => beats.push(progress) },
    )) as Result;
    expect(answered.structuredContent).toMatchObject({ provider: 'openai' });
    expect(beats[0]).toBe(0);
    await client.close();
  });
});

onEngine('the endpoint', () => {
  it('streams: progress-capable answers come as events when the client asks for them', async () => {
    const { current } = portunus;
    const { token } = await current.person('alice');
    const answer = await current.request('POST', '/mcp', {
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': '2025-11-25',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'time_now', arguments: {} },
      }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(answer.text).toContain('"structuredContent"');
  });

  it('keeps callers apart that ask at the same moment', async () => {
    const { current } = portunus;
    const names = ['u1', 'u2', 'u3', 'u4'];
    const people = await Promise.all(names.map((name) => current.person(name)));
    await Promise.all(people.map((person) => person.invoke('todo_create', { title: `of ${person.name}` })));
    const seen = await Promise.all(
      people.map(async (person) => {
        const client = await modern(current.url, person);
        const { structuredContent } = await client.call('todo_list');
        await client.close();
        return (structuredContent as { todos: { title: string }[] }).todos.map(({ title }) => title);
      }),
    );
    expect(seen).toEqual(names.map((name) => [`of ${name}`]));
  });
});
