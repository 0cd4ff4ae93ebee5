// `AWS::Lambda::EventSourceMapping` of a DynamoDB stream: batches of records to a function, with its filter, partial batch responses,
// halving of failed batches, retries and failure destination.
import * as z from 'zod';

import type { Authorizer, Functions, Pause, Queues } from './event-ports.ts';
import { compilePattern } from './pattern.ts';
import type { HandOver } from './pipe-target.ts';
import type { StreamRecord } from './stream.ts';

const MappingProperties = z.strictObject({
  FunctionName: z.string(),
  EventSourceArn: z
    .string()
    .regex(/^arn:[^:]+:dynamodb:.*\/stream\//, 'Only DynamoDB streams are read locally.'),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  BatchSize: z.coerce.number().int().min(1).max(10_000).default(100),
  BisectBatchOnFunctionError: z.stringbool().or(z.boolean()).default(false),
  MaximumRetryAttempts: z.coerce.number().int().min(-1).default(-1),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: z.string() })) }).optional(),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }) }).optional(),
  Enabled: z.stringbool().or(z.boolean()).default(true),
  // No effect locally: batches are delivered at once, and no record waits long enough to expire.
  MaximumBatchingWindowInSeconds: z.coerce.number().optional(),
  MaximumRecordAgeInSeconds: z.coerce.number().optional(),
  Tags: z.unknown().optional(),
});

export type MappingDefinition = z.output<typeof MappingProperties> & {
  readonly name: string;
  readonly functionArn: string;
  readonly passes: (record: StreamRecord) => boolean;
};

/** @throws on anything that the local stack does not support */
export function readMapping(
  name: string,
  properties: unknown,
  functionArn: (name: string) => string,
): MappingDefinition {
  const mapping = MappingProperties.parse(properties);
  const filters = (mapping.FilterCriteria?.Filters ?? []).map(({ Pattern }) =>
    compilePattern(JSON.parse(Pattern)),
  );
  return {
    ...mapping,
    name,
    functionArn: functionArn(mapping.FunctionName),
    passes: (record) => filters.length === 0 || filters.some((matches) => matches(record)),
  };
}

type TargetOptions = {
  readonly mapping: MappingDefinition;
  readonly functions: Functions;
  readonly iam: Authorizer;
  readonly queues: Queues;
  readonly pause: Pause;
  readonly onProblem: (line: string) => void;
};

const PartialResponse = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().nullish() })).nullish(),
});

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

type Batch = { readonly records: readonly StreamRecord[]; readonly retries: number };

export function createMappingTarget(options: TargetOptions): HandOver {
  const { mapping, functions, pause, onProblem } = options;

  /** Index from which the batch must be delivered again; its length, if all records were handled. */
  async function attempt(records: readonly StreamRecord[]): Promise<number> {
    const { functionError, payload } = await functions
      .invoke(mapping.functionArn, { Records: records })
      .catch((error: unknown) => ({ functionError: String(error), payload: undefined }));
    if (functionError !== undefined) return 0;
    if (mapping.FunctionResponseTypes.length === 0) return records.length;
    const response = PartialResponse.safeParse(payload ?? {});
    if (!response.success) return 0;
    const failed = response.data.batchItemFailures ?? [];
    const places = failed.map(({ itemIdentifier }) =>
      Math.max(
        0,
        records.findIndex(({ dynamodb }) => dynamodb.SequenceNumber === itemIdentifier),
      ),
    );
    return Math.min(records.length, ...places); // an unknown identifier fails the whole batch
  }

  /** The remaining records as batches: halved if so configured, after an attempt that made no progress. */
  function next({ records, retries }: Batch, from: number): readonly Batch[] {
    const left = records.slice(from);
    if (left.length === 0) return [];
    if (from > 0) return [{ records: left, retries: 0 }];
    if (!mapping.BisectBatchOnFunctionError || left.length === 1)
      return [{ records: left, retries: retries + 1 }];
    const half = Math.ceil(left.length / 2);
    return [left.slice(0, half), left.slice(half)].map((part) => ({ records: part, retries }));
  }

  async function deliver(
    shard: string,
    records: readonly StreamRecord[],
    signal: AbortSignal,
  ): Promise<void> {
    let waiting: readonly Batch[] = [{ records, retries: 0 }];
    let pauseMs = FIRST_PAUSE_MS;
    for (let [batch, ...others] = waiting; batch; [batch, ...others] = waiting) {
      const { MaximumRetryAttempts: limit } = mapping;
      if (limit >= 0 && batch.retries > limit) {
        setAside(options, shard, batch.records);
        waiting = others;
        continue;
      }
      const from = await attempt(batch.records);
      signal.throwIfAborted(); // a function killed by the stack's stop is not a failure
      waiting = [...next(batch, from), ...others];
      if (from === batch.records.length) pauseMs = FIRST_PAUSE_MS;
      else {
        onProblem(`${mapping.name}: the function did not handle ${batch.records.length - from} records.`);
        await pause(pauseMs, signal);
        signal.throwIfAborted();
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  return async (shard, records, signal) => {
    const wanted = records.filter(mapping.passes);
    if (wanted.length > 0) await deliver(shard, wanted, signal);
  };
}

/** As on AWS, the message describes the records' place in the stream, and the function's role sends it. */
function setAside(
  { mapping, functions, iam, queues, onProblem }: TargetOptions,
  shard: string,
  records: readonly StreamRecord[],
) {
  const queueArn = mapping.DestinationConfig?.OnFailure.Destination;
  const roleArn = functions.functions().find(({ arn }) => arn === mapping.functionArn)?.roleArn ?? '';
  if (!queueArn || !iam.authorize({ roleArn, action: 'sqs:SendMessage', resource: queueArn }).allowed) {
    onProblem(`${mapping.name} drops ${records.length} records: no failure destination takes them.`);
    return;
  }
  const body = {
    requestContext: {
      functionArn: mapping.functionArn,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: mapping.MaximumRetryAttempts + 1,
    },
    version: '1.0',
    timestamp: new Date().toISOString(),
    DDBStreamBatchInfo: {
      shardId: shard,
      startSequenceNumber: records.at(0)?.dynamodb.SequenceNumber,
      endSequenceNumber: records.at(-1)?.dynamodb.SequenceNumber,
      batchSize: records.length,
      streamArn: mapping.EventSourceArn,
    },
  };
  queues.send(queueArn, JSON.stringify(body), {});
}
