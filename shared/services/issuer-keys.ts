// The last good signing keys of each issuer, for starts while the issuer is down.
import { ANONYMOUS } from '#shared/audit/audit.ts';
import type { RecordRejection } from '#shared/audit/rejections.ts';
import { type FetchJwks, hasSoundKeys, LAST_GOOD_MS, type SavedJwks } from '#shared/auth/token-keys.ts';
import { AppError } from '#shared/core/errors.ts';
import type { SealedRows } from '#shared/crypto/sealed-row.ts';

type Row = { readonly at: number; readonly sealed: Uint8Array };

type Ports = {
  readonly store: {
    readonly find: (uri: string) => Promise<Row | undefined>;
    readonly save: (uri: string, row: Row & { readonly until: number }) => Promise<void>;
  };
  readonly rows: () => Promise<SealedRows>;
  readonly now: () => number;
};

/** Location and age of a row, bound to its seal: a row that was moved, or given another age, cannot be opened. */
const boundTo = (uri: string, at: number) => ['JWKS', uri, String(at)];

/** @throws {AppError} `integrity_failed` for a row that this service did not write, which is recorded */
export function createFindSavedKeys(
  ports: Ports & { recordRejection: RecordRejection; newRequestId: () => string },
) {
  const { store, rows, recordRejection, newRequestId } = ports;

  /** Records a forged row: an attempt to have forged tokens accepted by writing to the table. */
  const recordForged = (uri: string, { code }: AppError): Promise<void> =>
    recordRejection({
      ownerId: ANONYMOUS,
      category: 'system',
      act: 'issuer_keys.refused',
      target: new URL(uri).host,
      result: 'refused',
      code,
      requestId: newRequestId(),
    });

  return async (uri: string): Promise<SavedJwks | undefined> => {
    const row = await store.find(uri);
    if (!row) return undefined;
    const key = await rows();
    try {
      const text = key.open(row.sealed, boundTo(uri, row.at));
      return { jwks: JSON.parse(new TextDecoder().decode(text)), at: row.at };
    } catch (error) {
      if (error instanceof AppError) await recordForged(uri, error);
      throw error;
    }
  };
}

/** Keeps what was saved for an issuer that is down. */
export function createSaveIssuerKeys(ports: Ports & { uris: readonly string[]; fetchJwks: FetchJwks }) {
  const { store, rows, uris, fetchJwks, now } = ports;

  async function save(uri: string, at: number): Promise<void> {
    const jwks = await fetchJwks(uri);
    if (!hasSoundKeys(jwks)) throw new AppError('unavailable', 'The issuer serves no usable signing keys.');
    const text = new TextEncoder().encode(JSON.stringify(jwks));
    const sealed = (await rows()).seal(text, boundTo(uri, at));
    await store.save(uri, { at, sealed, until: at + LAST_GOOD_MS });
  }

  return async (onFailure: (error: unknown) => void) => {
    const outcomes = await Promise.allSettled(uris.map((uri) => save(uri, now())));
    for (const outcome of outcomes) if (outcome.status === 'rejected') onFailure(outcome.reason);
    const saved = outcomes.filter(({ status }) => status === 'fulfilled').length;
    return { saved, kept: outcomes.length - saved };
  };
}
