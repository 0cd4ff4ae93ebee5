import { expect, it } from 'vitest';

import type { Session } from '#shared/auth/sessions.ts';
import { sessionTable } from '#shared/aws/session-table.ts';

import { contractOf, newUid } from './drivers.ts';

const T = 1_800_000_000;
const OPEN = { notBefore: 0, closedUntil: 0, roles: ['user'], rolesAt: 0 };
const ID = `s_${'a'.repeat(22)}`;

const session: Session = {
  id: ID,
  client: 'desktop',
  since: T,
  issuedAt: T,
  expiresAt: T + 900,
  revokedAt: undefined,
};
const code = (name: string) => expect.objectContaining({ code: name });

contractOf('the session store', { table: ({ db, TableName }) => sessionTable(db, TableName) }, (driver) => {
  async function noted(changes: Partial<Session> = {}) {
    const { store, commit } = driver();
    const ownerId = newUid();
    await store.note(ownerId, { ...session, ...changes });
    return { store, commit, ownerId, look: () => store.look(ownerId, ID) };
  }

  it('knows nothing of a person who was never here', async () => {
    expect(await driver().store.look(newUid(), ID)).toEqual({ cut: OPEN, session: undefined });
  });

  it('reads back a session as it was noted, also one without a client', async () => {
    expect((await (await noted()).look()).session).toEqual(session);
    const { look } = await noted({ client: undefined });
    expect((await look()).session).toEqual({ ...session, client: undefined });
  });

  it('keeps the data of the newest token, in whatever order they come', async () => {
    const { store, ownerId, look } = await noted();
    const newer = { ...session, issuedAt: T + 60, expiresAt: T + 960 };
    await store.note(ownerId, newer);
    await store.note(ownerId, session);
    expect((await look()).session).toEqual(newer);
  });

  it('keeps a revoked session revoked, whatever token is noted after', async () => {
    const { store, commit, ownerId, look } = await noted();
    await commit(store.revoke(ownerId, ID, T + 10));
    await store.note(ownerId, { ...session, issuedAt: T + 60 });
    expect((await look()).session).toMatchObject({ id: ID, revokedAt: T + 10 });
  });

  it('revokes a session once, and only for the person whose it is', async () => {
    const { store, commit, ownerId, look } = await noted();
    await expect(commit(store.revoke(newUid(), ID, T))).rejects.toEqual(code('not_found'));
    await expect(commit(store.revoke(ownerId, 's_other', T))).rejects.toEqual(code('not_found'));
    await commit(store.revoke(ownerId, ID, T + 10));
    await expect(commit(store.revoke(ownerId, ID, T + 20))).rejects.toEqual(code('not_found'));
    expect((await look()).session?.revokedAt).toBe(T + 10);
  });

  it('cuts and closes all sessions of one person, and of nobody else', async () => {
    const { store, commit, ownerId, look } = await noted();
    await commit([store.cutAt(ownerId, T + 5)]);
    expect((await look()).cut).toEqual({ ...OPEN, notBefore: T + 5 });
    await commit([store.close(ownerId, T + 6, T + 99)]);
    expect((await look()).cut).toEqual({ ...OPEN, notBefore: T + 6, closedUntil: T + 99 });
    expect((await store.look(newUid(), ID)).cut).toEqual(OPEN);
  });

  it('leaves a closed account closed when its sessions are cut again', async () => {
    const { store, commit, ownerId, look } = await noted();
    await commit([store.close(ownerId, T, T + 99)]);
    await commit([store.cutAt(ownerId, T + 5)]);
    expect((await look()).cut).toMatchObject({ notBefore: T + 5, closedUntil: T + 99 });
  });

  it('takes other roles from a newer token only', async () => {
    const { store, commit, ownerId, look } = await noted();
    await commit([store.rolesSeen(ownerId, ['admin'], T)]);
    await expect(commit([store.rolesSeen(ownerId, ['user'], T)])).rejects.toEqual(code('conflict'));
    await expect(commit([store.rolesSeen(ownerId, ['user'], T - 1)])).rejects.toEqual(code('conflict'));
    expect((await look()).cut).toEqual({ ...OPEN, roles: ['admin'], rolesAt: T });
    await commit([store.rolesSeen(ownerId, ['auditor'], T + 1)]);
    expect((await look()).cut).toMatchObject({ roles: ['auditor'], rolesAt: T + 1 });
  });

  it('lists the sessions of one person alone, newest first, revoked ones too', async () => {
    const { store, commit, ownerId } = await noted();
    await store.note(newUid(), { ...session, id: 's_foreign' });
    await store.note(ownerId, { ...session, id: 's_older', issuedAt: T - 60 });
    await store.note(ownerId, { ...session, id: 's_newer', issuedAt: T + 60 });
    await commit([store.cutAt(ownerId, T), ...store.revoke(ownerId, 's_older', T)]);
    const listed = await store.list(ownerId);
    expect(listed.map(({ id, revokedAt }) => [id, revokedAt])).toEqual([
      ['s_newer', undefined],
      [ID, undefined],
      ['s_older', T],
    ]);
  });

  it('lists at most 200 sessions', async () => {
    const { store, ownerId } = await noted();
    const notes = Array.from({ length: 205 }, (_, n) => ({ ...session, id: `s_${n}`, issuedAt: T + n }));
    await Promise.all(notes.map((one) => store.note(ownerId, one)));
    expect(await store.list(ownerId)).toHaveLength(200);
  });

  it('notes the last use of a personal access token, apart from sessions, and the latest one only', async () => {
    const { store, commit, ownerId } = await noted();
    const used = { ...session, id: `p_${'b'.repeat(22)}` };
    expect(await store.lastUses(ownerId)).toEqual(new Map());
    await store.noteUse(ownerId, used, T + 60);
    await store.noteUse(ownerId, used, T + 30);
    expect(await store.lastUses(ownerId)).toEqual(new Map([[used.id, T + 60]]));
    expect((await store.look(ownerId, used.id)).session).toMatchObject({ id: used.id, usedAt: T + 60 });
    expect((await store.list(ownerId)).map(({ id }) => id)).toEqual([ID]);
    expect(await store.lastUses(newUid())).toEqual(new Map());
    await expect(commit(store.revoke(ownerId, used.id, T))).rejects.toEqual(code('not_found'));
  });
});
