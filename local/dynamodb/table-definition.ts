// Translates a table resource of the template into DynamoDB's CreateTable.
import * as z from 'zod';

const KeySchema = z
  .array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))
  .min(1)
  .max(2);
const Projection = z.strictObject({
  ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
  NonKeyAttributes: z.array(z.string()).optional(),
});
// Throughput, warm or provisioned, and insights: capacity of a service that is not here.
const Index = z.object({ IndexName: z.string(), KeySchema, Projection });

const Meaningless = z.unknown().optional();

/** With one region a replica has no effect; a resource policy in it is not supported and fails the start. */
const Replica = z.strictObject({
  Region: z.string(),
  ContributorInsightsSpecification: Meaningless,
  DeletionProtectionEnabled: Meaningless,
  GlobalSecondaryIndexes: Meaningless,
  PointInTimeRecoverySpecification: Meaningless,
  ReadOnDemandThroughputSettings: Meaningless,
  ReadProvisionedThroughputSettings: Meaningless,
  SSESpecification: Meaningless,
  TableClass: Meaningless,
  Tags: Meaningless,
});

const TableProperties = z.object({
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  KeySchema,
  GlobalSecondaryIndexes: z.array(Index).default([]),
  Replicas: z.array(Replica).max(1, 'the local stack has one region').optional(),
  StreamSpecification: z.object({ StreamViewType: z.string().default('NEW_AND_OLD_IMAGES') }).optional(),
  TimeToLiveSpecification: z
    .strictObject({ AttributeName: z.string().optional(), Enabled: z.union([z.boolean(), z.stringbool()]) })
    .refine(({ AttributeName, Enabled }) => !Enabled || AttributeName, 'TTL without attribute')
    .optional(),
});

export type TableDefinition = z.output<typeof TableProperties> & { readonly TableName: string };

export const HONOURED = [...Object.keys(TableProperties.shape), 'TableName'];

/** @throws with the path of whatever cannot be copied. */
export function parseTable(tableName: string, properties: unknown): TableDefinition {
  const parsed = TableProperties.safeParse(properties);
  if (!parsed.success) throw new Error(`Table ${tableName}: ${z.prettifyError(parsed.error)}`);
  return { ...parsed.data, TableName: tableName };
}

export function createTableInput(table: TableDefinition): object {
  const { TableName, AttributeDefinitions, KeySchema: keys } = table;
  const { GlobalSecondaryIndexes: indexes } = table;
  return {
    TableName,
    AttributeDefinitions,
    KeySchema: keys,
    BillingMode: 'PAY_PER_REQUEST',
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
    ...(table.StreamSpecification && { StreamSpecification: streamSpecification(table) }),
  };
}

export const streamSpecification = ({ StreamSpecification }: TableDefinition) =>
  StreamSpecification
    ? { StreamEnabled: true, StreamViewType: StreamSpecification.StreamViewType }
    : { StreamEnabled: false };

/** The attribute that holds the time an item expires, where the table has one. */
export const ttlAttribute = ({ TimeToLiveSpecification: ttl }: TableDefinition): string | undefined =>
  ttl?.Enabled ? ttl.AttributeName : undefined;

export const partitionKeyName = (keys: TableDefinition['KeySchema']): string =>
  keys.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';
