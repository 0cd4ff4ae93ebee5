// Reads of the audit table that follow one key. See audit-table.ts for its layout.
import { type DynamoDBDocumentClient, paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';

import type { KeyTrail } from '#shared/audit/receipts.ts';
import type { AuditRecord } from '#shared/audit/record.ts';
import type { OwnerId } from '#shared/core/ids.ts';

import { checkedPlace, recordIn } from './audit-table.ts';
import { readPage } from './read-page.ts';

type Wanted = {
  readonly filter: string;
  /** Attribute values by their name in `filter`, without the colon. */
  readonly values: Readonly<Record<string, string>>;
  readonly from?: string;
  readonly to?: string;
};

function ownRows(TableName: string, owner: OwnerId, { filter, values, from = '0', to = '9' }: Wanted) {
  const named = { ...values, pk: `U#${owner}`, from, to: `${to}~` };
  return {
    TableName,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    FilterExpression: filter,
    ExpressionAttributeNames: { '#result': 'result' },
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(named).map(([name, value]) => [`:${name}`, value]),
    ),
    ScanIndexForward: false,
    ConsistentRead: true,
  } satisfies QueryCommandInput;
}

const USES = {
  filter:
    'contains(kids, :kid) OR (#result = :attempted AND category = :calls AND attribute_not_exists(kids))',
  values: { attempted: 'attempted', calls: 'api_call' },
};
const OUTCOMES = {
  filter: '#result <> :attempted AND category = :calls',
  values: { attempted: 'attempted', calls: 'api_call' },
};
const LIVES = {
  filter: 'act IN (:stored, :deleted) AND #result = :succeeded',
  values: { stored: 'key.stored', deleted: 'key.deleted', succeeded: 'succeeded' },
};

export function keyTrail(db: DynamoDBDocumentClient, TableName: string): KeyTrail {
  async function all(owner: OwnerId, wanted: Wanted): Promise<AuditRecord[]> {
    const found: AuditRecord[] = [];
    for await (const { Items = [] } of paginateQuery({ client: db }, ownRows(TableName, owner, wanted))) {
      found.push(...Items.map(recordIn));
    }
    return found;
  }

  return {
    async uses(owner, kid, { limit, after }) {
      const query = ownRows(TableName, owner, { ...USES, values: { ...USES.values, kid } });
      const from = after === undefined ? undefined : { pk: `U#${owner}`, sk: checkedPlace(after) };
      const { rows, ...rest } = await readPage(db, query, { limit, after: from });
      return { records: rows.map((row) => ({ place: String(row['sk']), record: recordIn(row) })), ...rest };
    },

    outcomes: (owner, from, to) => all(owner, { ...OUTCOMES, from, to }),

    async lifeOf(owner, keyId) {
      const own = (await all(owner, LIVES)).filter(({ target }) => target === keyId);
      if (own.length === 0) return undefined;
      const timeOf = (action: string) => own.find(({ act }) => act === action)?.ts;
      const [from, until] = [timeOf('key.stored'), timeOf('key.deleted')];
      return { ...(from !== undefined && { from }), ...(until !== undefined && { until }) };
    },
  };
}
