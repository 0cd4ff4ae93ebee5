import { describe, expect, it } from 'vitest';

import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import type { KeyHealth, KeyName, Renewed } from '#shared/providers/failover.ts';
import { createFailover } from '#shared/providers/failover.ts';
import type { Rejection, Verdict } from '#shared/providers/provider-error.ts';
import type { Candidate } from '#shared/vault/usable-keys.ts';

const owner = 'u'.repeat(27) as OwnerId;
const NOW = 1_000_000;

type Value = { version: number; answers?: Rejection | 'answered' };
type Key = { name: string; prev?: Value; renewBy?: number; usable?: boolean } & Value;

const openable = (name: string, version: number) => ({
  version,
  open: async () => ({ secret: new Secret(`${name}${version}`), origin: '' }),
});

/** An owner's keys, and a provider that takes or rejects each value as configured. */
function world(keys: Key[]) {
  const asked: string[] = [];
  const cared: string[] = [];
  let renews: (() => Renewed) | undefined;
  const verdicts = new Map<string, Rejection | 'answered'>();
  const told = (text: string) => async (key: KeyName) => void cared.push(`${text} ${key.kid}${key.version}`);

  const vault = {
    whyNone: async () => undefined,
    candidates: async (): Promise<Candidate[]> =>
      keys
        .filter(({ usable = true }) => usable)
        .map(({ name, version, prev, renewBy }) => ({
          provider: 'openai' as ProviderId,
          kid: name as Kid,
          ...openable(name, version),
          ...(prev && { previous: openable(name, prev.version) }),
          ...(renewBy !== undefined && { renewBy }),
        })),
  };
  const health: KeyHealth = {
    markInvalid: told('invalid'),
    markSuspect: told('doubtful'),
    async renew(key, { wait }) {
      cared.push(`renew ${key.kid}${key.version}${wait ? ' for certain' : ''}`);
      return renews?.() ?? 'failed';
    },
  };
  const chain = createFailover({ vault, health, now: () => NOW });
  const verdictOf = (name: string, version: number): Rejection | 'answered' => {
    const key = keys.find((other) => other.name === name);
    const value = [key, key?.prev].find((other) => other?.version === version);
    return verdicts.get(`${name}${version}`) ?? value?.answers ?? 'answered';
  };

  return {
    asked,
    cared,
    keys,
    reject: (value: string, as: Rejection = 'key_rejected') => void verdicts.set(value, as),
    onRenew: (renew: () => Renewed) => void (renews = renew),
    /** @param meanwhile happens while the provider considers its first answer */
    serve: async (meanwhile: () => void = () => {}) => {
      const candidates = await vault.candidates();
      const ask = async ({ kid, version, open }: Candidate): Promise<Verdict<string>> => {
        const value = (await open()).secret.reveal();
        const kind = verdictOf(kid, version);
        if (asked.push(value) === 1) meanwhile();
        return kind === 'answered'
          ? { kind, value }
          : { kind, error: new AppError('key_rejected', `${value} ${kind}`) };
      };
      return chain(candidates as [Candidate, ...Candidate[]], ask, {
        owner,
        requestId: 'r',
        deadline: deadlineIn(1000),
      });
    },
  };
}

describe('a call whose key is taken', () => {
  it('asks once and reads nothing again', async () => {
    const { serve, asked, cared } = world([
      { name: 'a', version: 1 },
      { name: 'b', version: 1 },
    ]);
    expect(await serve()).toEqual({ value: 'a1', mode: 'live' });
    expect(asked).toEqual(['a1']);
    expect(cared).toEqual([]);
  });
});

describe('a call whose key is rejected', () => {
  it('is tried again once with the value that was put in place meanwhile', async () => {
    const { serve, asked, cared, keys, reject } = world([{ name: 'a', version: 1 }]);
    reject('a1');
    const served = await serve(() => void (keys[0] = { name: 'a', version: 2, prev: { version: 1 } }));
    expect(served).toEqual({ value: 'a2', mode: 'live' });
    expect(asked).toEqual(['a1', 'a2']);
    expect(cared).toEqual([]);
  });

  it('falls back to the value before the rotation, without giving the key up', async () => {
    const { serve, asked, cared, reject } = world([{ name: 'a', version: 2, prev: { version: 1 } }]);
    reject('a2');
    expect(await serve()).toEqual({ value: 'a1', mode: 'backup_key', reason: 'rotated_key_rejected' });
    expect(asked).toEqual(['a2', 'a1']);
    expect(cared).toEqual(['doubtful a2']);
  });

  it('goes through all steps in order: previous value, backup key; the key is marked before the backup is asked', async () => {
    const { serve, asked, cared, reject } = world([
      { name: 'a', version: 2, prev: { version: 1 } },
      { name: 'b', version: 1 },
    ]);
    reject('a2');
    reject('a1');
    expect(await serve()).toEqual({ value: 'b1', mode: 'backup_key', reason: 'key_rejected' });
    expect(asked).toEqual(['a2', 'a1', 'b1']);
    expect(cared).toEqual(['invalid a2']);
  });

  it('does not try a value that it has tried', async () => {
    const { serve, asked, keys, reject } = world([{ name: 'a', version: 1 }]);
    reject('a1');
    reject('a2');
    const refusal = serve(() => void (keys[0] = { name: 'a', version: 2, prev: { version: 1 } }));
    await expect(refusal).rejects.toMatchObject({ message: 'a2 key_rejected' });
    expect(asked).toEqual(['a1', 'a2']);
  });

  it.each(['deleted or frozen', 'marked by another call'])(
    'goes on where the key was %s meanwhile',
    async () => {
      const { serve, cared, keys, reject } = world([
        { name: 'a', version: 1 },
        { name: 'b', version: 1 },
      ]);
      reject('a1');
      const served = await serve(() => void (keys[0] = { name: 'a', version: 1, usable: false }));
      expect(served).toMatchObject({ value: 'b1', reason: 'key_rejected' });
      expect(cared).toEqual([]);
    },
  );

  it('does not use a backup that was deleted meanwhile', async () => {
    const { serve, asked, keys, reject } = world([
      { name: 'a', version: 1 },
      { name: 'b', version: 1 },
    ]);
    reject('a1');
    const refusal = serve(() => void (keys[1] = { name: 'b', version: 1, usable: false }));
    await expect(refusal).rejects.toMatchObject({ code: 'key_rejected' });
    expect(asked).toEqual(['a1']);
  });

  it('tells of the first refusal when no key is taken, and asks each key once', async () => {
    const { serve, asked, cared, reject } = world([
      { name: 'a', version: 1 },
      { name: 'b', version: 1 },
    ]);
    reject('a1');
    reject('b1', 'out_of_quota');
    await expect(serve()).rejects.toMatchObject({ message: 'a1 key_rejected' });
    expect(asked).toEqual(['a1', 'b1']);
    expect(cared).toEqual(['invalid a1']);
  });

  it('uses no more values than its record can name', async () => {
    const names = 'a b c d e f g h i j'.split(' ');
    const { serve, asked, reject } = world(names.map((name) => ({ name, version: 2, prev: { version: 1 } })));
    for (const name of names) for (const version of [1, 2]) reject(`${name}${version}`);
    await expect(serve()).rejects.toMatchObject({ message: 'a2 key_rejected' });
    expect(asked).toHaveLength(12);
  });
});

describe('a call that is rejected for other reasons than an unknown key', () => {
  it.each([['key_forbidden'], ['out_of_quota']] as const)(
    'for %s uses the backup and marks nothing',
    async (kind) => {
      const { serve, cared, reject } = world([
        { name: 'a', version: 1 },
        { name: 'b', version: 1 },
      ]);
      reject('a1', kind);
      expect(await serve()).toEqual({ value: 'b1', mode: 'backup_key', reason: kind });
      expect(cared).toEqual([]);
    },
  );
});

describe('a credential that can be renewed', () => {
  const later = NOW + 3_600_000;

  it('is renewed once when it is rejected, and tried once more', async () => {
    const { serve, asked, cared, keys, reject, onRenew } = world([{ name: 'a', version: 1, renewBy: later }]);
    reject('a1');
    onRenew(() => {
      keys[0] = { name: 'a', version: 2, renewBy: later };
      return 'renewed';
    });
    expect(await serve()).toEqual({ value: 'a2', mode: 'live' });
    expect(asked).toEqual(['a1', 'a2']);
    expect(cared).toEqual(['renew a1 for certain']);
  });

  it('is given up when it is rejected even after renewal', async () => {
    const { serve, asked, cared, keys, reject, onRenew } = world([{ name: 'a', version: 1, renewBy: later }]);
    reject('a1');
    reject('a2');
    onRenew(() => {
      keys[0] = { name: 'a', version: 2, renewBy: later };
      return 'renewed';
    });
    await expect(serve()).rejects.toMatchObject({ code: 'key_rejected' });
    expect(asked).toEqual(['a1', 'a2']);
    expect(cared).toEqual(['renew a1 for certain', 'invalid a2']);
  });

  it('is renewed before it lapses, and the old one is not used again', async () => {
    const { serve, asked, keys, onRenew } = world([{ name: 'a', version: 1, renewBy: NOW + 60_000 }]);
    onRenew(() => {
      keys[0] = { name: 'a', version: 2, renewBy: later };
      return 'renewed';
    });
    expect(await serve()).toEqual({ value: 'a2', mode: 'live' });
    expect(asked).toEqual(['a2']);
  });

  it('works on while it lives although its renewal failed', async () => {
    const { serve, asked, cared } = world([{ name: 'a', version: 1, renewBy: NOW + 30_000 }]);
    expect(await serve()).toEqual({ value: 'a1', mode: 'live' });
    expect(asked).toEqual(['a1']);
    expect(cared).toEqual(['renew a1']);
  });

  it('is waited for where it has lapsed already', async () => {
    const { serve, cared } = world([{ name: 'a', version: 1, renewBy: NOW }]);
    await serve();
    expect(cared).toEqual(['renew a1 for certain']);
  });

  it('about to lapse while another call renews it: used as it is, and renewed for certain if that was too late', async () => {
    const { serve, asked, cared, keys, reject, onRenew } = world([
      { name: 'a', version: 1, renewBy: NOW + 30_000 },
    ]);
    reject('a1');
    const answers: (() => Renewed)[] = [
      () => 'busy',
      () => {
        keys[0] = { name: 'a', version: 2, renewBy: later };
        return 'renewed';
      },
    ];
    onRenew(() => answers.shift()?.() ?? 'failed');
    expect(await serve()).toEqual({ value: 'a2', mode: 'live' });
    expect(asked).toEqual(['a1', 'a2']);
    expect(cared).toEqual(['renew a1', 'renew a1 for certain']);
  });

  it.each([
    ['failed', ['renew a1 for certain']],
    ['busy', ['renew a1 for certain']],
    ['refused', ['renew a1 for certain', 'invalid a1']],
  ] as const)('rejected, and its renewal %s: the backup serves', async (outcome, expected) => {
    const { serve, cared, reject, onRenew } = world([
      { name: 'a', version: 1, renewBy: later },
      { name: 'b', version: 1 },
    ]);
    reject('a1');
    onRenew(() => outcome);
    expect(await serve()).toEqual({ value: 'b1', mode: 'backup_key', reason: 'key_rejected' });
    expect(cared).toEqual(expected);
  });
});
