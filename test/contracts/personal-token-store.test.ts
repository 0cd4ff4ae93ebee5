import { expect, it } from 'vitest';

import type { PersonalToken } from '#shared/auth/personal-tokens.ts';
import { personalTokenTable } from '#shared/aws/personal-token-table.ts';
import { sessionTable } from '#shared/aws/session-table.ts';

import { contractOf, newUid } from './drivers.ts';

const T = 1_800_000_000;
const token: PersonalToken = {
  id: `p_${'a'.repeat(22)}`,
  name: 'ci',
  hash: 'hash',
  issuer: 'https://issuer.example',
  subject: 'alice',
  scopes: ['ai:use'],
  roles: ['user'],
  models: ['o3'],
  tools: ['todo_list', 'sky__*'],
  budget: { dayMicroUsd: 5_000_000 },
  createdAt: T,
  expiresAt: T + 3600,
  issuedAt: T - 10,
  signedInAt: T - 10,
};
const code = (name: string) => expect.objectContaining({ code: name });

contractOf(
  'the store of personal access tokens',
  {
    table: ({ db, TableName }) => ({
      ...personalTokenTable(db, TableName),
      sessions: sessionTable(db, TableName),
    }),
  },
  (driver) => {
    async function created(changes: Partial<PersonalToken> = {}) {
      const { store, commit } = driver();
      const ownerId = newUid();
      await commit([store.create(ownerId, { ...token, ...changes })]);
      return { store, commit, ownerId };
    }

    it('reads back a token as it was created, also one for all models', async () => {
      const { store, ownerId } = await created();
      expect(await store.find(ownerId, token.id)).toEqual(token);
      const all = await created({ models: undefined, tools: undefined, budget: undefined });
      expect(await store.find(all.ownerId, token.id)).toEqual({
        ...token,
        models: undefined,
        tools: undefined,
        budget: undefined,
      });
    });

    it('finds a token for its owner alone', async () => {
      const { store } = await created();
      expect(await store.find(newUid(), token.id)).toBeUndefined();
      expect(await store.list(newUid())).toEqual([]);
    });

    it('creates an id once', async () => {
      const { store, commit, ownerId } = await created();
      await expect(commit([store.create(ownerId, { ...token, name: 'other' })])).rejects.toEqual(
        code('conflict'),
      );
      expect(await store.find(ownerId, token.id)).toEqual(token);
    });

    it('lists all tokens of an owner, newest first, revoked ones too', async () => {
      const { store, commit, ownerId } = await created();
      await commit([store.create(ownerId, { ...token, id: 'p_newer', createdAt: T + 1 })]);
      await commit(store.revoke(ownerId, token.id, T + 5));
      const listed = await store.list(ownerId);
      expect(listed.map(({ id, revokedAt }) => [id, revokedAt])).toEqual([
        ['p_newer', undefined],
        [token.id, T + 5],
      ]);
    });

    it('revokes a token once, for its owner alone, and ends its session with it', async () => {
      const { store, commit, ownerId } = await created();
      await expect(commit(store.revoke(newUid(), token.id, T))).rejects.toEqual(code('not_found'));
      await expect(commit(store.revoke(ownerId, 'p_other', T))).rejects.toEqual(code('not_found'));
      expect((await store.sessions.look(ownerId, token.id)).session).toBeUndefined();
      await commit(store.revoke(ownerId, token.id, T + 5));
      expect((await store.sessions.look(ownerId, token.id)).session?.revokedAt).toBe(T + 5);
      await expect(commit(store.revoke(ownerId, token.id, T + 9))).rejects.toEqual(code('not_found'));
      expect((await store.find(ownerId, token.id))?.revokedAt).toBe(T + 5);
    });
  },
);
