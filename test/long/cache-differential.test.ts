// Random operations of five owners, of which many are cancelled, with the cache and without it: what they see is the same.
import { setTimeout as sleep } from 'node:timers/promises';

import { expect, it } from 'vitest';

import { invalidateIn } from '#shared/aws/cache-generations.ts';
import { transaction } from '#shared/aws/transaction.ts';
import { CACHE_MODES } from '#shared/cache/policy.ts';
import { ALL_SCOPES } from '#shared/cache/store.ts';
import { type Table, useTable } from '#test/contracts/drivers.ts';
import { principalNamed } from '#test/support/callers.ts';
import { engine } from '#test/support/portunus.ts';
import { createRandom } from '#test/support/seeded-random.ts';
import { onEngine } from '#test/support/suite.ts';
import { cacheInstance, createLookup, LOOKUP_SECONDS } from '#test/shared/cache/cached-tool.ts';

const OPERATIONS = 10_000;
const SEED = 20_261_128;
const OWNERS = ['ann', 'ben', 'cho', 'dan', 'eve'];
const QUESTIONS = 12;
/** Other instances follow an invalidation within this time (docs/decisions/2026-11-28-response-cache.md). */
const BOUND_MS = 10_000;

type Read = {
  readonly kind: 'read';
  readonly owner: string;
  readonly question: string;
  readonly instance: number;
  readonly mode: (typeof CACHE_MODES)[number] | undefined;
  /** Steps of the computation until the caller cancels. */
  readonly cancelAfter: number | undefined;
};
type Operation =
  | Read
  | { readonly kind: 'change' | 'rotate'; readonly owner: string }
  | { readonly kind: 'redefine' | 'invalidate' }
  | { readonly kind: 'wait'; readonly ms: number };

/** The same operations for the same seed. */
function operationsFrom(seed: number): Operation[] {
  const random = createRandom(seed);
  const one = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const make = (): Operation => {
    const share = random();
    if (share < 0.04) return { kind: 'change', owner: one(OWNERS) };
    if (share < 0.06) return { kind: 'rotate', owner: one(OWNERS) };
    if (share < 0.065) return { kind: 'redefine' };
    if (share < 0.07) return { kind: 'invalidate' };
    if (share < 0.09) return { kind: 'wait', ms: random() * 2 * LOOKUP_SECONDS * 1000 };
    return {
      kind: 'read',
      owner: one(OWNERS),
      question: `q${Math.floor(random() ** 3 * QUESTIONS)}`,
      instance: Math.floor(random() * 2),
      mode: random() < 0.1 ? one(CACHE_MODES) : undefined,
      cancelAfter: random() < 0.3 ? Math.floor(random() * 4) : undefined,
    };
  };
  return Array.from({ length: OPERATIONS }, make);
}

/** Upstream data, the keys it is read with, and the definition of the tool: an answer shows all of them. */
function createWorld() {
  const counts: Record<string, number> = {};
  const next = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  let calls = 0;
  const stateOf = (owner: string) =>
    ['data', 'key'].map((name) => `${name} ${counts[`${name} ${owner}`] ?? 0}`).join(', ');
  return {
    next,
    calls: () => calls,
    definition: () => String(counts['definition'] ?? 0),
    async ask(owner: string, question: string, { signal }: { signal: AbortSignal }) {
      calls += 1;
      const answer = `${owner} ${question}: ${stateOf(owner)}, definition ${counts['definition'] ?? 0}`;
      for (let step = 0; step < 3; step += 1) {
        await sleep(0);
        signal.throwIfAborted();
      }
      return answer;
    },
  };
}

type Run = { readonly visible: string[]; readonly calls: number; readonly cancelled: number };

async function run(operations: readonly Operation[], table: Table, isCached: boolean): Promise<Run> {
  const world = createWorld();
  const clock = { ms: Date.UTC(2026, 10, 28, 12) };
  const now = () => clock.ms;
  const commit = transaction(table.db);
  const invalidate = invalidateIn({ TableName: table.TableName, now });
  const caches = [0, 1].map(() => (isCached ? cacheInstance({ ...table, now }) : undefined));
  const lookUps = caches.map((cache) => createLookup((...asked) => world.ask(...asked), cache));
  const visible: string[] = [];
  let open: Promise<unknown>[] = [];
  let cancelled = 0;

  async function read(at: number, { owner, question, instance, mode, cancelAfter }: Read): Promise<void> {
    const caller = new AbortController();
    const end = clock.ms + 30_000;
    const deadline = { signal: caller.signal, remainingMs: () => Math.max(0, end - clock.ms) };
    const requestId = `${isCached} ${at}`;
    const answered = lookUps[instance]!({
      owner,
      question,
      deadline,
      requestId,
      mode,
      definition: world.definition(),
    });
    if (cancelAfter === undefined) {
      visible[at] = await answered;
      return;
    }
    // A cancelled request has no visible result, but goes on for a while, beside changes too.
    cancelled += 1;
    open.push(answered.catch(() => undefined));
    for (let step = 0; step < cancelAfter; step += 1) await sleep(0);
    caller.abort();
  }

  async function change(name: string, scope: string, tag: string): Promise<void> {
    if (name !== 'none') world.next(name);
    if (isCached) await commit([invalidate(scope, [tag])]);
    clock.ms += BOUND_MS;
  }

  const perform: Record<Operation['kind'], (operation: never, at: number) => Promise<void> | void> = {
    read: (operation: Read, at) => read(at, operation),
    change: ({ owner }: { owner: string }) => change(`data ${owner}`, scopeOf(owner), 'tool:ref_lookup'),
    rotate: ({ owner }: { owner: string }) => change(`key ${owner}`, scopeOf(owner), 'keys'),
    redefine: () => world.next('definition'),
    invalidate: () => change('none', ALL_SCOPES, 'all'),
    wait: ({ ms }: { ms: number }) => void (clock.ms += ms),
  };
  for (const [at, operation] of operations.entries()) {
    await perform[operation.kind](operation as never, at);
    if (open.length > 20) {
      await Promise.all(open);
      open = [];
    }
  }
  await Promise.all(open);
  return { visible, calls: world.calls(), cancelled };
}

/** Scope of the entries of an owner. */
const scopeOf = (owner: string) => principalNamed(owner).ownerId;

onEngine('random operations of five owners', () => {
  const table = useTable(engine);

  it('show the same results with the cache and without it, 30 % of the requests cancelled', async () => {
    const operations = operationsFrom(SEED);
    const without = await run(operations, table(), false);
    const cached = await run(operations, table(), true);
    const reads = operations.filter(({ kind }) => kind === 'read').length;
    process.stderr.write(
      `${OPERATIONS} operations, seed ${SEED}: ${reads} reads, ${cached.cancelled} cancelled; upstream calls ${without.calls} without the cache, ${cached.calls} with it\n`,
    );
    expect(cached.cancelled / reads).toBeGreaterThan(0.25);
    expect(cached.calls).toBeLessThan(without.calls);
    expect(cached.visible).toEqual(without.visible);
  }, 600_000);
});
