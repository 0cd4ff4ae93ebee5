// Personal access tokens on the control table: pk `TOKENS#<owner>`, sk the token's id. A revoked one is also an ended session,
// pk `REVOKED#<owner>` (session-table.ts). Times are seconds.
import { type DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';

import type { PersonalToken, PersonalTokenStore } from '#shared/auth/personal-tokens.ts';
import { TokenBudget } from '#shared/auth/principal.ts';
import { Role, Scope } from '#shared/auth/scopes.ts';
import { AppError } from '#shared/core/errors.ts';

import { endedSession } from './session-table.ts';
import { write } from './transaction.ts';

/** A token that is no longer valid is kept so long, for an answer that says why. */
const KEPT_SECONDS = 30 * 24 * 3600;

const Row = z.object({
  sk: z.string(),
  name: z.string(),
  hash: z.string(),
  issuer: z.string(),
  subject: z.string(),
  scopes: z.array(Scope),
  roles: z.array(Role),
  models: z.optional(z.array(z.string())),
  tools: z.optional(z.array(z.string())),
  budget: z.optional(TokenBudget),
  createdAt: z.number(),
  expiresAt: z.number(),
  issuedAt: z.number(),
  signedInAt: z.number(),
  revokedAt: z.optional(z.number()),
});

function tokenIn(row: unknown): PersonalToken {
  const { sk, ...rest } = Row.parse(row);
  return { id: sk, ...rest };
}

export const PERSONAL_TOKENS = 'TOKENS#';
const partition = (ownerId: string) => `${PERSONAL_TOKENS}${ownerId}`;

export function personalTokenTable(db: DynamoDBDocumentClient, TableName: string): PersonalTokenStore {
  return {
    async find(ownerId, id) {
      const Key = { pk: partition(ownerId), sk: id };
      const { Item } = await db.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && tokenIn(Item);
    },

    async list(ownerId) {
      const found: PersonalToken[] = [];
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': partition(ownerId) },
        ConsistentRead: true,
      };
      for await (const { Items = [] } of paginateQuery({ client: db }, query)) {
        found.push(...Items.map(tokenIn));
      }
      return found.toSorted((one, other) => other.createdAt - one.createdAt);
    },

    create(ownerId, { id, ...token }) {
      const Item = { pk: partition(ownerId), sk: id, ...token, ttl: token.expiresAt + KEPT_SECONDS };
      return write(
        { Put: { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' } },
        () => new AppError('conflict'),
      );
    },

    revoke: (ownerId, id, at) => [
      write(
        {
          Update: {
            TableName,
            Key: { pk: partition(ownerId), sk: id },
            UpdateExpression: 'SET revokedAt = :at, #ttl = :ttl',
            ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(revokedAt)',
            ExpressionAttributeNames: { '#ttl': 'ttl' },
            ExpressionAttributeValues: { ':at': at, ':ttl': at + KEPT_SECONDS },
          },
        },
        () => new AppError('not_found', 'You have no such personal access token.'),
      ),
      endedSession(TableName, { ownerId, sessionId: id, at }),
    ],
  };
}
