// Sessions on the control table: pk `SESSION#<uid>`; sk `all` holds what counts for every session of a person, sk `one#<id>`
// a session. Times are seconds. `ttl` is late by days, so every time is checked again when it is read.
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

import type { Cut, Session, SessionStore } from '#shared/auth/sessions.ts';
import { Role } from '#shared/auth/scopes.ts';
import { AppError } from '#shared/core/errors.ts';

import { write } from './transaction.ts';

const DAY = 24 * 3600;
/** A session that can be refreshed is kept while somebody may still come back with it. */
const IDLE_SECONDS = 30 * DAY;
/** Longer than any issuer's refresh token lives: a revoked session stays revoked. */
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
});

const pk = (uid: string) => `SESSION#${uid}`;
const PREFIX = 'one#';

const cutIn = (row: unknown): Cut => CutRow.parse(row ?? {});
function sessionIn(id: string, row: unknown): Session {
  const { client, since, issuedAt, expiresAt, revokedAt } = SessionRow.parse(row);
  return { id, client, since, issuedAt, expiresAt, revokedAt };
}

type Row = { readonly TableName: string; readonly uid: string; readonly sk: string };

/** Sets attributes of one row. A value of undefined is left as it is. */
function change({ TableName, uid, sk }: Row, set: Record<string, unknown>, condition?: string) {
  const values = Object.entries(set).filter(([, value]) => value !== undefined);
  return {
    TableName,
    Key: { pk: pk(uid), sk },
    UpdateExpression: `SET ${values.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(values.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values.map(([name, value]) => [`:${name}`, value])),
    ...(condition !== undefined && { ConditionExpression: condition }),
  };
}

/** For writes without a condition. */
const never = () => new AppError('internal');

type Reads = Pick<SessionStore, 'look' | 'note' | 'list'>;
type Writes = Omit<SessionStore, keyof Reads>;

export const sessionTable = (db: DynamoDBDocumentClient, TableName: string): SessionStore => ({
  ...reads(db, TableName),
  ...writes(TableName),
});

function reads(db: DynamoDBDocumentClient, TableName: string): Reads {
  return {
    async look(uid, sessionId) {
      const keys = [ALL, `${PREFIX}${sessionId}`].map((sk) => ({ pk: pk(uid), sk }));
      const request = { RequestItems: { [TableName]: { Keys: keys, ConsistentRead: true } } };
      const { Responses, UnprocessedKeys = {} } = await db.send(new BatchGetCommand(request));
      // Two small rows: if AWS leaves one out, it is throttling, and half an answer would let a revoked session in.
      if (Object.keys(UnprocessedKeys).length > 0) throw new AppError('unavailable');
      const rows = Responses?.[TableName] ?? [];
      const session = rows.find(({ sk }) => sk !== ALL);
      return {
        cut: cutIn(rows.find(({ sk }) => sk === ALL)),
        session: session && sessionIn(sessionId, session),
      };
    },

    async note(uid, { id, client, since, issuedAt, expiresAt }) {
      const ttl = id.startsWith('s_') ? issuedAt + IDLE_SECONDS : expiresAt + DAY;
      const input = change(
        { TableName, uid, sk: `${PREFIX}${id}` },
        { client, since, issuedAt, expiresAt, ttl },
        'attribute_not_exists(revokedAt) AND (attribute_not_exists(pk) OR issuedAt < :issuedAt)',
      );
      try {
        await db.send(new UpdateCommand(input));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async list(uid) {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':pk': pk(uid), ':prefix': PREFIX },
          ConsistentRead: true,
          Limit: LIST_LIMIT,
        }),
      );
      const sessions = Items.map((row) => sessionIn(String(row['sk']).slice(PREFIX.length), row));
      return sessions.toSorted((one, other) => other.issuedAt - one.issuedAt);
    },
  };
}

function writes(TableName: string): Writes {
  const all = (uid: string) => ({ TableName, uid, sk: ALL });
  return {
    revoke: (uid, sessionId, at) => {
      const set = { revokedAt: at, ttl: at + REVOKED_SECONDS };
      const live = 'attribute_exists(pk) AND attribute_not_exists(revokedAt)';
      return write(
        { Update: change({ TableName, uid, sk: `${PREFIX}${sessionId}` }, set, live) },
        () => new AppError('not_found', 'You have no such session.'),
      );
    },

    cutAt: (uid, notBefore) =>
      write({ Update: change(all(uid), { notBefore, ttl: notBefore + REVOKED_SECONDS }) }, never),

    close: (uid, from, until) => {
      const set = { notBefore: from, closedUntil: until, ttl: from + REVOKED_SECONDS };
      return write({ Update: change(all(uid), set) }, never);
    },

    rolesSeen: (uid, roles, at) => {
      const newest = 'attribute_not_exists(rolesAt) OR rolesAt < :rolesAt';
      return write(
        { Update: change(all(uid), { roles, rolesAt: at }, newest) },
        () => new AppError('conflict'),
      );
    },
  };
}
