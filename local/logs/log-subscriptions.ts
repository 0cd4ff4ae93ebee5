// Subscription filters of log groups: the events of a group, masked and in batches, to a function.
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';

import type { ResourceType } from '#local/cloudformation/resource-type.ts';
import type { InvokeRequest } from '#local/lambda/permissions.ts';

import type { LogEvent, LogGroups } from './log-groups.ts';

export type LogSubscriptions = {
  readonly type: ResourceType;
  /** An event of a log group, subscribed to or not. */
  readonly add: (logGroup: string, event: LogEvent) => void;
  /** Resolves when every event was delivered or lost. */
  readonly settled: () => Promise<void>;
  readonly stop: () => void;
};

type Options = {
  readonly groups: Pick<LogGroups, 'arnOf' | 'exists' | 'masked'>;
  readonly account: string;
  readonly invoke: (functionArn: string, payload: unknown) => Promise<{ functionError?: string | undefined }>;
  readonly mayInvoke: (request: InvokeRequest) => boolean;
  /** Receives a batch that could not be delivered. */
  readonly onProblem: (line: string) => void;
};

/** The filter pattern that selects every event: no other is supported. */
const Properties = z.strictObject({
  LogGroupName: z.string().min(1),
  FilterPattern: z.literal(''),
  DestinationArn: z.string().startsWith('arn:aws:lambda:'),
  FilterName: z.string().optional(),
});

type Filter = { readonly name: string; readonly functionArn: string };

/** CloudWatch Logs takes some seconds. */
const BATCH_MS = 200;
/** As Lambda retries an asynchronous invocation. */
const ATTEMPTS = 3;

/** Batches of the events, each of one stream, as a subscriber receives them. */
function batchesOf(
  options: Options,
  { logGroup, name }: { logGroup: string; name: string },
  events: readonly LogEvent[],
) {
  return [...Map.groupBy(events, ({ stream }) => stream)].map(([logStream, ofStream]) => ({
    messageType: 'DATA_MESSAGE',
    owner: options.account,
    logGroup,
    logStream,
    subscriptionFilters: [name],
    logEvents: ofStream.map((event) => {
      const { id, timestamp, message } = options.groups.masked(logGroup, event);
      return { id, timestamp, message };
    }),
  }));
}

async function deliver({ invoke, onProblem }: Options, filter: Filter, batch: object): Promise<void> {
  const payload = { awslogs: { data: gzipSync(JSON.stringify(batch)).toString('base64') } };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const failed = { functionError: 'ServiceException' };
    const { functionError } = await invoke(filter.functionArn, payload).catch(() => failed);
    if (functionError === undefined) return;
  }
  onProblem(`Events of a log group could not be delivered to ${filter.name}.`);
}

export function createLogSubscriptions(options: Options): LogSubscriptions {
  const { groups, mayInvoke } = options;
  const filters = new Map<string, Filter>();
  const waiting = new Map<string, LogEvent[]>();
  const flushing = new Map<string, Promise<void>>();

  async function flush(logGroup: string, filter: Filter): Promise<void> {
    for (;;) {
      await sleep(BATCH_MS, undefined, { ref: false });
      const events = waiting.get(logGroup) ?? [];
      waiting.delete(logGroup);
      if (events.length === 0) break;
      for (const batch of batchesOf(options, { logGroup, name: filter.name }, events))
        await deliver(options, filter, batch);
    }
    flushing.delete(logGroup);
  }

  return {
    type: {
      honours: ['LogGroupName', 'FilterPattern', 'DestinationArn', 'FilterName'],
      create({ physicalName, properties }) {
        const { LogGroupName, DestinationArn, FilterName = physicalName } = Properties.parse(properties);
        if (!groups.exists(LogGroupName)) throw new Error('The specified log group does not exist.');
        const sourceArn = groups.arnOf(LogGroupName);
        if (!mayInvoke({ functionArn: DestinationArn, principal: 'logs.amazonaws.com', sourceArn })) {
          throw new Error(
            'Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.',
          );
        }
        filters.set(LogGroupName, { name: FilterName, functionArn: DestinationArn });
        return { ref: FilterName };
      },
    },
    add(logGroup, event) {
      const filter = filters.get(logGroup);
      if (!filter) return;
      waiting.set(logGroup, [...(waiting.get(logGroup) ?? []), event]);
      if (!flushing.has(logGroup)) flushing.set(logGroup, flush(logGroup, filter));
    },
    async settled() {
      while (flushing.size > 0) await Promise.all(flushing.values());
    },
    stop() {
      filters.clear();
      waiting.clear();
    },
  };
}
