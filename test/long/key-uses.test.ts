// A key in use by several instances: rejected on the very next call once it is taken away, and opened by KMS seldom.
import { expect, it } from 'vitest';

import { canaryKey, providerChats, type Person, say } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const ROUNDS = 100;
/** Instances of the using function, each with the data key in memory when the key is taken away. */
const USERS = 3;

onEngine('a deleted or frozen key', () => {
  const portunus = usePortunus({ mutate: withoutRateLimits });

  const use = (person: Person) =>
    Promise.all(Array.from({ length: USERS }, () => person.invoke('ai_chat', say('hello'))));

  it.each(['freeze', 'delete'] as const)(
    `by its owner (%s) is rejected on the very next call in each of ${USERS} instances, ${ROUNDS} times`,
    async (how) => {
      const { current } = portunus;
      const person = await current.person(how);
      const codes: Record<string, number> = {};
      const uses: number[] = [];
      const store = async () => {
        const key = { provider: 'openai', api_key: canaryKey('openai') };
        return String((await person.post('/api-keys', key)).body.key_id);
      };
      let id = await store();
      const logged = current.kmsLog().length;
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const { status } of await use(person)) expect(status).toBe(200);
        const taken =
          how === 'freeze'
            ? await person.post(`/api-keys/${id}/freeze`, undefined)
            : await person.delete(`/api-keys/${id}`);
        expect(taken.status).toBe(200);
        const [before, opened] = [providerChats(current).length, current.kmsLog().length];
        for (const { body } of await use(person)) codes[body.code] = (codes[body.code] ?? 0) + 1;
        expect(providerChats(current)).toHaveLength(before);
        uses.push(
          current
            .kmsLog()
            .slice(opened)
            .filter(({ operation }) => operation === 'Decrypt').length,
        );
        if (how === 'freeze') await person.post(`/api-keys/${id}/unfreeze`, undefined);
        else id = await store();
      }
      // Not one of them got as far as the provider or the key service.
      expect(codes).toEqual({ [how === 'freeze' ? 'key_frozen' : 'key_missing']: ROUNDS * USERS });
      expect(new Set(uses)).toEqual(new Set([0]));
      const decrypts = current
        .kmsLog()
        .slice(logged)
        .filter(({ operation }) => operation === 'Decrypt').length;
      process.stderr.write(
        `${how}: ${ROUNDS * USERS} of ${ROUNDS * USERS} next calls rejected; the uses between cost ${decrypts} Decrypts\n`,
      );
    },
    300_000,
  );
});

onEngine('a key in use', () => {
  const portunus = usePortunus({ mutate: withoutRateLimits });

  it('costs each instance one Decrypt a minute, or for a hundred uses', async () => {
    const { current } = portunus;
    const [USES, CALLERS] = [1000, 4];
    const person = await current.person('busy');
    const key = { provider: 'openai', api_key: canaryKey('openai') };
    expect((await person.post('/api-keys', key)).status).toBe(201);
    const began = Date.now();
    let left = USES;
    const caller = async () => {
      for (; left > 0; ) {
        left -= 1;
        expect((await person.invoke('ai_chat', say('hello'))).status).toBe(200);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    const minutes = Math.ceil((Date.now() - began) / 60_000);
    const decrypts = current.kmsLog().filter(({ operation }) => operation === 'Decrypt').length;
    process.stderr.write(
      `${decrypts} Decrypts for ${USES} uses by ${CALLERS} callers within ${minutes} min\n`,
    );
    expect(decrypts).toBeGreaterThan(0);
    expect(decrypts).toBeLessThanOrEqual(CALLERS * (minutes + 1) + USES / 100);
  }, 300_000);
});
