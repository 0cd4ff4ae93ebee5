// The source of the expiry index: an attribute of the row, derived wherever a row is written.
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';

import { keyTable } from '#shared/aws/key-table.ts';
import type { Kid, ProviderId, OwnerId } from '#shared/core/ids.ts';
import type { StoredKey } from '#shared/vault/stored-key.ts';

const store = keyTable(DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' })), 'vault');
const bytes = new Uint8Array(16);
const key: StoredKey = {
  fmt: 1,
  ownerId: 'u'.repeat(27) as OwnerId,
  provider: 'openai' as ProviderId,
  kid: 'k'.repeat(22) as Kid,
  version: 1,
  blob: bytes,
  wk: bytes,
  wkArn: 'arn',
  wkFp: bytes,
  last4: 'a1b2',
  fp: bytes,
  status: 'active',
  kind: 'api_key',
  order: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  revision: 2,
};

it.each(['insert', 'replace'] as const)('%s files a key under the day it expires', (operation) => {
  const { item } = store[operation]({ ...key, expiresAt: '2026-08-01T23:59:59.999Z' });
  expect(item).toMatchObject({
    Put: { Item: { expDay: '2026-08-01', expiresAt: '2026-08-01T23:59:59.999Z' } },
  });
});

it.each(['insert', 'replace'] as const)('%s keeps a key without an end out of the index', (operation) => {
  const { item } = store[operation](key) as { item: { Put: { Item: object } } };
  expect(item.Put.Item).not.toHaveProperty('expDay');
});
