import fc from 'fast-check';
import { expect, it } from 'vitest';

import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';

const reject = () => {
  throw new Error('commitment');
};

function given() {
  const clock = { now: 1_000_000 };
  const cache = createDataKeyCache({ now: () => clock.now });
  const loaded: { id: string; key: Uint8Array }[] = [];
  const load = (id: string) => async () => {
    const key = new Uint8Array(32).fill(7);
    loaded.push({ id, key });
    return key;
  };
  const use = (id: string) => cache.use(id, load(id), (key) => key[0]);
  return { clock, cache, loaded, use };
}

it('loads a key once and uses it again', async () => {
  const { loaded, use } = given();
  expect([await use('a'), await use('a'), await use('b')]).toEqual([7, 7, 7]);
  expect(loaded.map(({ id }) => id)).toEqual(['a', 'b']);
});

it('loads again, and has zeroed the old key, after 60 seconds', async () => {
  const { clock, loaded, use } = given();
  await use('a');
  clock.now += 59_999;
  await use('a');
  expect(loaded).toHaveLength(1);
  clock.now += 1;
  await use('b');
  expect(loaded[0]!.key).toEqual(new Uint8Array(32));
  await use('a');
  expect(loaded).toHaveLength(3);
});

it('counts the 60 seconds from before the KMS call', async () => {
  const { clock, cache, loaded, use } = given();
  const slow = async () => {
    clock.now += 30_000;
    return new Uint8Array(32);
  };
  await cache.use('a', slow, () => undefined);
  clock.now += 30_000;
  await use('a');
  expect(loaded).toHaveLength(1);
});

it('treats an entry as expired when the clock is set back', async () => {
  const { clock, loaded, use } = given();
  await use('a');
  clock.now -= 1;
  await use('a');
  expect(loaded).toHaveLength(2);
});

it('loads again after 100 uses', async () => {
  const { loaded, use } = given();
  for (let n = 0; n < 100; n += 1) await use('a');
  expect(loaded).toHaveLength(1);
  expect(loaded[0]!.key).toEqual(new Uint8Array(32));
  await use('a');
  expect(loaded).toHaveLength(2);
});

it('holds 200 keys and zeroes the oldest for the next', async () => {
  const { loaded, use } = given();
  for (let n = 0; n <= 200; n += 1) await use(`k${n}`);
  const zeroed = loaded.filter(({ key }) => key.every((byte) => byte === 0)).map(({ id }) => id);
  expect(zeroed).toEqual(['k0']);
});

it('loads once for concurrent callers', async () => {
  const { loaded, use } = given();
  const answers = await Promise.all(Array.from({ length: 100 }, () => use('a')));
  expect(answers).toEqual(Array.from({ length: 100 }, () => 7));
  expect(loaded).toHaveLength(1);
});

it('serves more than 100 concurrent callers with one load per 100', async () => {
  const { loaded, use } = given();
  const answers = await Promise.all(Array.from({ length: 250 }, () => use('a')));
  expect(answers.every((answer) => answer === 7)).toBe(true);
  expect(loaded).toHaveLength(3);
});

it('rejects all waiters with one KMS error, and calls KMS again the next time', async () => {
  const { cache, use } = given();
  let asked = 0;
  const failing = async () => {
    asked += 1;
    throw new Error('ThrottlingException');
  };
  const all = await Promise.allSettled(
    Array.from({ length: 10 }, () => cache.use('a', failing, () => undefined)),
  );
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['rejected']));
  expect(asked).toBe(1);
  expect(await use('a')).toBe(7);
});

it('forgets and zeroes a key under which a message did not open', async () => {
  const { cache, loaded, use } = given();
  const key = new Uint8Array(32).fill(9);
  await expect(cache.use('a', async () => key, reject)).rejects.toThrow('commitment');
  expect(key).toEqual(new Uint8Array(32));
  await use('a');
  expect(loaded).toHaveLength(1);
});

it('serves a loader whose key is already too old to keep', async () => {
  const { clock, cache } = given();
  const late = async () => {
    clock.now += 120_000;
    return new Uint8Array(32).fill(3);
  };
  const answers = await Promise.all([1, 2].map(() => cache.use('a', late, (key) => key[0])));
  expect(answers).toEqual([3, 3]);
});

it('never passes a zeroed key, in any order of load completions', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 }),
      async (scheduler, ids) => {
        const cache = createDataKeyCache();
        const load = scheduler.scheduleFunction(async () => new Uint8Array(32).fill(7));
        const uses = ids.map((id) => cache.use(`k${id}`, load, (key) => key.every((byte) => byte === 7)));
        const [answers] = await Promise.all([Promise.all(uses), scheduler.waitIdle()]);
        expect(answers.every(Boolean)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
