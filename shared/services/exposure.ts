// Containment of a leaked secret: the stored key with this value is frozen, or the personal access token revoked, its owner and the
// operators are notified, and the incident is recorded, in one transaction.
import type { Audit } from '#shared/audit/audit.ts';
import { parsePersonalToken, isPersonalToken } from '#shared/auth/personal-token.ts';
import type { PersonalTokenStore } from '#shared/auth/personal-tokens.ts';
import type { Invalidate } from '#shared/cache/store.ts';
import { AppError } from '#shared/core/errors.ts';
import { keyIdOf, type OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import type { Notices } from '#shared/notices/notice.ts';
import { factsOf, keyUrlOf } from '#shared/providers/catalog.ts';
import { createFindLeakedKeys, type LeakedKey, type LeakIndex } from '#shared/vault/leaked-key.ts';
import type { Fingerprint } from '#shared/vault/new-value.ts';
import type { KeyStore, StoredKey } from '#shared/vault/stored-key.ts';

import { unlessConflict } from './unless-conflict.ts';

/** Place of the leak: a log of this service, or a public place that a reporter names. */
export type LeakSource = 'log' | 'report';

export type Leak = {
  readonly text: string;
  readonly source: LeakSource;
  /** Host of the public place. */
  readonly host?: string | undefined;
  readonly requestId: string;
};

/** `unknown`: neither a stored key nor a personal access token. */
export type Contained = 'unknown' | 'contained';
export type ContainLeak = (leak: Leak) => Promise<Contained>;

type Ports = {
  readonly fingerprint: Fingerprint;
  readonly index: LeakIndex;
  readonly keys: Pick<KeyStore, 'list' | 'replace'>;
  readonly tokens: Pick<PersonalTokenStore, 'find' | 'revoke'>;
  /** Checks the text of a personal access token against its stored hash. */
  readonly hashToken: (text: string) => Promise<string>;
  readonly notices: Pick<Notices, 'raiseOnce'>;
  readonly audit: Pick<Audit, 'commit'>;
  readonly invalidateCache: Invalidate;
  readonly now: () => number;
};

/** Changes of a key between its read and its freeze. */
const ATTEMPTS = 4;

const placeOf = ({ source, host }: Leak): string =>
  source === 'log' ? 'in a log of this service' : `in public${host === undefined ? '' : `, at ${host}`}`;

function keyNotice(
  { ownerId, provider, kid, last4, version, revision }: StoredKey,
  leak: Leak,
  isFrozen: boolean,
) {
  const facts = factsOf(provider);
  const keyId = keyIdOf(provider, kid);
  return {
    ownerId,
    kind: 'incident',
    severity: 'critical',
    subject: keyId,
    // A key that its owner unfroze is frozen again by the next leak; a leak of a frozen one is reported once for each place.
    dedupeKey: isFrozen ? `leak-${version}-${leak.source}` : `leak-${version}-${revision}`,
    text: `Your ${facts.title} key …${last4} was found ${placeOf(leak)}. It is frozen: every use is rejected.`,
    next_step: `Revoke it at ${facts.keyPage || 'its issuer'}, then rotate with POST /api-keys/${keyId}/rotate and unfreeze it.`,
    ...keyUrlOf(facts),
  } as const;
}

const tokenNotice = (ownerId: OwnerId, id: string, leak: Leak) =>
  ({
    ownerId,
    kind: 'incident',
    severity: 'critical',
    subject: id,
    dedupeKey: 'leak',
    text: `One of your personal access tokens was found ${placeOf(leak)}. It is revoked.`,
    next_step: 'Create another with POST /tokens, and read GET /audit/logs for calls that were not yours.',
  }) as const;

const recordOf = (leak: Leak) =>
  ({
    category: 'system',
    result: 'succeeded',
    requestId: leak.requestId,
    meta: { reason: leak.source, severity: 'critical' },
  }) as const;

function createFreezeLeaked({ notices, audit, invalidateCache, ...ports }: Ports) {
  const findLeaked = createFindLeakedKeys(ports);

  async function freeze({ key, writes }: LeakedKey, leak: Leak): Promise<boolean> {
    const { ownerId, provider, kid, version } = key;
    const isFrozen = writes.length === 0;
    const record = recordOf(leak);
    const meta = { ...record.meta, provider, version, outcome: isFrozen ? 'frozen_before' : 'frozen' };
    const changes = [
      ...writes,
      ...(isFrozen ? [] : [invalidateCache(ownerId, ['keys'])]),
      ...notices.raiseOnce(keyNotice(key, leak, isFrozen), leak.requestId),
    ];
    const draft = { ...record, ownerId, act: 'key.exposed', target: keyIdOf(provider, kid), meta } as const;
    return (await unlessConflict(audit.commit(draft, changes))) || isFrozen;
  }

  return async (leak: Leak): Promise<Contained> => {
    const fp = await ports.fingerprint(new Secret(leak.text));
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const leaked = await findLeaked(fp);
      if (leaked.length === 0) return 'unknown';
      const done = await Promise.all(leaked.map((one) => freeze(one, leak)));
      if (!done.includes(false)) return 'contained';
    }
    throw new AppError('conflict'); // delivered again
  };
}

function createRevokeLeaked({ tokens, hashToken, notices, audit, now }: Ports) {
  return async (leak: Leak): Promise<Contained> => {
    const named = namedToken(leak.text);
    if (!named) return 'unknown';
    const { ownerId, id } = named;
    const token = await tokens.find(ownerId, id);
    if (token?.hash !== (await hashToken(leak.text))) return 'unknown';
    if (token.revokedAt !== undefined) return 'contained';
    const draft = { ...recordOf(leak), ownerId, act: 'token.exposed', target: id } as const;
    const changes = [
      ...tokens.revoke(ownerId, id, Math.floor(now() / 1000)),
      ...notices.raiseOnce(tokenNotice(ownerId, id, leak), leak.requestId),
    ];
    try {
      await unlessConflict(audit.commit(draft, changes));
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'not_found')) throw error; // revoked meanwhile
    }
    return 'contained';
  };
}

/** Undefined for a text that only begins like a personal access token. */
function namedToken(text: string): ReturnType<typeof parsePersonalToken> | undefined {
  try {
    return parsePersonalToken(text);
  } catch {
    return undefined;
  }
}

/** A repeated leak, or a repeated delivery of one, changes nothing further. */
export function createContainLeak(ports: Ports): ContainLeak {
  const [freezeKey, revokeToken] = [createFreezeLeaked(ports), createRevokeLeaked(ports)];
  return (leak) => (isPersonalToken(leak.text) ? revokeToken(leak) : freezeKey(leak));
}
