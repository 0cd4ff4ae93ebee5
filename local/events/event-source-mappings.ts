// Provisioning and running of event source mappings, on the same reader of streams as pipes.
import { createHash } from 'node:crypto';

import type { Journal } from '#local/call-journal.ts';
import type { Created, ResourceRequest, ResourceType, Site } from '#local/cloudformation/resource-type.ts';

import { openCheckpoint } from './checkpoint.ts';
import type { Authorizer, Functions, Pause, Queues, StreamSource } from './event-ports.ts';
import { createMappingTarget, type MappingDefinition, readMapping } from './event-source-mapping.ts';
import { createPipe, type Pipe } from './pipe.ts';
import { createShardReader } from './shard-reader.ts';
import { createStream } from './stream.ts';

type MappingsOptions = {
  /** Folder of the checkpoints. */
  readonly folder: string;
  readonly site: Site;
  readonly iam: Authorizer;
  readonly dynamo: StreamSource;
  readonly lambda: Functions;
  readonly journal: Journal;
  readonly queues: Queues;
  readonly pause: Pause;
  readonly onProblem: (line: string) => void;
};

export type EventSourceMappings = {
  readonly type: ResourceType;
  readonly start: () => void;
  readonly drained: (signal: AbortSignal) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export function createEventSourceMappings(options: MappingsOptions): EventSourceMappings {
  const { site } = options;
  const pollers: Pipe[] = [];
  const arnOf = (name: string) =>
    name.startsWith('arn:') ? name : `arn:aws:lambda:${site.region}:${site.account}:function:${name}`;

  function create({ physicalName, properties }: ResourceRequest): Created {
    const mapping = readMapping(physicalName, properties, arnOf);
    if (mapping.Enabled) pollers.push(poller(mapping, options));
    const id = createHash('sha256').update(physicalName).digest('hex').slice(0, 32);
    return { ref: id, attributes: { Id: id } };
  }

  return {
    type: {
      honours: [
        'FunctionName',
        'EventSourceArn',
        'StartingPosition',
        'BatchSize',
        'BisectBatchOnFunctionError',
        'MaximumRetryAttempts',
        'FunctionResponseTypes',
        'FilterCriteria',
        'DestinationConfig',
        'Enabled',
      ],
      ignores: {
        MaximumBatchingWindowInSeconds: 'batches are delivered at once',
        MaximumRecordAgeInSeconds: 'no record waits long enough to expire',
        Tags: 'no billing',
      },
      create,
    },
    start() {
      for (const each of pollers) each.start();
    },
    async drained(signal) {
      await Promise.all(pollers.map((each) => each.drained(signal)));
    },
    async stop() {
      await Promise.all(pollers.map((each) => each.stop()));
    },
  };
}

/** Lambda reads the stream with the function's role. */
function poller(mapping: MappingDefinition, options: MappingsOptions): Pipe {
  const { folder, dynamo, lambda, iam, journal, queues, pause, onProblem } = options;
  const { name, functionArn, EventSourceArn: streamArn } = mapping;
  const stream = createStream({
    endpoint: dynamo.endpoint,
    streamArn,
    isExpired: dynamo.isExpired,
    permit(operation) {
      const roleArn = lambda.functions().find(({ arn }) => arn === functionArn)?.roleArn ?? '';
      const verdict = iam.authorize({ roleArn, action: `dynamodb:${operation}`, resource: streamArn });
      if (verdict.allowed) return;
      const call = { at: Date.now(), caller: `source/${name}`, service: 'dynamodb', operation };
      journal.record({ ...call, resources: [streamArn], allowed: false });
      throw new Error(verdict.message);
    },
  });
  const readAll = createShardReader({
    stream,
    checkpoint: openCheckpoint({ folder, name, streamArn }),
    handOver: createMappingTarget({ mapping, functions: lambda, iam, queues, pause, onProblem }),
    startingPosition: mapping.StartingPosition,
    batchSize: mapping.BatchSize,
  });
  return createPipe({ name, readAll, pause, onProblem, onStopped: stream.close });
}
