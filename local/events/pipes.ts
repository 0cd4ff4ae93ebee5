// `AWS::Pipes::Pipe`: provisioning and running pipes.
import type { Created, ResourceRequest, ResourceType, Site } from '#local/cloudformation/resource-type.ts';
import type { Journal } from '#local/call-journal.ts';

import type { Buses } from './bus.ts';
import { openCheckpoint } from './checkpoint.ts';
import { createPipe, type Pipe } from './pipe.ts';
import { type PipeDefinition, readPipe } from './pipe-definition.ts';
import { createPipeTarget } from './pipe-target.ts';
import type { Authorizer, Pause, Queues, StreamSource } from './event-ports.ts';
import { createShardReader } from './shard-reader.ts';
import { createStream } from './stream.ts';

type PipesOptions = {
  /** Folder of the checkpoints. */
  readonly folder: string;
  readonly site: Site;
  readonly iam: Authorizer;
  readonly dynamo: StreamSource;
  readonly journal: Journal;
  readonly put: Buses['put'];
  readonly queues: Queues;
  readonly pause: Pause;
  readonly onProblem: (line: string) => void;
};

export type Pipes = {
  readonly type: ResourceType;
  readonly start: () => void;
  readonly drained: (signal: AbortSignal) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export function createPipes(options: PipesOptions): Pipes {
  const { site } = options;
  const pipes: Pipe[] = [];

  function create({ physicalName, properties }: ResourceRequest): Created {
    const arn = `arn:aws:pipes:${site.region}:${site.account}:pipe/${physicalName}`;
    const definition = readPipe({ name: physicalName, arn }, properties);
    if (definition.running) pipes.push(startablePipe(definition, options));
    const state = definition.running ? 'RUNNING' : 'STOPPED';
    return { ref: physicalName, attributes: { Arn: arn, CurrentState: state } };
  }

  return {
    type: {
      honours: [
        'Name',
        'RoleArn',
        'Source',
        'SourceParameters',
        'Target',
        'TargetParameters',
        'DesiredState',
      ],
      ignores: {
        Description: 'documentation',
        KmsKeyIdentifier: 'the definition is not stored',
        LogConfiguration: 'the pipe reports its trouble to the stack',
        Tags: 'no billing',
      },
      create,
    },
    start() {
      for (const pipe of pipes) pipe.start();
    },
    async drained(signal) {
      await Promise.all(pipes.map((pipe) => pipe.drained(signal)));
    },
    async stop() {
      await Promise.all(pipes.map((pipe) => pipe.stop()));
    },
  };
}

function startablePipe(pipe: PipeDefinition, options: PipesOptions): Pipe {
  const { folder, dynamo, put, queues, pause, onProblem } = options;
  const { name, streamArn, startingPosition, batchSize } = pipe;
  const permit = permitter(pipe, options);
  const stream = createStream({
    endpoint: dynamo.endpoint,
    streamArn,
    isExpired: dynamo.isExpired,
    permit: (operation) => permit(`dynamodb:${operation}`, streamArn),
  });
  const readAll = createShardReader({
    stream,
    checkpoint: openCheckpoint({ folder, name, streamArn }),
    handOver: createPipeTarget({ pipe, put, permit, queues, pause, onProblem }),
    startingPosition,
    batchSize,
  });
  return createPipe({ name, readAll, pause, onProblem, onStopped: stream.close });
}

/** Authorises a call of the pipe's role. Only rejected reads are journalled: a pipe polls many times a second. */
function permitter(
  { name, roleArn }: PipeDefinition,
  { iam, journal }: Pick<PipesOptions, 'iam' | 'journal'>,
) {
  return (action: string, resource: string): void => {
    const verdict = iam.authorize({ roleArn, action, resource });
    const [service = '', operation = ''] = action.split(':');
    const { allowed } = verdict;
    if (!allowed || service !== 'dynamodb') {
      journal.record({
        at: Date.now(),
        caller: `pipe/${name}`,
        service,
        operation,
        resources: [resource],
        allowed,
      });
    }
    if (!verdict.allowed) throw new Error(verdict.message);
  };
}
