// `AWS::Pipes::Pipe` as the template writes it, checked and compiled: a DynamoDB stream to an event bus.
import * as z from 'zod';

import { type Entry, seconds } from './event.ts';
import { compileTemplate, pipeMeaning } from './input-template.ts';
import { parsePath, valueAt } from './json-path.ts';
import { compilePattern } from './pattern.ts';
import type { StreamRecord } from './stream.ts';

const BusParameters = z.strictObject({
  DetailType: z.string().optional(),
  Source: z.string().optional(),
  Time: z.string().optional(),
  Resources: z.array(z.string()).optional(),
});

const StreamParameters = z.strictObject({
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']),
  BatchSize: z.coerce.number().int().min(1).max(1000).default(100),
  MaximumRetryAttempts: z.coerce.number().int().min(-1).default(-1),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
  OnPartialBatchItemFailure: z.literal('AUTOMATIC_BISECT').optional(),
  // No effect locally: batches are delivered at once and in sequence, and no record waits long enough to expire.
  MaximumBatchingWindowInSeconds: z.coerce.number().optional(),
  MaximumRecordAgeInSeconds: z.coerce.number().optional(),
  ParallelizationFactor: z.coerce.number().optional(),
});

const PipeProperties = z.looseObject({
  RoleArn: z.string(),
  Source: z.string().regex(/^arn:[^:]+:dynamodb:.*\/stream\//, 'The local pipe reads DynamoDB streams only.'),
  SourceParameters: z.strictObject({
    DynamoDBStreamParameters: StreamParameters,
    FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: z.string() })) }).optional(),
  }),
  Target: z.string().regex(/:event-bus\//, 'The local pipe feeds event buses only.'),
  TargetParameters: z
    .strictObject({
      InputTemplate: z.string().optional(),
      EventBridgeEventBusParameters: BusParameters.optional(),
    })
    .default({}),
  DesiredState: z.enum(['RUNNING', 'STOPPED']).default('RUNNING'),
});

export type PipeDefinition = {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly streamArn: string;
  readonly busArn: string;
  readonly running: boolean;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly batchSize: number;
  /** -1: without limit. */
  readonly maximumRetryAttempts: number;
  readonly deadLetterArn: string | undefined;
  readonly passes: (record: StreamRecord) => boolean;
  readonly toBusEntry: (record: StreamRecord) => Entry;
};

/** @throws on anything the local pipe does not support. */
export function readPipe({ name, arn }: { name: string; arn: string }, properties: unknown): PipeDefinition {
  const pipe = PipeProperties.parse(properties);
  const { DynamoDBStreamParameters: stream, FilterCriteria } = pipe.SourceParameters;
  const filters = (FilterCriteria?.Filters ?? []).map(({ Pattern }) => compilePattern(JSON.parse(Pattern)));
  const { InputTemplate, EventBridgeEventBusParameters: bus = {} } = pipe.TargetParameters;
  const variables = {
    'aws.pipes.pipe-arn': arn,
    'aws.pipes.pipe-name': name,
    'aws.pipes.source-arn': pipe.Source,
    'aws.pipes.target-arn': pipe.Target,
  };
  const detail =
    InputTemplate === undefined
      ? (record: unknown) => record
      : compileTemplate(InputTemplate, pipeMeaning(variables));
  return {
    name,
    arn,
    roleArn: pipe.RoleArn,
    streamArn: pipe.Source,
    busArn: pipe.Target,
    running: pipe.DesiredState === 'RUNNING',
    startingPosition: stream.StartingPosition,
    batchSize: stream.BatchSize,
    maximumRetryAttempts: stream.MaximumRetryAttempts,
    deadLetterArn: stream.DeadLetterConfig?.Arn,
    passes: (record) => filters.length === 0 || filters.some((matches) => matches(record)),
    toBusEntry: entryMaker(name, bus, detail),
  };
}

function entryMaker(name: string, bus: z.infer<typeof BusParameters>, detail: (record: unknown) => unknown) {
  const source = dynamic(bus.Source ?? `Pipe ${name}`);
  const detailType = dynamic(bus.DetailType ?? 'Event from aws:dynamodb');
  const time = bus.Time === undefined ? undefined : dynamic(bus.Time);
  const resources = (bus.Resources ?? []).map(dynamic);
  return (record: StreamRecord): Entry => {
    const at = time ? parseEventTime(time(record)) : undefined;
    return {
      source: source(record),
      detailType: detailType(record),
      detail: detail(record),
      resources: resources.map((resource) => resource(record)),
      ...(at === undefined ? {} : { time: at }),
    };
  };
}

/** A parameter may be a JSON path into the record. */
function dynamic(parameter: string): (record: unknown) => string {
  if (!parameter.startsWith('$.')) return () => parameter;
  const steps = parsePath(parameter);
  return (record) => {
    const value = valueAt(record, steps);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
}

/** Seconds since the epoch, as stream records have them, or a written time. */
function parseEventTime(value: string): string | undefined {
  if (value === '') return undefined;
  const time = new Date(/^\d+(?:\.\d+)?$/.test(value) ? Number(value) * 1000 : value);
  return Number.isNaN(time.getTime()) ? undefined : seconds(time);
}
