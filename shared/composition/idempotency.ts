import { dynamo } from '#shared/aws/dynamo.ts';
import { idempotencyTable } from '#shared/aws/idempotency-table.ts';
import { storeMicroseconds } from '#shared/aws/store-clock.ts';
import { env } from '#shared/core/env.ts';
import { sealedRows } from '#shared/crypto/sealed-row.ts';
import {
  type BeginIdempotentRequest,
  createBeginIdempotentRequest,
} from '#shared/idempotency/idempotent-request.ts';

import { stageKey } from './stage-secret.ts';

/** Leases are counted by the store's clock: holders and those who wait are different machines. */
const now = () => Math.floor(storeMicroseconds() / 1000);

/** Needs `idempotency:use`. */
export const beginIdempotentRequest: BeginIdempotentRequest = async (request) => {
  const [names, replies] = await Promise.all([
    stageKey('idempotency-names'),
    stageKey('idempotency-replies'),
  ]);
  const store = idempotencyTable(dynamo(), { TableName: env('CONTROL_TABLE'), now });
  return createBeginIdempotentRequest({ store, names, replies: sealedRows(replies), now })(request);
};
