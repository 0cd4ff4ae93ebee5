import type { Audit } from '#shared/audit/audit.ts';
import type { Principal } from '#shared/auth/principal.ts';
import { deriveOwnerId } from '#shared/auth/owner-id.ts';
import { AppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import { Secret } from '#shared/core/secret.ts';
import type { Write } from '#shared/core/write.ts';
import type { Notices } from '#shared/notices/notice.ts';
import { checkKeyFormat, factsOf, isUpstreamProvider, keyOriginOf } from '#shared/providers/catalog.ts';
import type { ProviderOrigins } from '#shared/providers/origins.ts';
import type { StoreKeyBody } from '#shared/vault/api.ts';
import type { KeyDeposit } from '#shared/vault/deposit.ts';

import { type CallFacts, type KeyValidation, validationText } from './key-validation.ts';

type Ports = {
  readonly deposit: KeyDeposit['deposit'];
  readonly validation: Pick<KeyValidation, 'validateNew'>;
  readonly audit: Pick<Audit, 'record'>;
  readonly notices: Pick<Notices, 'raise'>;
  readonly origins: ProviderOrigins;
};

/** Owner of the new key: the caller, unless an admin names another user of the same issuer. */
function depositOwner(caller: Principal, userId: string | undefined): OwnerId {
  if (userId === undefined || userId === caller.subject) return caller.ownerId;
  if (!caller.roles.includes('admin') || !caller.scopes.includes('admin:write')) {
    throw new AppError('forbidden', 'Only an admin can store keys for another user.', {
      next_step: 'Omit user_id, or sign in as an admin.',
    });
  }
  return deriveOwnerId(caller.issuer, userId);
}

/** A key for registered tools is sent only to the origin set when it is stored; other keys are sent to their provider. */
function checkOrigin({ provider, origin }: StoreKeyBody): void {
  const wanted = isUpstreamProvider(provider);
  if (wanted === (origin !== undefined)) return;
  throw new AppError('invalid_input', undefined, {
    issues: [
      {
        path: 'body.origin',
        message: wanted ? 'must be the origin to which this key may be sent' : 'is only allowed for x-… keys',
      },
    ],
  });
}

/**
 * Rejects a destination for a key that is stored for another user: only its owner can set it, because an address of the
 * admin's choice would receive the owner's prompts.
 */
function checkOnBehalf({ provider, base_url, region, origin }: StoreKeyBody): void {
  const named = Object.entries({ base_url, region, origin }).filter(([, value]) => value !== undefined);
  const wantsAddress = factsOf(provider).address !== undefined || isUpstreamProvider(provider);
  const wrong = named.length > 0 ? named.map(([name]) => name) : wantsAddress ? ['provider'] : [];
  if (wrong.length === 0) return;
  throw new AppError('invalid_input', 'Only its owner can set the destination of a key.', {
    issues: wrong.map((name) => ({
      path: `body.${name}`,
      message:
        name === 'provider'
          ? 'requires an address, which cannot be set for another user'
          : 'cannot be set for another user',
    })),
    next_step: 'Omit the address, or let the owner store this key with POST /api-keys.',
  });
}

type StoredFor = {
  readonly ownerId: OwnerId;
  readonly by: OwnerId;
  readonly keyId: string;
  readonly provider: string;
  readonly last4: string;
  readonly requestId: string;
};

/** Stores a key of a known format that its provider accepts; nothing is stored until the writes are committed. */
export function createDepositKey({ deposit, validation, audit, notices, origins }: Ports) {
  /** Record in the owner's own trail, and notice to the owner, about a key that another user stored for them. */
  function notifyOwner({ ownerId, by, keyId, provider, last4, requestId }: StoredFor): readonly Write[] {
    const record = audit.record({
      ownerId,
      category: 'user_action',
      act: 'key.stored',
      result: 'succeeded',
      requestId,
      target: keyId,
      meta: { provider, by },
    });
    const notice = notices.raise(
      {
        ownerId,
        kind: 'key_stored_by_admin',
        severity: 'warning',
        subject: keyId,
        dedupeKey: 'stored',
        text: `An admin stored a ${factsOf(provider).title} key …${last4} for you. Your calls may use it.`,
        next_step: `If this was not requested, freeze it with POST /api-keys/${keyId}/freeze or delete it with DELETE /api-keys/${keyId}.`,
      },
      requestId,
    );
    return [record, ...notice];
  }

  return async (caller: Principal, request: StoreKeyBody, call: CallFacts) => {
    const ownerId = depositOwner(caller, request.user_id);
    const facts = factsOf(request.provider);
    const isOnBehalf = ownerId !== caller.ownerId;
    if (isOnBehalf) checkOnBehalf(request);
    checkOrigin(request);
    const format = checkKeyFormat(facts, request.api_key);
    const origin = request.origin ?? keyOriginOf(facts, request, origins);
    const secret = new Secret(request.api_key);
    const { summary, write } = await deposit({
      ownerId,
      provider: facts.id,
      secret,
      origin,
      label: request.label,
      expiresAt: request.expires_at,
      validate: async () =>
        request.origin === undefined
          ? validation.validateNew(caller.ownerId, call, { facts, secret, origin, format })
          : undefined,
    });
    const { key_id: keyId } = summary;
    const last4 = request.api_key.slice(-4);
    const { requestId } = call;
    const ownerNotices = isOnBehalf
      ? notifyOwner({ ownerId, by: caller.ownerId, keyId, provider: facts.id, last4, requestId })
      : [];
    return {
      summary,
      writes: [write, ...ownerNotices],
      message: `${isOnBehalf ? 'The' : 'Your'} ${facts.title} key is stored. ${validationText(facts, summary.validation?.outcome)}`,
      onBehalf: isOnBehalf ? ownerId : undefined,
    };
  };
}
