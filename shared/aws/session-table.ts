// Sessions on the control table, in two partitions per owner, because every route notes sessions and few may end one:
// pk `SESSION#<ownerId>`: sk `one#<id>` is a session as its newest token shows it, sk `all` the roles last seen;
// pk `REVOKED#<ownerId>`: sk `one#<id>` an ended session, sk `all` what ends all of them. IAM limits rows by pk alone.
// The session of a personal access token is sk `token#<id>`, with the time of its last use.
// Times are seconds. `ttl` is late by days, so every time is checked again when it is read.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  paginateQuery,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

import type { Cut, Session, SessionStore } from '#shared/auth/sessions.ts';
import { Role } from '#shared/auth/scopes.ts';
import { isPersonalSession } from '#shared/auth/session-id.ts';
import { AppError } from '#shared/core/errors.ts';
import type { Write } from '#shared/core/write.ts';

import { write } from './transaction.ts';

const DAY = 24 * 3600;
/** A refreshable session is kept as long as it may be refreshed. */
const IDLE_SECONDS = 30 * DAY;
/** Longer than the lifetime of any issuer's refresh token: a revoked session stays revoked. */
const REVOKED_SECONDS = 366 * DAY;
const LIST_LIMIT = 200;
const ALL = 'all';

const CutRow = z.object({
  notBefore: z._default(z.number(), 0),
  closedUntil: z._default(z.number(), 0),
  roles: z._default(z.array(Role), ['user']),
  rolesAt: z._default(z.number(), 0),
});
const SessionRow = z.object({
  client: z.optional(z.string()),
  since: z.number(),
  issuedAt: z.number(),
  expiresAt: z.number(),
  revokedAt: z.optional(z.number()),
  usedAt: z.optional(z.number()),
});

const noted = (ownerId: string) => `SESSION#${ownerId}`;
const ended = (ownerId: string) => `REVOKED#${ownerId}`;
const PREFIX = 'one#';
const TOKEN_PREFIX = 'token#';
const sortKey = (sessionId: string) => `${isPersonalSession(sessionId) ? TOKEN_PREFIX : PREFIX}${sessionId}`;

type Found = Readonly<Record<string, unknown>>;

/** Older rows have all attributes under `SESSION#`: the later revocation applies. */
function cutIn(all: Found | undefined, revoked: Found | undefined): Cut {
  const [{ roles, rolesAt, ...own }, cut] = [CutRow.parse(all ?? {}), CutRow.parse(revoked ?? {})];
  return {
    roles,
    rolesAt,
    notBefore: Math.max(own.notBefore, cut.notBefore),
    closedUntil: Math.max(own.closedUntil, cut.closedUntil),
  };
}
function sessionIn(id: string, row: unknown): Session {
  const { usedAt, client, since, issuedAt, expiresAt, revokedAt } = SessionRow.parse(row);
  return { id, client, since, issuedAt, expiresAt, revokedAt, ...(usedAt !== undefined && { usedAt }) };
}

const NO_TIMES = { since: 0, issuedAt: 0, expiresAt: 0 };

type Row = { readonly TableName: string; readonly pk: string; readonly sk: string };

/** Sets attributes of one row; undefined values are left unchanged. */
function change({ TableName, pk, sk }: Row, set: Record<string, unknown>, condition?: string) {
  const values = Object.entries(set).filter(([, value]) => value !== undefined);
  return {
    TableName,
    Key: { pk, sk },
    UpdateExpression: `SET ${values.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(values.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values.map(([name, value]) => [`:${name}`, value])),
    ...(condition !== undefined && { ConditionExpression: condition }),
  };
}

/** Error of writes without a condition. */
const never = () => new AppError('internal');

type Reads = Pick<SessionStore, 'look' | 'note' | 'noteUse' | 'list' | 'lastUses'>;
type Writes = Omit<SessionStore, keyof Reads>;

export const sessionTable = (db: DynamoDBDocumentClient, TableName: string): SessionStore => ({
  ...reads(db, TableName),
  ...writes(TableName),
});

function reads(db: DynamoDBDocumentClient, TableName: string): Reads {
  return {
    async look(ownerId, sessionId) {
      const one = sortKey(sessionId);
      const keys = [noted(ownerId), ended(ownerId)].flatMap((pk) => [ALL, one].map((sk) => ({ pk, sk })));
      const request = { RequestItems: { [TableName]: { Keys: keys, ConsistentRead: true } } };
      const { Responses, UnprocessedKeys = {} } = await db.send(new BatchGetCommand(request));
      // Four small rows: an incomplete response means throttling, and would hide a revocation.
      if (Object.keys(UnprocessedKeys).length > 0) throw new AppError('unavailable');
      const rows = Responses?.[TableName] ?? [];
      const at = (pk: string, sk: string) => rows.find((row) => row['pk'] === pk && row['sk'] === sk);
      const [session, end] = [at(noted(ownerId), one), at(ended(ownerId), one)];
      return {
        cut: cutIn(at(noted(ownerId), ALL), at(ended(ownerId), ALL)),
        // A revoked session without its own row has no times, and needs none.
        session: (session ?? end) && sessionIn(sessionId, { ...NO_TIMES, ...session, ...end }),
      };
    },

    async note(ownerId, { id, client, since, issuedAt, expiresAt }) {
      const ttl = id.startsWith('s_') ? issuedAt + IDLE_SECONDS : expiresAt + DAY;
      const input = change(
        { TableName, pk: noted(ownerId), sk: sortKey(id) },
        { client, since, issuedAt, expiresAt, ttl },
        'attribute_not_exists(pk) OR issuedAt < :issuedAt',
      );
      await updateIf(db, input);
    },

    async noteUse(ownerId, { id, since, issuedAt, expiresAt }, usedAt) {
      const input = change(
        { TableName, pk: noted(ownerId), sk: sortKey(id) },
        { since, issuedAt, expiresAt, usedAt, ttl: expiresAt + DAY },
        'attribute_not_exists(usedAt) OR usedAt < :usedAt',
      );
      await updateIf(db, input);
    },

    async list(ownerId) {
      const { Items = [] } = await db.send(
        new QueryCommand({ ...sessionRows(TableName, ownerId, PREFIX), Limit: LIST_LIMIT }),
      );
      const sessions = Items.map((row) => sessionIn(String(row['sk']).slice(PREFIX.length), row));
      return sessions.toSorted((one, other) => other.issuedAt - one.issuedAt);
    },

    async lastUses(ownerId) {
      const uses = new Map<string, number>();
      for await (const { Items = [] } of paginateQuery(
        { client: db },
        sessionRows(TableName, ownerId, TOKEN_PREFIX),
      )) {
        for (const { sk, usedAt } of Items) uses.set(String(sk).slice(TOKEN_PREFIX.length), Number(usedAt));
      }
      return uses;
    },
  };
}

const sessionRows = (TableName: string, ownerId: string, prefix: string) => ({
  TableName,
  KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
  ExpressionAttributeValues: { ':pk': noted(ownerId), ':prefix': prefix },
  ConsistentRead: true,
});

/** Does nothing where the condition does not hold: a newer note was made. */
async function updateIf(db: DynamoDBDocumentClient, input: ReturnType<typeof change>): Promise<void> {
  try {
    await db.send(new UpdateCommand(input));
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** Ends one session, whether it was ever noted or not. */
export const endedSession = (TableName: string, { ownerId, sessionId, at }: Ended): Write =>
  write(
    {
      Update: change(
        { TableName, pk: ended(ownerId), sk: sortKey(sessionId) },
        { revokedAt: at, ttl: at + REVOKED_SECONDS },
      ),
    },
    never,
  );
type Ended = { readonly ownerId: string; readonly sessionId: string; readonly at: number };

function writes(TableName: string): Writes {
  const all = (pk: string) => ({ TableName, pk, sk: ALL });
  return {
    revoke: (ownerId, sessionId, at) => {
      const sk = `${PREFIX}${sessionId}`;
      const set = { revokedAt: at, ttl: at + REVOKED_SECONDS };
      const live = 'attribute_exists(pk) AND attribute_not_exists(revokedAt)';
      return [
        // On the session's own row the mark is only used by lists.
        write(
          { Update: change({ TableName, pk: noted(ownerId), sk }, set, live) },
          () => new AppError('not_found', 'You have no such session.'),
        ),
        endedSession(TableName, { ownerId, sessionId, at }),
      ];
    },

    cutAt: (ownerId, notBefore) =>
      write({ Update: change(all(ended(ownerId)), { notBefore, ttl: notBefore + REVOKED_SECONDS }) }, never),

    close: (ownerId, from, until) => {
      const set = { notBefore: from, closedUntil: until, ttl: from + REVOKED_SECONDS };
      return write({ Update: change(all(ended(ownerId)), set) }, never);
    },

    rolesSeen: (ownerId, roles, at) => {
      const newest = 'attribute_not_exists(rolesAt) OR rolesAt < :rolesAt';
      return write(
        { Update: change(all(noted(ownerId)), { roles, rolesAt: at }, newest) },
        () => new AppError('conflict'),
      );
    },
  };
}
