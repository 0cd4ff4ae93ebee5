// Invalidation of cached responses on the cache table: sk `generations`, one random id per tag, in attributes `g:<tag>`.
import { randomBytes } from 'node:crypto';

import { ALL_SCOPES, type Generations, type Invalidate, PUBLIC_SCOPE } from '#shared/cache/store.ts';
import { AppError } from '#shared/core/errors.ts';

import { write } from './transaction.ts';

const GENERATIONS = 'generations';
const TAG_PREFIX = 'g:';
const ID_BYTES = 9;
/** Longer than the life of any entry: a generation that is gone must not make an older entry valid again. */
const GENERATION_SECONDS = 15 * 86_400;

export const partitionOf = (scope: string): string =>
  scope === PUBLIC_SCOPE || scope === ALL_SCOPES ? scope : `U#${scope}`;

export const generationsKey = (scope: string) => ({ pk: partitionOf(scope), sk: GENERATIONS });

export const generationsIn = (row: Readonly<Record<string, unknown>> | undefined): Generations =>
  Object.fromEntries(
    Object.entries(row ?? {}).flatMap(([name, id]) =>
      name.startsWith(TAG_PREFIX) && typeof id === 'string' ? [[name.slice(TAG_PREFIX.length), id]] : [],
    ),
  );

export const secondsOf = (ms: number): number => Math.ceil(ms / 1000);

/** Adds to the row: no condition can fail. */
export const invalidateIn =
  ({ TableName, now }: { TableName: string; now: () => number }): Invalidate =>
  (scope, tags) => {
    const id = randomBytes(ID_BYTES).toString('base64url');
    const names = Object.fromEntries(tags.map((tag, index) => [`#t${index}`, `${TAG_PREFIX}${tag}`]));
    const set = tags.map((_, index) => `#t${index} = :id`).join(', ');
    return write(
      {
        Update: {
          TableName,
          Key: generationsKey(scope),
          UpdateExpression: `SET ${set}, #ttl = :ttl`,
          ExpressionAttributeNames: { ...names, '#ttl': 'ttl' },
          ExpressionAttributeValues: { ':id': id, ':ttl': secondsOf(now()) + GENERATION_SECONDS },
        },
      },
      () => new AppError('conflict'),
    );
  };
