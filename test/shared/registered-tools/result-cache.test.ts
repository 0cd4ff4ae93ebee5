import { describe, expect, it } from 'vitest';

import { ALL_SCOPES, PUBLIC_SCOPE } from '#shared/cache/store.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Commit, Write } from '#shared/core/write.ts';
import { cachePolicy, invalidating } from '#shared/registered-tools/result-cache.ts';
import type { Definition, RegisteredTool, ResultCache } from '#shared/tools/registered.ts';
import { principalNamed } from '#test/support/callers.ts';
import { registeredTool } from '#test/support/registered-tools.ts';

const { ownerId } = principalNamed('ann');

function toolWith(
  cache: ResultCache | undefined,
  definition: Partial<Definition> = {},
  more: Partial<RegisteredTool> = {},
) {
  const plain = registeredTool(ownerId, 'weather__read');
  return { ...plain, ...more, definition: { ...plain.definition, ...definition, ...(cache && { cache }) } };
}

const changing = { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true };

describe('the cache policy of a registered tool', () => {
  it('is absent unless the registration states one', () => {
    expect(cachePolicy(toolWith(undefined))).toBeUndefined();
  });

  it.each(['draft', 'disabled', 'quarantined'] as const)('is absent for a tool that is %s', (state) => {
    expect(cachePolicy(toolWith({ ttl_seconds: 60 }, {}, { state }))).toBeUndefined();
  });

  it('is absent for an operation that may change something', () => {
    expect(cachePolicy(toolWith({ ttl_seconds: 60 }, { annotations: changing }))).toBeUndefined();
  });

  it('is per owner, without stale answers and sliding, unless the registration says so', () => {
    expect(cachePolicy(toolWith({ ttl_seconds: 60 }))).toMatchObject({
      scope: 'owner',
      ttlSeconds: 60,
      staleSeconds: 0,
      tags: ['alias:weather'],
    });
    const all = { scope: 'public', ttl_seconds: 60, max_seconds: 600, stale_seconds: 9 } as const;
    expect(cachePolicy(toolWith(all))).toMatchObject({ scope: 'public', maxSeconds: 600, staleSeconds: 9 });
  });

  it('depends on the stored keys where the tool has a credential', () => {
    const credential = { header: 'authorization', prefix: 'Bearer ' };
    expect(cachePolicy(toolWith({ ttl_seconds: 60 }, { credential }))?.tags).toContain('keys');
  });

  it('leaves ignored arguments out of the key', () => {
    const policy = cachePolicy(toolWith({ ttl_seconds: 60, ignored_arguments: ['trace'] }));
    expect(policy?.keyOf?.({ city: 'Oslo', trace: '1' })).toEqual({ city: 'Oslo' });
  });
});

const succeed = async () => ({ output: {} });
const timeOut = () => Promise.reject(new AppError('upstream_timeout'));

function given() {
  const committed: string[] = [];
  const ports = {
    invalidateCache: (scope: string, tags: readonly string[]): Write =>
      ({
        item: `${scope} ${tags.join()}`,
        refused: () => new AppError('conflict'),
      }) as unknown as Write,
    commit: (async (writes) => {
      for (const write of writes) committed.push((write as unknown as { item: string }).item);
    }) as Commit,
  };
  return { ports, committed };
}

describe('a call of a registered tool that changes something', () => {
  const changes = toolWith({ ttl_seconds: 60 }, { annotations: changing });

  it('invalidates the cached results of its alias for its caller, with its outcome', async () => {
    const { ports, committed } = given();
    const { writes = [] } = await invalidating(changes, ownerId, {
      ports,
      run: succeed,
    });
    expect(writes).toMatchObject([{ item: `${ownerId} alias:weather` }]);
    expect(committed).toEqual([]);
  });

  it('invalidates public results of a shared tool too, and those of no other owner', async () => {
    const { ports } = given();
    const { writes = [] } = await invalidating({ ...changes, shared: true }, ownerId, {
      ports,
      run: succeed,
    });
    expect(writes.map((write) => (write as unknown as { item: string }).item.split(' ')[0])).toEqual([
      ownerId,
      PUBLIC_SCOPE,
    ]);
    expect(JSON.stringify(writes)).not.toContain(ALL_SCOPES);
  });

  it('invalidates them if it fails too, for it may have taken effect', async () => {
    const { ports, committed } = given();
    await expect(invalidating(changes, ownerId, { ports, run: timeOut })).rejects.toMatchObject({
      code: 'upstream_timeout',
    });
    expect(committed).toEqual([`${ownerId} alias:weather`]);
  });

  it('invalidates nothing if its registration states no cache', async () => {
    const { ports } = given();
    const plain = toolWith(undefined, { annotations: changing });
    expect(await invalidating(plain, ownerId, { ports, run: succeed })).toEqual({
      output: {},
    });
  });
});
