// A request with an idempotency key: executed once, however often it is sent. Where nothing outside is called, the response is
// stored in the transaction of the change itself; a call to the outside first claims the key, with the record of the attempt.
import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';

import { canonicalJson } from '#shared/core/canonical-json.ts';
import { AppError, asAppError } from '#shared/core/errors.ts';
import type { OwnerId } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import type { SealedRows } from '#shared/crypto/sealed-row.ts';

/** Printable ASCII. */
export const IdempotencyKey = z.string().check(z.regex(/^[\x20-\x7e]{1,255}$/));

/** Lifetime of a stored response. */
const STORED_MS = 24 * 3600_000;
/** A claim expires after its holder's remaining time plus this margin: 3 s to write its outcome, 5 s of tolerance. */
const LEASE_MARGIN_MS = 8000;
/** A response is one attribute of a row, and a row holds 400 KB. */
const MAX_RESPONSE_BYTES = 256 * 1024;
const MAX_RETRY_AFTER_SECONDS = 5;

/** Key of a record. The name is a keyed hash, so that the table reveals neither operations nor idempotency keys. */
export type RecordKey = { readonly ownerId: OwnerId; readonly name: string };

export type IdempotencyRecord = {
  /** Keyed hash of the request's body. */
  readonly body: string;
  readonly state: 'claimed' | 'done';
  /** The request that wrote it. */
  readonly holder: string;
  /** Claimed: end of the claim, in milliseconds of the store's clock. */
  readonly until: number;
  /** From then on the record counts as absent, whether TTL has deleted it or not. */
  readonly expires: number;
  /** Done: the sealed response, unless it was too large. */
  readonly reply?: Uint8Array | undefined;
};

/** Port. */
export type IdempotencyStore = {
  readonly find: (recordKey: RecordKey) => Promise<IdempotencyRecord | undefined>;
  /** Rejected with `idempotency_in_flight` unless there is no record, an expired one, or a lapsed claim of this body. */
  readonly putIfFree: (recordKey: RecordKey, row: IdempotencyRecord, now: number) => Write;
  /** Rejected with `idempotency_in_flight` unless the record is a claim of this holder. */
  readonly completeClaim: (recordKey: RecordKey, row: IdempotencyRecord) => Write;
};

/** JSON that its writer alone interprets. */
export type StoredResponse = Readonly<Record<string, unknown>>;

export type IdempotentRequest = {
  /** The response to an earlier request with this key. */
  readonly earlier: StoredResponse | undefined;
  /** The first writes of the transaction that admits a call to the outside. */
  readonly claim: () => readonly Write[];
  /** The first writes of the outcome's transaction: a rejection means that another request was faster. */
  readonly store: (reply: StoredResponse) => readonly Write[];
  /**
   * After a failure: the response of another request with this key that has completed meanwhile.
   * @throws {AppError} `idempotency_in_flight`, `idempotency_mismatch`
   */
  readonly supersededBy: (failure: unknown) => Promise<StoredResponse | undefined>;
  /** After a failure: frees the key. @param response of a failure with an unknown effect: stored instead */
  readonly release: (response?: StoredResponse) => readonly Write[];
};

/** A request without a key. */
export const NOT_IDEMPOTENT: IdempotentRequest = {
  earlier: undefined,
  claim: () => [],
  store: () => [],
  supersededBy: async () => undefined,
  release: () => [],
};

/** Outcome of a failed request: the response of a request with the same key that was faster, else the error. */
export async function failedOrSuperseded(
  request: IdempotentRequest,
  failure: unknown,
): Promise<{ error: AppError; earlier?: StoredResponse | undefined }> {
  try {
    return { error: asAppError(failure), earlier: await request.supersededBy(failure) };
  } catch (rejection) {
    return { error: asAppError(rejection) };
  }
}

/** Records a failure and frees the key; only records it if another request holds the key by now. */
export async function recordAndRelease(
  request: IdempotentRequest,
  record: (writes: readonly Write[]) => Promise<void>,
  reply?: StoredResponse,
): Promise<void> {
  const writes = request.release(reply);
  try {
    await record(writes);
  } catch (error) {
    if (writes.length === 0 || !(error instanceof AppError)) throw error;
    await record([]);
  }
}

export type RequestIdentity = {
  readonly ownerId: OwnerId;
  /** The route or tool. */
  readonly operation: string;
  readonly key: string;
  /** JSON that is equal in two requests if they are the same request. */
  readonly body: unknown;
  readonly requestId: string;
  readonly remainingMs: () => number;
};

/** @throws {AppError} `idempotency_in_flight`, `idempotency_mismatch` */
export type BeginIdempotentRequest = (request: RequestIdentity) => Promise<IdempotentRequest>;

const inFlight = (waitMs: number) =>
  new AppError('idempotency_in_flight', undefined, {
    retry_after_seconds: Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(waitMs / 1000))),
  });

function keyedHash(key: Uint8Array, parts: readonly string[]): string {
  const hmac = createHmac('sha256', key);
  // With its length, so that two lists of parts never read alike.
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:${part}`);
  return hmac.digest('base64url');
}

/** Context of a sealed response: it opens in its own record and for its own request only. */
const boundOf = (
  { ownerId, name }: RecordKey,
  { body, expires }: Pick<IdempotencyRecord, 'body' | 'expires'>,
) => ['idempotency', ownerId, name, body, String(expires)];

type Ports = {
  readonly store: IdempotencyStore;
  /** Keys the names and the hashes of bodies, which may hold a secret. */
  readonly names: Uint8Array;
  readonly replies: SealedRows;
  readonly now: () => number;
};

export function createBeginIdempotentRequest({ store, names, replies, now }: Ports): BeginIdempotentRequest {
  function responseIn(recordKey: RecordKey, row: IdempotencyRecord): StoredResponse {
    if (!row.reply) {
      throw new AppError('conflict', 'The request was completed, but its response was too large to store.', {
        next_step: 'Read the current state; to repeat the request, use a new idempotency key.',
      });
    }
    return JSON.parse(
      new TextDecoder().decode(replies.open(row.reply, boundOf(recordKey, row))),
    ) as StoredResponse;
  }

  async function read(recordKey: RecordKey, body: string): Promise<StoredResponse | undefined> {
    const row = await store.find(recordKey);
    if (!row || row.expires <= now()) return undefined;
    if (row.body !== body) throw new AppError('idempotency_mismatch');
    if (row.state === 'done') return responseIn(recordKey, row);
    if (row.until > now()) throw inFlight(row.until - now());
    return undefined;
  }

  return async ({ ownerId, operation, key, body: content, requestId, remainingMs }) => {
    const recordKey = { ownerId, name: keyedHash(names, ['name', ownerId, operation, key]) };
    const body = keyedHash(names, ['body', ownerId, operation, canonicalJson(content ?? null)]);
    const earlier = await read(recordKey, body);
    const row = { body, holder: requestId, until: 0, expires: now() + STORED_MS };
    let claiming = false;

    const done = (reply: StoredResponse): IdempotencyRecord => {
      const bytes = Buffer.from(JSON.stringify(reply));
      const fits = bytes.length <= MAX_RESPONSE_BYTES;
      return { ...row, state: 'done', ...(fits && { reply: replies.seal(bytes, boundOf(recordKey, row)) }) };
    };

    return {
      earlier,
      claim() {
        claiming = true;
        const until = now() + remainingMs() + LEASE_MARGIN_MS;
        return [store.putIfFree(recordKey, { ...row, state: 'claimed', until }, now())];
      },
      store: (reply) => [
        claiming
          ? store.completeClaim(recordKey, done(reply))
          : store.putIfFree(recordKey, done(reply), now()),
      ],
      async supersededBy(failure) {
        // The holder of the claim is superseded only if another request has taken the claim over.
        const lost = failure instanceof AppError && failure.code === 'idempotency_in_flight';
        return claiming && !lost ? undefined : read(recordKey, body);
      },
      release(reply) {
        if (!claiming) return [];
        return [
          store.completeClaim(recordKey, reply ? done(reply) : { ...row, state: 'claimed', expires: 0 }),
        ];
      },
    };
  };
}
