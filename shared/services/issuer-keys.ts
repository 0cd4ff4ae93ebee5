// The last good signing keys of each issuer, for starts while the issuer is down.
import { ANONYMOUS } from '#shared/audit/audit.ts';
import { hasSoundKeys, LAST_GOOD_MS, type SavedJwks } from '#shared/auth/token-keys.ts';
import { dynamo } from '#shared/aws/dynamo.ts';
import { issuerKeyTable } from '#shared/aws/issuer-key-table.ts';
import { AppError } from '#shared/core/errors.ts';
import { env } from '#shared/core/env.ts';
import { lazy } from '#shared/core/lazy.ts';
import { newUlid } from '#shared/core/ulid.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';

import { fetchJwks } from './issuer-documents.ts';
import { issuers } from './issuers.ts';
import { refuse } from './refuse.ts';
import { issuerKeySealingKey } from './stage-secret.ts';

const table = lazy(() => issuerKeyTable(dynamo(), env('CONTROL_TABLE')));
const rows = async () => sealedRows(await issuerKeySealingKey('issuer-keys'));

/** Location and age of a row, bound to its seal: a row that was moved, or given another age, cannot be opened. */
const bound = (uri: string, at: number) => ['JWKS', uri, String(at)];

/** Records a forged row: an attempt to have forged tokens accepted by writing to the table. */
const recordForged = (uri: string, { code }: AppError): Promise<void> =>
  refuse()({
    uid: ANONYMOUS,
    category: 'system',
    act: 'issuer_keys.refused',
    target: new URL(uri).host,
    result: 'refused',
    code,
    reqId: newUlid(Date.now()),
  });

/**
 * Needs `issuer-keys:read`, `audit:write`.
 * @throws {AppError} `integrity_failed` for a row that we did not write, which is recorded
 */
export async function savedKeys(uri: string): Promise<SavedJwks | undefined> {
  const row = await table().find(uri);
  if (!row) return undefined;
  const key = await rows();
  try {
    const text = key.open(row.sealed, bound(uri, row.at));
    return { jwks: JSON.parse(new TextDecoder().decode(text)), at: row.at };
  } catch (error) {
    if (error instanceof AppError) await recordForged(uri, error);
    throw error;
  }
}

async function save(uri: string, at: number): Promise<void> {
  const jwks = await fetchJwks(uri);
  if (!hasSoundKeys(jwks)) throw new AppError('unavailable', 'The issuer serves no usable signing keys.');
  const text = new TextEncoder().encode(JSON.stringify(jwks));
  const sealed = (await rows()).seal(text, bound(uri, at));
  await table().save(uri, { at, sealed, until: at + LAST_GOOD_MS });
}

/** Needs `issuers:read`, `issuer-keys:save`. An issuer that is down keeps what was saved. */
export async function saveIssuerKeys(onFailure: (error: unknown) => void) {
  const outcomes = await Promise.allSettled(issuers().map(({ jwksUri }) => save(jwksUri, Date.now())));
  for (const outcome of outcomes) if (outcome.status === 'rejected') onFailure(outcome.reason);
  const saved = outcomes.filter(({ status }) => status === 'fulfilled').length;
  return { saved, kept: outcomes.length - saved };
}
