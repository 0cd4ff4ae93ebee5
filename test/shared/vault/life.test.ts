// A key's life against a model that knows nothing of rows, versions or sealing: only which text may be used now.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, type ProviderId, type OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import { createDataKeyCache } from '#shared/crypto/data-key-cache.ts';
import { createKeyChanges } from '#shared/vault/change.ts';
import { createKeyDeposit } from '#shared/vault/deposit.ts';
import { createInvalidation, type Mark } from '#shared/vault/invalidate.ts';
import { validated } from '#shared/vault/life.ts';
import { createSealKey } from '#shared/vault/new-value.ts';
import { createOpenKey } from '#shared/vault/open-key.ts';
import { createRotateKey } from '#shared/vault/rotate.ts';
import { StoredKey, type Validation } from '#shared/vault/stored-key.ts';
import { createUsableKeys } from '#shared/vault/usable-keys.ts';
import { createFakeKms, KEY_ARN } from '#test/shared/crypto/fake-kms.ts';

import { createMemoryKeys } from './memory-keys.ts';

const OWNERS = ['a', 'b'].map((letter) => letter.repeat(27) as OwnerId);
/** Has no key at all. */
const STRANGER = 'z'.repeat(27) as OwnerId;
const PROVIDER = 'openai' as ProviderId;
const MINUTE = 60_000;
const GRACE = 15 * MINUTE;
const stage = 'test';

/** The real vault over a table and a key service in memory. */
function createVault() {
  const clock = { now: Date.UTC(2030, 0) };
  const now = () => clock.now;
  const memory = createMemoryKeys();
  const { keys, commit } = memory;
  const { wrapper } = createFakeKms();
  const ports = {
    keys,
    now,
    seal: createSealKey({ stage, wrapper }),
    fingerprint: async (secret: Secret) => createHmac('sha256', 'mac').update(secret.reveal()).digest(),
  };
  const open = createOpenKey({
    stage,
    wrapper,
    allowedKeyArns: [KEY_ARN],
    cache: createDataKeyCache({ now }),
  });
  return {
    clock,
    memory,
    keys,
    commit,
    deposit: createKeyDeposit(ports).deposit,
    rotate: createRotateKey(ports),
    changes: createKeyChanges(ports),
    use: createUsableKeys({ keys, open, now }),
    invalidate: createInvalidation({ keys, now, commit: (_key, change) => commit([change]) }),
    opened: new Map<string, string>(),
    parsed: new WeakSet<StoredKey>(),
  };
}
type Vault = ReturnType<typeof createVault>;

/** `doubted`: rejected by its provider while the value before it still served. In use until a person decides. */
type Value = { text: string; version: number; endsAt: number; rejected: boolean; doubted?: boolean };
type Key = {
  owner: number;
  id: string;
  current: Value;
  previous?: { value: Value; until: number } | undefined;
  highest: number;
  frozen: boolean;
  order: number;
};
type Model = { keys: Key[]; now: number; texts: number };

const served = ({ now }: Model, key: Key): { current: Value; previous?: Value } | undefined => {
  const { frozen, current, previous } = key;
  if (frozen || current.rejected || current.endsAt <= now) return undefined;
  return { current, ...(previous && now < previous.until && { previous: previous.value }) };
};

const pick = (model: Model, at: number): Key | undefined => model.keys[at % Math.max(1, model.keys.length)];
const deriveOwnerId = ({ owner }: Pick<Key, 'owner'>) => OWNERS[owner] as OwnerId;
const validationAt = (now: number, outcome: Validation['outcome']): Validation => ({
  outcome,
  checkedAt: new Date(now).toISOString(),
});
const codeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error !== undefined && !(error instanceof AppError)) throw error;
  return error?.code;
};

type Offered = { readonly version: number; readonly open: () => Promise<{ readonly secret: Secret }> };

/** Opening is what takes the time: each value once as the current one and once as the one before, and all again at the end. */
async function textOf({ opened }: Vault, name: string, { version, open }: Offered): Promise<string> {
  const known = opened.get(`${name} ${version}`);
  if (known !== undefined) return known;
  const text = (await open()).secret.reveal();
  opened.set(`${name} ${version}`, text);
  return text;
}

/** After every step each owner is served exactly what the model predicts, key by key and text by text. */
async function compare(model: Model, vault: Vault): Promise<void> {
  for (const [owner, ownerId] of OWNERS.entries()) {
    const own = model.keys.filter((key) => key.owner === owner).toSorted((a, b) => a.order - b.order);
    const expected = own.flatMap((key) => {
      const use = served(model, key);
      return use ? [[key.id, use.current, use.previous] as const] : [];
    });
    const candidates = await vault.use.candidates(ownerId, PROVIDER);
    const actual = await Promise.all(
      candidates.map(async (key) => [
        keyIdOf(key.provider, key.kid),
        key.version,
        await textOf(vault, key.kid, key),
        key.previous?.version,
        key.previous && (await textOf(vault, `${key.kid} before`, key.previous)),
      ]),
    );
    expect(actual).toEqual(
      expected.map(([id, current, previous]) => [
        id,
        current.version,
        current.text,
        previous?.version,
        previous?.text,
      ]),
    );
    const why = await vault.use.whyNone(ownerId, PROVIDER);
    expect(expected.length > 0 || (why === undefined) === (own.length === 0)).toBe(true);
  }
  expect(await vault.use.candidates(STRANGER)).toEqual([]);
  // Every written row must be readable: a row that does not parse would hide all of an owner's keys.
  for (const row of vault.memory.rows.values()) {
    if (!vault.parsed.has(row)) StoredKey.parse(row);
    vault.parsed.add(row);
  }
}

type Step = fc.AsyncCommand<Model, Vault>;
const step = (name: string, run: (model: Model, vault: Vault) => Promise<void>): Step => ({
  check: () => true,
  async run(model, vault) {
    await run(model, vault);
    await compare(model, vault);
  },
  toString: () => name,
});
/** A step on one of the keys that there are. */
const onKey = (name: string, at: number, run: (key: Key, model: Model, vault: Vault) => Promise<void>) =>
  step(`${name} #${at}`, async (model, vault) => {
    const key = pick(model, at);
    if (key) await run(key, model, vault);
  });

const newText = (model: Model) => `sk-${(model.texts += 1)}-${'x'.repeat(16)}`;
const NEVER = Number.POSITIVE_INFINITY;
const endOf = (model: Model, minutes: number | undefined) =>
  minutes === undefined ? NEVER : model.now + minutes * MINUTE;
const timeOf = (endsAt: number) => (endsAt === NEVER ? undefined : new Date(endsAt).toISOString());

const deposit = (owner: number, minutes: number | undefined) =>
  step(`deposit for ${owner}, ${minutes} min`, async (model, vault) => {
    const own = model.keys.filter((key) => key.owner === owner);
    const text = newText(model);
    const endsAt = endOf(model, minutes);
    const request = {
      ownerId: deriveOwnerId({ owner }),
      provider: PROVIDER,
      secret: new Secret(text),
      expiresAt: timeOf(endsAt),
      validate: async () => validationAt(model.now, 'unreachable'),
    };
    if (own.length >= 10) {
      expect(await codeOf(vault.deposit(request))).toBe('conflict');
      return;
    }
    const { summary, write } = await vault.deposit(request);
    await vault.commit([write]);
    model.keys.push({
      owner,
      id: summary.key_id,
      highest: 1,
      frozen: false,
      current: { text, version: 1, endsAt, rejected: false },
      order: Math.max(-1, ...own.map(({ order }) => order)) + 1,
    });
  });

const graceOf = (model: Model, { current }: Key, atMost: number) =>
  current.rejected || current.doubted ? model.now : Math.min(atMost, current.endsAt);

const rotation = (model: Model, key: Key, vault: Vault, endsAt: number) => {
  const text = newText(model);
  const asked = vault.rotate({
    ownerId: deriveOwnerId(key),
    keyId: key.id,
    secret: new Secret(text),
    expiresAt: timeOf(endsAt),
    validate: async () => validationAt(model.now, 'valid'),
  });
  return { text, asked };
};

function rotatedInModel(model: Model, key: Key, { text, endsAt }: { text: string; endsAt: number }) {
  key.previous = { value: key.current, until: graceOf(model, key, model.now + GRACE) };
  key.highest += 1;
  key.current = { text, version: key.highest, endsAt, rejected: false };
}

const rotate = (at: number, minutes: number | undefined) =>
  onKey(`rotate, ${minutes} min`, at, async (key, model, vault) => {
    const endsAt = endOf(model, minutes);
    const { text, asked } = rotation(model, key, vault, endsAt);
    await vault.commit((await asked).writes);
    rotatedInModel(model, key, { text, endsAt });
  });

/** Both read before either writes. */
const rotateTwiceAtOnce = (at: number) =>
  onKey('rotate twice at once', at, async (key, model, vault) => {
    const [one, two] = [rotation(model, key, vault, NEVER), rotation(model, key, vault, NEVER)];
    const [first, second] = [await one.asked, await two.asked];
    await vault.commit(second.writes);
    expect(await codeOf(vault.commit(first.writes))).toBe('conflict');
    rotatedInModel(model, key, { text: two.text, endsAt: NEVER });
  });

const rollBack = (at: number) =>
  onKey('roll back', at, async (key, model, vault) => {
    const { previous, current } = key;
    const asked = vault.changes.rollBack(deriveOwnerId(key), key.id);
    if (!previous || previous.until <= model.now) {
      expect(await codeOf(asked)).toBe('conflict');
      return;
    }
    await vault.commit((await asked).writes);
    key.previous = { value: current, until: graceOf(model, key, previous.until) };
    key.current = previous.value;
  });

const freeze = (at: number, frozen: boolean) =>
  onKey(frozen ? 'freeze' : 'unfreeze', at, async (key, _model, vault) => {
    const change = frozen ? vault.changes.freeze : vault.changes.unfreeze;
    const { writes } = await change(deriveOwnerId(key), key.id);
    expect(writes).toHaveLength(key.frozen === frozen ? 0 : 1);
    await vault.commit(writes);
    // Thawing does not make the provider take it.
    if (key.frozen && !frozen && key.current.doubted) key.current.rejected = true;
    key.frozen = frozen;
  });

/** A rotation read before a freeze must not thaw what was frozen meanwhile. */
const freezeDuringRotation = (at: number) =>
  onKey('freeze during a rotation', at, async (key, model, vault) => {
    const late = await rotation(model, key, vault, NEVER).asked;
    const { writes } = await vault.changes.freeze(deriveOwnerId(key), key.id);
    await vault.commit(writes);
    if (writes.length > 0) expect(await codeOf(vault.commit(late.writes))).toBe('conflict');
    key.frozen = true;
  });

const validate = (at: number, outcome: Validation['outcome']) =>
  onKey(`validated as ${outcome}`, at, async (key, model, vault) => {
    const row = (await vault.keys.list(deriveOwnerId(key))).find(({ kid }) => key.id.endsWith(kid));
    if (!row) throw new Error('The model has a key that is not stored.');
    const next = validated(row, validationAt(model.now, outcome));
    await vault.commit(next === row ? [] : [vault.keys.replace(next)]);
    if (outcome !== 'unreachable') {
      key.current.rejected = outcome === 'rejected';
      key.current.doubted = false;
    }
  });

/** As a call that met the provider's rejection does it, for the value it was made with: maybe no longer the current one. */
const invalidate = (at: number, mark: Mark, behind: number) =>
  onKey(`found ${mark}, ${behind} versions ago`, at, async (key, _model, vault) => {
    const row = (await vault.keys.list(deriveOwnerId(key))).find(({ kid }) => key.id.endsWith(kid));
    if (!row) throw new Error('The model has a key that is not stored.');
    await vault.invalidate({ ...row, version: row.version - behind }, mark);
    if (behind > 0 || key.frozen || key.current.rejected) return;
    key.current.rejected = mark === 'invalid';
    key.current.doubted = true;
  });

const label = (at: number, text: string | null) =>
  onKey('label', at, async (key, _model, vault) => {
    await vault.commit((await vault.changes.label(deriveOwnerId(key), key.id, text)).writes);
  });

const order = (owner: number, turn: number) =>
  step(`order of ${owner}`, async (model, vault) => {
    const own = model.keys.filter((key) => key.owner === owner).toSorted((a, b) => a.order - b.order);
    const cut = turn % Math.max(1, own.length);
    const wanted = [...own.slice(cut), ...own.slice(0, cut)];
    const ids = wanted.map(({ id }) => id);
    await vault.commit((await vault.changes.order(deriveOwnerId({ owner }), PROVIDER, ids)).writes);
    for (const [place, key] of wanted.entries()) key.order = place;
    const foreign = model.keys.find((key) => key.owner !== owner);
    if (!foreign) return;
    const asked = vault.changes.order(deriveOwnerId({ owner }), PROVIDER, [...ids.slice(1), foreign.id]);
    expect(await codeOf(asked)).toBe('conflict');
  });

const remove = (at: number) =>
  onKey('delete', at, async (key, model, vault) => {
    const row = (await vault.keys.list(deriveOwnerId(key))).find(({ kid }) => key.id.endsWith(kid));
    const late = await rotation(model, key, vault, NEVER).asked;
    await vault.commit(row ? [vault.keys.remove(row)] : []);
    expect(await codeOf(vault.commit(late.writes))).toBe('not_found'); // nothing brings a deleted key back
    model.keys.splice(model.keys.indexOf(key), 1);
  });

const meddle = (at: number) =>
  onKey('use by somebody else', at, async (key, _model, vault) => {
    const stranger = deriveOwnerId({ owner: 1 - key.owner });
    const { freeze: stop, unfreeze, rollBack: back, label: name } = vault.changes;
    for (const asked of [stop, unfreeze, back])
      expect(await codeOf(asked(stranger, key.id))).toBe('not_found');
    expect(await codeOf(name(stranger, key.id, 'mine'))).toBe('not_found');
  });

/** Copied to another owner's place in the table, a row opens for nobody. */
const transplant = (at: number) =>
  onKey('copy into another owner’s place', at, async (key, model, vault) => {
    if (!served(model, key)) return;
    const { rows, placeOf } = vault.memory;
    const [place, row] = [...rows].find(([name]) => key.id.endsWith(name.slice(-22))) ?? [];
    if (!place || !row) throw new Error('The model has a key that is not stored.');
    const stranger = deriveOwnerId({ owner: 1 - key.owner });
    const copy = placeOf({ ...row, ownerId: stranger });
    rows.set(copy, { ...row, ownerId: stranger });
    const offered = await vault.use.candidates(stranger, PROVIDER);
    const foreign = offered.find(({ kid }) => kid === row.kid);
    expect(await codeOf(foreign?.open() ?? Promise.resolve())).toBe('integrity_failed');
    if (foreign?.previous) expect(await codeOf(foreign.previous.open())).toBe('integrity_failed');
    rows.delete(copy);
  });

const wait = (minutes: number) =>
  step(`wait ${minutes} min`, async (model, vault) => {
    model.now += minutes * MINUTE;
    vault.clock.now = model.now;
  });

const at = fc.nat({ max: 5 });
const owner = fc.nat({ max: 1 });
const minutes = fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined });
const steps = [
  fc.tuple(owner, minutes).map((args) => deposit(...args)),
  fc.tuple(at, minutes).map((args) => rotate(...args)),
  at.map(rotateTwiceAtOnce),
  at.map(rollBack),
  fc.tuple(at, fc.boolean()).map((args) => freeze(...args)),
  at.map(freezeDuringRotation),
  fc.tuple(at, fc.constantFrom('valid', 'rejected', 'unreachable')).map((args) => validate(...args)),
  fc
    .tuple(at, fc.constantFrom<Mark>('invalid', 'doubtful'), fc.nat({ max: 1 }))
    .map((args) => invalidate(...args)),
  fc.tuple(at, fc.option(fc.string({ minLength: 1, maxLength: 8 }))).map((args) => label(...args)),
  fc.tuple(owner, at).map((args) => order(...args)),
  at.map(remove),
  at.map(meddle),
  at.map(transplant),
  fc.integer({ min: 1, max: 20 }).map(wait),
];

describe('a key’s life', () => {
  it('never reaches a state that serves a frozen, deleted, expired, rejected or foreign key', async () => {
    const lives = fc.asyncProperty(fc.commands(steps, { maxCommands: 30, size: 'max' }), async (commands) => {
      const vault = createVault();
      const model: Model = { keys: [], now: vault.clock.now, texts: 0 };
      await fc.asyncModelRun(() => ({ model, real: vault }), [deposit(0, undefined), ...commands]);
      vault.opened.clear();
      await compare(model, vault);
    });
    await expect(fc.assert(lives, { numRuns: 1000 })).resolves.toBeUndefined();
  });
});
