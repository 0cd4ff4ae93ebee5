import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { hashPersonalToken, newPersonalToken } from '#shared/auth/personal-token.ts';
import type { PersonalToken } from '#shared/auth/personal-tokens.ts';
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { createContainLeak, type LeakSource } from '#shared/services/exposure.ts';
import { createScanLogs } from '#shared/services/log-scan.ts';
import { unfrozen } from '#shared/vault/life.ts';
import { createMemoryKeys } from '#test/shared/vault/memory-keys.ts';
import { createMemoryAudit } from '#test/support/memory-audit.ts';
import { storedKey } from '#test/support/stored-keys.ts';

const [alice, bob] = ['a', 'b'].map((letter) => letter.repeat(27) as OwnerId) as [OwnerId, OwnerId];
const KEY = 'sk-proj-4fK9aQ2mZ7xT1bC8vN3pL6wR5yH0jD';
const tokenKey = Buffer.alloc(32, 7);
const mac = (text: string) => createHmac('sha256', 'mac').update(text).digest();

function setUp({ tokens = [] as PersonalToken[] } = {}) {
  const { keys, commit, rows, placeOf } = createMemoryKeys();
  const memory = createMemoryAudit(async (writes) => commit(writes.filter(({ item }) => item !== 'other')));
  const other = { item: 'other', rejected: () => new AppError('conflict') };
  const revoked: string[] = [];
  let fingerprints = 0;
  const stored: string[] = [];
  const interference: (() => void)[] = [];
  const contain = createContainLeak({
    fingerprint: async (secret) => {
      fingerprints += 1;
      return mac(secret.reveal());
    },
    index: {
      find: async (fp) =>
        [...rows.values()].filter((row) => stored.includes(placeOf(row)) || Buffer.compare(row.fp, fp) === 0),
    },
    keys,
    tokens: {
      find: async (_owner, id) => tokens.find((token) => token.id === id),
      revoke: (_owner, id) => {
        revoked.push(id);
        return [other];
      },
    },
    hashToken: async (text) => hashPersonalToken(tokenKey, text),
    notices: memory.notices,
    audit: {
      commit: async (draft, changes) => {
        interference.pop()?.();
        await memory.audit.commit(draft, changes);
      },
    },
    invalidateCache: () => other,
    now: () => 0,
  });
  const put = (owner: OwnerId, changes = {}) => {
    const key = storedKey(owner, 'openai', { fp: mac(KEY), ...changes });
    rows.set(placeOf(key), key);
    return key;
  };
  const leak = (text = KEY, source: LeakSource = 'log') => contain({ text, source, requestId: 'r' });
  return {
    ...memory,
    rows,
    put,
    leak,
    revoked,
    contain,
    fingerprints: () => fingerprints,
    stale: (place: string) => void stored.push(place),
    placeOf,
    interfere: (work: () => void) => void interference.push(work),
  };
}

describe('a leaked key', () => {
  it('is frozen for each owner that stored it, with one notice and one incident for each', async () => {
    const { put, leak, rows, drafts, raised } = setUp();
    put(alice);
    put(bob);
    expect(await leak()).toBe('contained');
    expect([...rows.values()].map(({ status }) => status)).toEqual(['frozen', 'frozen']);
    const exposed = drafts.filter(({ act }) => act === 'key.exposed');
    expect(exposed.map(({ ownerId }) => ownerId).toSorted()).toEqual([alice, bob]);
    expect(raised).toHaveLength(2);
    expect(JSON.stringify([drafts, raised])).not.toContain(KEY.slice(8));
  });

  it('that is frozen already is reported once for each place it was found in', async () => {
    const { put, leak, told } = setUp();
    put(alice, { status: 'frozen' });
    for (let n = 0; n < 3; n += 1) await leak();
    for (let n = 0; n < 3; n += 1) await leak(KEY, 'report');
    expect(told().filter((line) => line.startsWith('key.exposed'))).toHaveLength(2);
  });

  it('is frozen again after its owner unfroze it', async () => {
    const { put, leak, rows, placeOf } = setUp();
    const key = put(alice);
    await leak();
    const frozenRow = rows.get(placeOf(key));
    if (frozenRow) rows.set(placeOf(key), unfrozen(frozenRow));
    await leak();
    expect(rows.get(placeOf(key))?.status).toBe('frozen');
  });

  it('is frozen although its row changes between the read and the write', async () => {
    const { put, leak, rows, placeOf, interfere, told } = setUp();
    const key = put(alice);
    interfere(() => rows.set(placeOf(key), { ...key, label: 'new', revision: 2 }));
    expect(await leak()).toBe('contained');
    expect(rows.get(placeOf(key))).toMatchObject({ status: 'frozen', label: 'new', revision: 3 });
    expect(told().filter((line) => line.startsWith('key.exposed'))).toHaveLength(1);
  });

  it('that was rotated away from the leaked value stays active, also if the index is behind', async () => {
    const { put, leak, rows, stale, placeOf } = setUp();
    const key = put(alice, { fp: mac('another value') });
    stale(placeOf(key));
    expect(await leak()).toBe('unknown');
    expect(rows.get(placeOf(key))?.status).toBe('active');
  });

  it('without a stored key changes nothing', async () => {
    const { leak, drafts } = setUp();
    expect(await leak()).toBe('unknown');
    expect(drafts).toEqual([]);
  });
});

describe('a leaked personal access token', () => {
  const { id, text } = newPersonalToken(alice);
  const token = (more: Partial<PersonalToken> = {}): PersonalToken => ({
    id,
    name: 'ci',
    hash: hashPersonalToken(tokenKey, text),
    issuer: 'i',
    subject: 's',
    scopes: [],
    roles: ['user'],
    createdAt: 0,
    expiresAt: 1,
    issuedAt: 0,
    signedInAt: 0,
    ...more,
  });

  it('is revoked once, without a call of KMS', async () => {
    const { leak, revoked, told, fingerprints } = setUp({ tokens: [token()] });
    expect([await leak(text), await leak(text)]).toEqual(['contained', 'contained']);
    expect(revoked[0]).toBe(id);
    expect(told().filter((line) => line.startsWith('token.exposed'))).toHaveLength(1);
    expect(fingerprints()).toBe(0);
  });

  it('is not revoked by a text that only names it', async () => {
    const { leak, revoked } = setUp({ tokens: [token({ hash: hashPersonalToken(tokenKey, 'another') })] });
    for (const forged of [text, text.slice(0, -1), `${text}x`, 'ptn_short']) await leak(forged);
    expect(revoked).toEqual([]);
  });
});

const batch = (...messages: string[]) => ({
  logGroup: '/portunus/dev/api',
  logStream: 's',
  logEvents: messages.map((message, n) => ({ id: `${n}`, timestamp: 1000 + n, message })),
});

function scanner(readUnmasked: () => Promise<string[]> = async () => []) {
  const ranges: unknown[] = [];
  const clock = { ms: 0 };
  const stack = setUp();
  const scan = createScanLogs({
    contain: stack.contain,
    readUnmasked: async (_stream, range) => {
      ranges.push(range);
      return readUnmasked();
    },
    now: () => clock.ms,
  });
  return { ...stack, scan: (...lines: string[]) => scan(batch(...lines), 'r'), ranges, clock };
}

describe('the scan of a batch of log lines', () => {
  it('reads masked lines without masking, in their range of time alone', async () => {
    const { scan, put, rows, ranges } = scanner(async () => [`key ${KEY}`]);
    put(alice);
    const result = await scan('a', `key ${'*'.repeat(KEY.length)}`, 'b');
    expect(ranges).toEqual([{ from: 1001, to: 1002 }]);
    expect(result).toMatchObject({ hits: 1, dropped: 0 });
    expect([...rows.values()][0]?.status).toBe('frozen');
  });

  it('reads nothing without masking where nothing is masked', async () => {
    const { scan, ranges } = scanner();
    await scan('nothing', 'of interest ***');
    expect(ranges).toEqual([]);
  });

  it('fails if masked lines cannot be read, so that the batch is delivered again', async () => {
    const { scan } = scanner(async () => Promise.reject(new Error('throttled')));
    await expect(scan('*'.repeat(40))).rejects.toThrow('throttled');
  });

  it('compares at most 200 texts, those with a known prefix first, and counts the others', async () => {
    const { scan, put, fingerprints } = scanner();
    put(alice);
    const noise = Array.from({ length: 400 }, (_, n) => `x${n}AbCdEfGhIjKlMnOp${n}`);
    const { candidates, dropped, hits } = await scan(...noise, `the last line has ${KEY}`);
    expect([candidates, hits, fingerprints()]).toEqual([200, 1, 200]);
    expect(dropped).toBeGreaterThanOrEqual(200);
  });

  it('compares a text again after a minute, because a key may have been stored since', async () => {
    const { scan, put, clock, fingerprints } = scanner();
    await scan(KEY);
    const first = fingerprints();
    put(alice);
    clock.ms = 30_000;
    expect((await scan(KEY)).hits).toBe(0);
    expect(fingerprints()).toBe(first);
    clock.ms = 61_000;
    expect((await scan(KEY)).hits).toBe(1);
  });
});
