import { describe, expect, it } from 'vitest';

import type { StoredKey } from '#shared/vault/stored-key.ts';
import { createListRegistered, createRegisteredFor } from '#shared/services/registered-tools.ts';
import { createDescribeTools } from '#shared/services/tool-list.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';
import { principalNamed } from '#test/support/callers.ts';
import { registeredTool, toolsIn } from '#test/support/registered-tools.ts';
import { storedKey } from '#test/support/stored-keys.ts';

const NOW = Date.UTC(2026, 10, 28);
const alice = principalNamed('alice');
const bob = principalNamed('bob');
const admin = principalNamed('root', { roles: ['admin'] });

function given({ keys = [], tools = [] }: { keys?: StoredKey[]; tools?: RegisteredTool[] } = {}) {
  const registeredFor = createRegisteredFor(toolsIn(tools));
  const describeTools = createDescribeTools({
    keys: { list: async (ownerId) => keys.filter((key) => key.ownerId === ownerId) },
    registeredFor,
    now: () => NOW,
  });
  return { describeTools, listRegistered: createListRegistered(registeredFor) };
}

const keyOf = async (keys: StoredKey[]) => {
  const tools = await given({ keys }).describeTools(alice);
  return tools.find(({ name }) => name === 'ai_chat')?.requires_key;
};

describe('the list of tools', () => {
  it('is sorted by name, with built-in and registered tools', async () => {
    const tools = [registeredTool(alice.ownerId, 'aaa__first'), registeredTool(alice.ownerId, 'zzz__last')];
    const names = (await given({ tools }).describeTools(alice)).map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(['aaa__first', 'ai_chat', 'todo_create', 'zzz__last']));
  });

  it('contains the registration of a registered tool, and none for a built-in one', async () => {
    const tools = [registeredTool(alice.ownerId, 'crm__find', { version: 3, state: 'quarantined' })];
    const listed = await given({ tools }).describeTools(alice);
    expect(listed.find(({ name }) => name === 'crm__find')?.registration).toEqual({
      state: 'quarantined',
      version: 3,
      hash: 'h'.repeat(64),
      shared: false,
    });
    expect(listed.find(({ name }) => name === 'ai_chat')?.registration).toBeNull();
  });

  it.each<[string, StoredKey[], boolean]>([
    ['without a key', [], false],
    ['with an active key of a chat provider', [storedKey(alice.ownerId, 'openai')], true],
    ['with a frozen key', [storedKey(alice.ownerId, 'openai', { status: 'frozen' })], false],
    [
      'with an expired key',
      [storedKey(alice.ownerId, 'openai', { expiresAt: '2026-11-27T23:59:59.000Z' })],
      false,
    ],
    ['with a key for registered tools only', [storedKey(alice.ownerId, 'x-crm')], false],
    ['with a key of another owner', [storedKey(bob.ownerId, 'openai')], false],
  ])('says %s whether the key of a chat is present', async (_name, keys, present) => {
    expect(await keyOf(keys)).toMatchObject({ present });
  });

  it("does not contain another user's own tools", async () => {
    const tools = [registeredTool(bob.ownerId, 'crm__find')];
    const names = (await given({ tools }).describeTools(alice)).map(({ name }) => name);
    expect(names).not.toContain('crm__find');
  });
});

const statesFor = async (tools: RegisteredTool[], caller = alice) =>
  (await createRegisteredFor(toolsIn(tools))(caller)).map(({ owner, state }) => [owner, state]);

describe('a shared tool', () => {
  const shared = registeredTool(admin.ownerId, 'crm__find', { shared: true });
  it('is listed to every user while it is active', async () => {
    expect(await statesFor([shared])).toEqual([[admin.ownerId, 'active']]);
  });

  it('is listed as a draft to admins only', async () => {
    const tools = [{ ...shared, state: 'draft' as const }];
    expect(await statesFor(tools)).toEqual([]);
    expect(await statesFor(tools, admin)).toEqual([[admin.ownerId, 'draft']]);
  });

  it("gives way to the caller's own tool of the same name", async () => {
    const own = registeredTool(alice.ownerId, 'crm__find');
    expect(await statesFor([shared, own])).toEqual([[alice.ownerId, 'active']]);
  });

  it('is callable only while it is active', async () => {
    const { listRegistered } = given({
      tools: [shared, registeredTool(alice.ownerId, 'crm__old', { state: 'disabled' })],
    });
    expect((await listRegistered(alice)).map(({ name }) => name)).toEqual(['crm__find']);
  });
});
