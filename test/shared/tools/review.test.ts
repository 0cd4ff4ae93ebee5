import { describe, expect, it } from 'vitest';

import type { Principal } from '#shared/auth/principal.ts';
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import {
  type Definition,
  definitionHash,
  type RegisteredTool,
  type Shelf,
} from '#shared/tools/registered.ts';
import { createReview, findFor, toToolDetail } from '#shared/tools/review.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const ownerId = (letter: string) => letter.repeat(27) as OwnerId;

const principal = (letter: string, changes: Partial<Principal> = {}): Principal => ({
  ownerId: ownerId(letter),
  issuer: 'https://issuer.example',
  subject: letter,
  scopes: ['tools:read', 'tools:write'],
  roles: ['user'],
  sessionId: 's_one',
  client: undefined,
  expiresAt: 0,
  issuedAt: 0,
  signedInAt: 0,
  ...changes,
});
const alice = principal('a');
const bob = principal('b');
const erin = principal('e', { roles: ['admin'], scopes: ['tools:write', 'admin:write'] });

const definitionOf = (description: string): Definition => ({
  title: 'Look up',
  description,
  inputSchema: { type: 'object' },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  examples: [],
  source: { kind: 'mcp', url: 'https://tools.example/mcp', upstreamName: 'look_up' },
});
const approved = definitionOf('Looks it up.');
const changed = definitionOf('Looks it up and sends it on.');

const toolOf = (changes: Partial<RegisteredTool> = {}): RegisteredTool => ({
  fmt: 1,
  name: 'acme__look_up',
  alias: 'acme',
  shared: false,
  owner: alice.ownerId,
  state: 'draft',
  version: 1,
  definition: approved,
  hash: definitionHash(approved),
  createdAt: '2026-11-22T11:00:00.000Z',
  updatedAt: '2026-11-22T11:00:00.000Z',
  revision: 1,
  ...changes,
});
const drift = { at: '2026-11-22T11:30:00.000Z', hash: definitionHash(changed), changes: [] };

function given(...tools: RegisteredTool[]) {
  const store = {
    find: async (shelf: Shelf, name: string) =>
      tools.find((tool) => tool.name === name && (tool.shared ? 'shared' : tool.owner) === shelf),
    list: async (shelf: Shelf) => tools.filter((tool) => (tool.shared ? 'shared' : tool.owner) === shelf),
    insert: () => ({ item: undefined, rejected: () => new AppError('conflict') }),
    replace: (item: RegisteredTool) => ({ item, rejected: () => new AppError('conflict') }),
    remove: (item: RegisteredTool) => ({ item, rejected: () => new AppError('conflict') }),
  };
  const reviews = createReview({ store, now: () => NOW });
  const activate = (who: Principal, hash: string) =>
    reviews.review(who, 'acme__look_up', { decision: 'activate', hash });
  return { store, reviews, activate };
}

const code = (name: string) => ({ code: name });

describe('a registered tool', () => {
  it('is activated by the hash of what is stored, one revision on', async () => {
    const { activate } = given(toolOf());
    const { tool, writes } = await activate(alice, definitionHash(approved));
    expect(tool).toMatchObject({
      state: 'active',
      version: 1,
      revision: 2,
      updatedAt: '2026-11-22T12:00:00.000Z',
    });
    expect(writes.map(({ item }) => item)).toEqual([tool]);
  });

  it.each([
    '',
    definitionHash(changed),
    definitionHash(approved).toUpperCase(),
    definitionHash(approved).slice(0, 63),
  ])('is not activated by another hash: %s', async (hash) => {
    await expect(given(toolOf()).activate(alice, hash)).rejects.toMatchObject(code('conflict'));
  });

  it('that has changed is activated as it is now by its new hash, and as it was by the old one', async () => {
    const quarantined = toolOf({ state: 'quarantined', drift: { ...drift, definition: changed } });
    const { tool } = await given(quarantined).activate(alice, definitionHash(changed));
    expect(tool).toMatchObject({
      state: 'active',
      version: 2,
      hash: definitionHash(changed),
      definition: changed,
    });
    expect(tool).not.toHaveProperty('drift');
    const old = await given(quarantined).activate(alice, definitionHash(approved));
    expect(old.tool).toMatchObject({ state: 'active', version: 1, definition: approved });
  });

  it('that has become something unusable is not activated by what it is now, and shows no hash for it', async () => {
    const quarantined = toolOf({ state: 'quarantined', drift });
    await expect(given(quarantined).activate(alice, drift.hash)).rejects.toMatchObject(code('conflict'));
    expect(toToolDetail(quarantined, alice).drift).toEqual({ at: drift.at, hash: null, changes: [] });
  });

  it('is disabled whatever it is now', async () => {
    const { reviews } = given(toolOf({ state: 'active' }));
    const { tool } = await reviews.review(alice, 'acme__look_up', { decision: 'disable' });
    expect(tool).toMatchObject({ state: 'disabled', revision: 2 });
  });

  it('is known to nobody but its owner', async () => {
    const { activate, reviews, store } = given(toolOf({ state: 'active' }));
    for (const stranger of [bob, erin]) {
      expect(await findFor(stranger, 'acme__look_up', store)).toBeUndefined();
      await expect(activate(stranger, definitionHash(approved))).rejects.toMatchObject(code('unknown_tool'));
      await expect(reviews.remove(stranger, 'acme__look_up')).rejects.toMatchObject(code('unknown_tool'));
    }
    expect(await findFor(alice, 'acme__look_up', store)).toBeDefined();
  });
});

describe('a shared tool', () => {
  const shared = (state: RegisteredTool['state']) => toolOf({ shared: true, owner: erin.ownerId, state });

  it('is known to all, but as a draft to admins alone', async () => {
    for (const state of ['active', 'disabled', 'quarantined'] as const) {
      expect(await findFor(bob, 'acme__look_up', given(shared(state)).store)).toBeDefined();
    }
    const { store } = given(shared('draft'));
    expect(await findFor(bob, 'acme__look_up', store)).toBeUndefined();
    expect(await findFor(erin, 'acme__look_up', store)).toBeDefined();
  });

  it.each<[string, Principal]>([
    ['a user', bob],
    ['an admin whose token lacks the scope', { ...erin, scopes: ['tools:write'] }],
    ['a user whose token holds the scope', { ...bob, scopes: ['admin:write'] }],
  ])('is not decided on by %s', async (_who, caller) => {
    const { activate, reviews } = given(shared('active'));
    await expect(activate(caller, definitionHash(approved))).rejects.toMatchObject(code('forbidden'));
    await expect(reviews.remove(caller, 'acme__look_up')).rejects.toMatchObject(code('forbidden'));
  });

  it('gives way to the caller’s own of the same name', async () => {
    const { store } = given(shared('active'), toolOf({ owner: bob.ownerId }));
    expect(await findFor(bob, 'acme__look_up', store)).toMatchObject({ shared: false });
    expect(await findFor(alice, 'acme__look_up', store)).toMatchObject({ shared: true });
  });
});

const named = (name: string, changes: Partial<RegisteredTool> = {}) =>
  toolOf({ name: `acme__${name}`, ...changes });

const two = () => given(named('a'), named('b'), toolOf({ name: 'other__a', alias: 'other' }));

describe('[P15] all tools of an alias', () => {
  const hash = definitionHash(approved);

  it('are activated in one request by their hashes', async () => {
    const hashes = { acme__a: hash, acme__b: hash };
    const { tools, writes } = await two().reviews.reviewAlias(alice, 'acme', {
      decision: 'activate',
      hashes,
    });
    expect(tools.map(({ name, state, revision }) => [name, state, revision])).toEqual([
      ['acme__a', 'active', 2],
      ['acme__b', 'active', 2],
    ]);
    expect(writes.map(({ item }) => item)).toEqual(tools);
  });

  it.each<[string, Record<string, string>, string]>([
    ['a wrong hash', { acme__a: hash, acme__b: definitionHash(changed) }, 'conflict'],
    ['a tool of another alias', { acme__a: hash, other__a: hash }, 'unknown_tool'],
    ['what every object inherits', { toString: hash }, 'unknown_tool'],
  ])('stay as they are where one of the hashes is %s', async (_name, hashes, expected) => {
    const review = two().reviews.reviewAlias(alice, 'acme', { decision: 'activate', hashes });
    await expect(review).rejects.toMatchObject(code(expected));
  });

  it('are disabled and removed at once', async () => {
    const { reviews } = two();
    const disabled = await reviews.reviewAlias(alice, 'acme', { decision: 'disable' });
    expect(disabled.tools.map(({ state }) => state)).toEqual(['disabled', 'disabled']);
    const removed = await reviews.removeAlias(alice, 'acme');
    expect(removed.writes.map(({ item }) => (item as RegisteredTool).name)).toEqual(['acme__a', 'acme__b']);
  });

  it('need the field that says which: hashes for an alias, hash for a tool', async () => {
    const { reviews } = two();
    const none = { decision: 'activate' } as const;
    await expect(reviews.reviewAlias(alice, 'acme', { ...none, hash })).rejects.toMatchObject({
      details: { issues: [{ path: 'body.hashes' }] },
    });
    await expect(
      reviews.review(alice, 'acme__a', { ...none, hashes: { acme__a: hash } }),
    ).rejects.toMatchObject({
      details: { issues: [{ path: 'body.hash' }] },
    });
  });

  it('are unknown to others, and decided on by admins alone where they are shared', async () => {
    const { reviews } = given(named('a', { shared: true, owner: erin.ownerId }));
    await expect(reviews.removeAlias(alice, 'acme')).rejects.toMatchObject(code('forbidden'));
    expect((await reviews.removeAlias(erin, 'acme')).tools).toHaveLength(1);
    await expect(two().reviews.removeAlias(bob, 'acme')).rejects.toMatchObject(code('unknown_tool'));
  });

  it('are too many for one request beyond ninety', async () => {
    const many = given(...Array.from({ length: 91 }, (_, n) => named(`t${n}`)));
    await expect(many.reviews.removeAlias(alice, 'acme')).rejects.toMatchObject(code('conflict'));
  });
});
