// One request that names a key: done once, however often it is sent. Where nothing outside is called, the reply lies in the
// transaction of the change itself; before a call to the outside the key is claimed together with the record of the attempt.
import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';

import { canonicalJson } from '#shared/core/canonical-json.ts';
import { AppError, asAppError } from '#shared/core/errors.ts';
import type { Uid } from '#shared/core/ids.ts';
import type { Write } from '#shared/core/write.ts';
import type { SealedRows } from '#shared/crypto/sealed-row.ts';

/** What a caller names a request by: printable ASCII. */
export const IdempotencyKey = z.string().check(z.regex(/^[\x20-\x7e]{1,255}$/));

/** How long a reply is kept. */
const KEPT_MS = 24 * 3600_000;
/** A holder that is not heard of for its time left, the margin it keeps for its way home and five seconds is dead. */
const LEASE_MARGIN_MS = 8000;
/** A reply is one attribute of a row, and a row holds 400 KB. */
const MAX_REPLY_BYTES = 256 * 1024;
const MAX_RETRY_AFTER_SECONDS = 5;

/** Where a row lies. The name is keyed: who reads the table learns nothing of operations and keys. */
export type Place = { readonly uid: Uid; readonly name: string };

export type Row = {
  /** Keyed hash of the request's body. */
  readonly body: string;
  readonly state: 'claimed' | 'done';
  /** The request that wrote it. */
  readonly holder: string;
  /** Claimed: until when nobody else may take it. Milliseconds of the store's clock. */
  readonly until: number;
  /** When the row is as good as gone, whether it is still there or not. */
  readonly expires: number;
  /** Done: the sealed reply, unless it was too large. */
  readonly reply?: Uint8Array | undefined;
};

/** Port. */
export type TurnStore = {
  readonly find: (place: Place) => Promise<Row | undefined>;
  /** Refused with `idempotency_in_flight` unless the place is free: nothing there, expired, or a lapsed claim of this body. */
  readonly take: (place: Place, row: Row, now: number) => Write;
  /** Refused with `idempotency_in_flight` unless the row is a claim of this very holder. */
  readonly settle: (place: Place, row: Row) => Write;
};

/** What is answered again: JSON, made by whoever keeps it and read by them alone. */
export type Kept = Readonly<Record<string, unknown>>;

export type Turn = {
  /** What was answered before. */
  readonly earlier: Kept | undefined;
  /** First among the writes that admit a call to the outside. */
  readonly claim: () => readonly Write[];
  /** First among the writes of the outcome: if it is refused, another request was faster. */
  readonly keep: (reply: Kept) => readonly Write[];
  /**
   * After a failure: what another request with this key has answered meanwhile.
   * @throws {AppError} `idempotency_in_flight`, `idempotency_mismatch`
   */
  readonly overtaken: (failure: unknown) => Promise<Kept | undefined>;
  /** After a failure: gives the key back. @param reply for a failure of which nobody knows what it has done: kept instead */
  readonly giveBack: (reply?: Kept) => readonly Write[];
};

/** Of a request without a key. */
export const NO_TURN: Turn = {
  earlier: undefined,
  claim: () => [],
  keep: () => [],
  overtaken: async () => undefined,
  giveBack: () => [],
};

/** How a failed request ends: with the reply of its twin, if that was faster, else with an error. */
export async function endOf(
  turn: Turn,
  failure: unknown,
): Promise<{ error: AppError; earlier?: Kept | undefined }> {
  try {
    return { error: asAppError(failure), earlier: await turn.overtaken(failure) };
  } catch (refusal) {
    return { error: asAppError(refusal) };
  }
}

/** Records a failure and gives the key back; alone where somebody else holds the key by now. */
export async function givingBack(
  turn: Turn,
  record: (writes: readonly Write[]) => Promise<void>,
  reply?: Kept,
): Promise<void> {
  const writes = turn.giveBack(reply);
  try {
    await record(writes);
  } catch (error) {
    if (writes.length === 0 || !(error instanceof AppError)) throw error;
    await record([]);
  }
}

export type TurnRequest = {
  readonly uid: Uid;
  /** The route or tool. */
  readonly operation: string;
  readonly key: string;
  /** What must be equal for two requests to be the same one. JSON. */
  readonly body: unknown;
  readonly requestId: string;
  readonly remainingMs: () => number;
};

/** @throws {AppError} `idempotency_in_flight`, `idempotency_mismatch` */
export type OpenTurn = (request: TurnRequest) => Promise<Turn>;

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

/** What a sealed reply is tied to: it opens in its own place and for its own request only. */
const boundOf = ({ uid, name }: Place, { body, expires }: Pick<Row, 'body' | 'expires'>) => [
  'idempotency',
  uid,
  name,
  body,
  String(expires),
];

type Ports = {
  readonly store: TurnStore;
  /** Keys the names and the hashes of bodies, which may hold a secret. */
  readonly names: Uint8Array;
  readonly replies: SealedRows;
  readonly now: () => number;
};

export function createOpenTurn({ store, names, replies, now }: Ports): OpenTurn {
  function replyIn(place: Place, row: Row): Kept {
    if (!row.reply) {
      throw new AppError('conflict', 'The request was completed, but its response was too large to store.', {
        next_step: 'Read the current state; to repeat the request, use a new idempotency key.',
      });
    }
    return JSON.parse(new TextDecoder().decode(replies.open(row.reply, boundOf(place, row)))) as Kept;
  }

  async function read(place: Place, body: string): Promise<Kept | undefined> {
    const row = await store.find(place);
    if (!row || row.expires <= now()) return undefined;
    if (row.body !== body) throw new AppError('idempotency_mismatch');
    if (row.state === 'done') return replyIn(place, row);
    if (row.until > now()) throw inFlight(row.until - now());
    return undefined;
  }

  return async ({ uid, operation, key, body: content, requestId, remainingMs }) => {
    const place = { uid, name: keyedHash(names, ['name', uid, operation, key]) };
    const body = keyedHash(names, ['body', uid, operation, canonicalJson(content ?? null)]);
    const earlier = await read(place, body);
    const row = { body, holder: requestId, until: 0, expires: now() + KEPT_MS };
    let claiming = false;

    const done = (reply: Kept): Row => {
      const bytes = Buffer.from(JSON.stringify(reply));
      const fits = bytes.length <= MAX_REPLY_BYTES;
      return { ...row, state: 'done', ...(fits && { reply: replies.seal(bytes, boundOf(place, row)) }) };
    };

    return {
      earlier,
      claim() {
        claiming = true;
        const until = now() + remainingMs() + LEASE_MARGIN_MS;
        return [store.take(place, { ...row, state: 'claimed', until }, now())];
      },
      keep: (reply) => [claiming ? store.settle(place, done(reply)) : store.take(place, done(reply), now())],
      async overtaken(failure) {
        // Whoever holds the claim is not overtaken, except by a claim that was taken over.
        const lost = failure instanceof AppError && failure.code === 'idempotency_in_flight';
        return claiming && !lost ? undefined : read(place, body);
      },
      giveBack(reply) {
        if (!claiming) return [];
        return [store.settle(place, reply ? done(reply) : { ...row, state: 'claimed', expires: 0 })];
      },
    };
  };
}
