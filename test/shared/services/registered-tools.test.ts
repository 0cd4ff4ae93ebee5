// Use cases of registered tools: registration, lookup for a call, egress, and reports of a changed upstream.
import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { lookOf } from '#shared/registered-tools/look-alike.ts';
import type { UpstreamPorts } from '#shared/registered-tools/ports.ts';
import { createFindRegistered } from '#shared/services/find-registered-tool.ts';
import { createToolEgress } from '#shared/services/tool-egress.ts';
import { createRegisterTools, reservedLooks } from '#shared/services/tool-registration.ts';
import { createUpstreamReports } from '#shared/services/upstream-reports.ts';
import type { RegisteredTool } from '#shared/tools/registered.ts';
import { RegisterToolsBody } from '#shared/tools/registration.ts';
import { principalNamed } from '#test/support/callers.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';
import { registeredTool, toolsIn } from '#test/support/registered-tools.ts';

const NOW = Date.UTC(2026, 10, 28, 9);
const alice = principalNamed('alice');
const bob = principalNamed('bob');
const admin = principalNamed('root', { roles: ['admin'] });
const DRIFT = {
  at: '2026-11-28T08:00:00.000Z',
  hash: 'd'.repeat(64),
  changes: [{ path: 'title', approved: 'a', now: 'b' }],
};

const replace = (item: RegisteredTool) => ({ item, rejected: () => new AppError('conflict') });

function reports(failure?: () => AppError) {
  const stored: RegisteredTool[] = [];
  const clock = { now: NOW };
  const memory = createMemoryAudit(
    async (writes) => {
      if (failure) throw failure();
      stored.push(...writes.map(({ item }) => item as RegisteredTool));
    },
    () => clock.now,
  );
  return {
    ...memory,
    stored,
    clock,
    ...createUpstreamReports({ ...memory, store: { replace }, now: () => clock.now }),
  };
}

describe('a tool that changed at its upstream', () => {
  const tool = registeredTool(alice.ownerId, 'crm__find', { version: 3, revision: 7 });
  const call = { principal: alice, requestId: 'r1' };

  it('is quarantined with the difference, and a record in the trail of the caller who met it', async () => {
    const { quarantine, stored, drafts, raised } = reports();
    await quarantine(tool, DRIFT, call);
    expect(stored).toEqual([
      { ...tool, state: 'quarantined', drift: DRIFT, updatedAt: DRIFT.at, revision: 8 },
    ]);
    expect(drafts).toEqual([
      {
        ownerId: alice.ownerId,
        category: 'system',
        act: 'tool.quarantined',
        target: 'crm__find',
        result: 'succeeded',
        requestId: 'r1',
        meta: { version: 3, count: 1 },
      },
    ]);
    expect(raised).toEqual([]); // the rejection itself informs the caller
  });

  it('notifies the admin who shared it, unless the admin made the call', async () => {
    const shared = registeredTool(admin.ownerId, 'crm__find', { shared: true });
    const byUser = reports();
    await byUser.quarantine(shared, DRIFT, call);
    expect(byUser.raised).toMatchObject([{ kind: 'tool_quarantined', subject: 'crm__find' }]);
    expect(byUser.drafts.find(({ act }) => act === 'notice.raised')).toMatchObject({
      ownerId: admin.ownerId,
    });
    const byAdmin = reports();
    await byAdmin.quarantine(shared, DRIFT, { ...call, principal: admin });
    expect(byAdmin.raised).toEqual([]);
  });

  it('may have been reported by another call, but no other failure is hidden', async () => {
    const conflict = reports(() => new AppError('conflict'));
    await expect(conflict.quarantine(tool, DRIFT, call)).resolves.toBeUndefined();
    const down = reports(() => new AppError('unavailable'));
    await expect(down.quarantine(tool, DRIFT, call)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it("that differs for another user's key is reported to its registrar once a day and version", async () => {
    const shared = registeredTool(admin.ownerId, 'crm__find', { shared: true });
    const { reportMismatch, raised, drafts, stored, clock } = reports();
    await reportMismatch(shared, { requestId: 'r1' });
    await reportMismatch(shared, { requestId: 'r2' });
    expect(raised).toMatchObject([{ kind: 'tool_differs', subject: 'crm__find' }]);
    expect(drafts).toMatchObject([{ act: 'notice.raised', ownerId: admin.ownerId, requestId: 'r1' }]);
    await reportMismatch({ ...shared, version: 2 }, { requestId: 'r3' });
    clock.now += 86_400_000;
    await reportMismatch(shared, { requestId: 'r4' });
    expect([raised.length, stored]).toEqual([3, []]);
  });
});

describe('a registration', () => {
  const body = RegisterToolsBody.parse({
    kind: 'mcp',
    alias: 'crm',
    url: 'https://tools.example/mcp',
  });
  const call = {
    principal: alice,
    requestId: 'r1',
    deadline: deadlineIn(1000, () => NOW),
    hops: 0,
    onUse: () => undefined,
  };

  it('is recorded as attempted before its upstream is called', async () => {
    const { audit, told, drafts } = createMemoryAudit();
    const steps: string[] = [];
    const register = createRegisterTools({
      audit,
      register:
        async () =>
        async (_body, { begin }) => {
          steps.push(...told());
          await begin('crm');
          steps.push(...told(), 'upstream');
          return { tools: [], deleted: [], skipped: [], writes: [] };
        },
    });
    await register(body, call);
    expect(steps).toEqual(['tool.registered attempted', 'upstream']);
    expect(drafts).toMatchObject([
      { ownerId: alice.ownerId, target: 'crm', requestId: 'r1', category: 'user_action' },
    ]);
  });

  it('cannot take an alias that looks like a provider, a built-in tool or its family, or the gateway', () => {
    const looks = reservedLooks(['todo_create']);
    for (const name of ['openai', '0penai', 'claude', 'portunus', 'mcp', 'todo', 'todo_create'])
      expect([name, looks.has(lookOf(name))]).toEqual([name, true]);
    expect(looks.has(lookOf('crm'))).toBe(false);
  });
});

const lookupIn = (tools: RegisteredTool[]) => {
  const reads: string[] = [];
  const { find: findIn } = toolsIn(tools);
  const store = {
    find: (...of: Parameters<typeof findIn>) => {
      reads.push(of[1]);
      return findIn(...of);
    },
  };
  return { reads, find: createFindRegistered({ store, upstream: () => ({}) as UpstreamPorts }) };
};

describe('the lookup of a registered tool', () => {
  it('reads no row for a name that no registered tool can have', async () => {
    const { find: lookUp, reads } = lookupIn([registeredTool(alice.ownerId, 'ai_chat')]);
    expect(await lookUp(alice, 'ai_chat')).toBeUndefined();
    expect(reads).toEqual([]);
  });

  it("finds the caller's own tool before a shared one, and no other user's", async () => {
    const shared = registeredTool(admin.ownerId, 'crm__find', { shared: true });
    const mine = registeredTool(alice.ownerId, 'crm__find');
    mine.definition = { ...mine.definition, title: 'Mine' };
    const { find: lookUp } = lookupIn([shared, mine]);
    expect((await lookUp(alice, 'crm__find'))?.title).toBe('Mine');
    expect((await lookUp(bob, 'crm__find'))?.title).toBe('crm__find');
    expect(await lookupIn([mine]).find(bob, 'crm__find')).toBeUndefined();
  });

  it('finds a tool that is not active, whose call is then rejected with its state', async () => {
    const { find: lookUp } = lookupIn([registeredTool(alice.ownerId, 'crm__find', { state: 'disabled' })]);
    const tool = await lookUp(alice, 'crm__find');
    await expect(tool?.run({}, {} as never)).rejects.toMatchObject({ code: 'tool_inactive' });
  });
});

describe('the egress of registered tools', () => {
  const own = { ownOrigin: 'https://api.example.com', ownHosts: ['api.example.com'] };
  const rejection = (configured: Parameters<typeof createToolEgress>[0], url: string) => {
    try {
      createToolEgress(configured, own).check(url);
    } catch (error) {
      return error instanceof AppError ? [error.details['rule'], error.details.next_step] : error;
    }
    return 'allowed';
  };

  it.each([
    ['http://tools.example/mcp', 'scheme'],
    ['https://tools.example:8443/mcp', 'port'],
    ['https://10.0.0.1/mcp', 'host'],
  ])('rejects %s, and names the parameter to which the operator can add its origin', (url, rule) => {
    expect(rejection([], url)).toEqual([rule, expect.stringContaining('ToolOrigins')]);
    expect(rejection([new URL(url).origin], url)).toBe('allowed');
  });

  it('names the remedy of the stage where it has its own', () => {
    const configured = { origins: [], next_step: 'Ask the platform team.' };
    expect(rejection(configured, 'http://tools.example')).toEqual(['scheme', 'Ask the platform team.']);
  });

  it('names no remedy where no operator could allow the address', () => {
    const [rule, step] = rejection([], 'https://user:secret@tools.example') as unknown[];
    expect([rule, step]).toEqual(['url', undefined]);
  });

  it('never calls the gateway itself', () => {
    expect(rejection([], 'https://api.example.com/mcp')).not.toBe('allowed');
    expect(rejection(['https://api.example.com'], 'https://api.example.com/mcp')).not.toBe('allowed');
  });

  it('explains a rejected request as it explains a rejected address', async () => {
    const { send, stream } = createToolEgress([], own);
    const request = { url: 'http://tools.example', method: 'GET', headers: {}, deadlineMs: 1000 };
    const explained = {
      code: 'egress_refused',
      details: { next_step: expect.stringContaining('ToolOrigins') },
    };
    await expect(send(request)).rejects.toMatchObject(explained);
    await expect(stream(request)).rejects.toMatchObject(explained);
  });
});
