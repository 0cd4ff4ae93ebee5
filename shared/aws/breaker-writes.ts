// Writes of circuit breakers: each replaces the version that was read.
import { AppError } from '#shared/core/errors.ts';
import { Contention, type Commit } from '#shared/core/write.ts';
import type { Breaker } from '#shared/resilience/circuit-state.ts';
import type { BreakerStore } from '#shared/resilience/upstream.ts';

import { breakerIn, circuitPartition } from './breaker-table.ts';
import { write } from './transaction.ts';

/** A row outlives its last failure, so that the version does not restart while a probe is on its way. */
const KEPT_SECONDS = 86_400;

class Superseded extends AppError {
  readonly current: Breaker | undefined;

  constructor(current: Breaker | undefined) {
    super('conflict');
    this.current = current;
  }
}

const superseded = (current?: Readonly<Record<string, unknown>>) => new Superseded(breakerIn(current));

export const breakerWrites = ({
  TableName,
  commit,
  now,
}: {
  TableName: string;
  commit: Commit;
  now: () => number;
}): Pick<BreakerStore, 'replace'> => ({
  async replace(group, { before, after, also }) {
    const { name, ...row } = after;
    const Item = {
      pk: circuitPartition(group),
      sk: name,
      ...row,
      ttl: Math.floor(now() / 1000) + KEPT_SECONDS,
    };
    const condition =
      before.version === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: '#version = :before',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':before': before.version },
          };
    try {
      await commit([write({ Put: { TableName, Item, ...condition } }, superseded), ...also]);
      return { saved: true };
    } catch (error) {
      if (error instanceof Superseded) return { saved: false, current: error.current };
      if (error instanceof Contention) return { saved: false, current: before };
      throw error;
    }
  },
});
