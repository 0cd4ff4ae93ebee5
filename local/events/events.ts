// EventBridge, Pipes and the queues behind them.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ResourceTypes, Site } from '#local/cloudformation/resource.ts';
import type { Journal } from '#local/journal.ts';

import { createBuses } from './bus.ts';
import { createDeadLetters, type Lost } from './dead-letters.ts';
import { createDelivery } from './delivery.ts';
import type { BusEvent } from './event.ts';
import { createInvokeConfigs } from './invoke-config.ts';
import { createPipes } from './pipes.ts';
import type { Authorizer, Functions, Pause, Queues, StreamSource } from './ports.ts';
import { createQueuePolicies } from './queue-policies.ts';
import { createQueues, type QueueMessage } from './queues.ts';

export type Events = {
  readonly types: ResourceTypes;
  /** Sets the provisioned pipes running. */
  readonly start: () => void;
  /** Resolves when no pipe has anything unread and no delivery is in flight; rejects after 15 s. */
  readonly settled: () => Promise<void>;
  /** The newest events of all buses, oldest first. */
  readonly busEvents: () => readonly BusEvent[];
  /** Events that no target took and no queue keeps. */
  readonly lost: () => readonly Lost[];
  /** Messages waiting in each queue, by queue ARN. */
  readonly queues: () => Readonly<Record<string, readonly QueueMessage[]>>;
  readonly stop: () => Promise<void>;
};

export type EventsOptions = {
  readonly folder: string;
  readonly site: Site;
  readonly iam: Authorizer;
  readonly lambda: Functions;
  readonly dynamo: StreamSource;
  readonly journal: Journal;
  /** What went wrong, once per kind of trouble. */
  readonly onProblem?: (line: string) => void;
};

const SETTLE_MS = 15_000;
const KEPT_LOST = 1_000;

const pause: Pause = (milliseconds, signal) =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);

export function createEvents(options: EventsOptions): Events {
  const { folder, site, iam, lambda, dynamo, journal } = options;
  const lost: Lost[] = [];
  const onProblem = once(options.onProblem ?? (() => undefined));
  const localQueues = createQueues({ folder: join(folder, 'queues'), site });
  const policies = createQueuePolicies(site);
  const queues: Queues = { send: localQueues.send, admits: policies.admits };
  const invokeConfigs = createInvokeConfigs();

  const deadLetters = createDeadLetters({
    queues,
    mayReport(functionArn, queueArn) {
      const roleArn = lambda.functions().find(({ arn }) => arn === functionArn)?.roleArn;
      if (roleArn === undefined) return false;
      return iam.authorize({ roleArn, action: 'sqs:SendMessage', resource: queueArn }).allowed;
    },
    onLost(event) {
      lost.push(event);
      if (lost.length > KEPT_LOST) lost.shift();
      onProblem(`An event for ${event.target} is lost: ${event.reason}`);
    },
  });
  const deliver = createDelivery({ functions: lambda, asyncConfigOf: invokeConfigs.of, deadLetters, pause });
  const buses = createBuses({ site, deliver });

  const pipes = createPipes({
    folder: join(folder, 'pipes'),
    site,
    iam,
    dynamo,
    journal,
    put: buses.put,
    queues,
    pause,
    onProblem,
  });

  return {
    types: {
      ...buses.types,
      'AWS::SQS::Queue': localQueues.type,
      'AWS::SQS::QueuePolicy': policies.type,
      'AWS::Lambda::EventInvokeConfig': invokeConfigs.type,
      'AWS::Pipes::Pipe': pipes.type,
    },
    start: pipes.start,
    settled: () => pipes.drained(AbortSignal.timeout(SETTLE_MS)),
    busEvents: buses.events,
    lost: () => lost,
    queues: () => Object.fromEntries(localQueues.arns().map((arn) => [arn, localQueues.waiting(arn)])),
    async stop() {
      await pipes.stop();
      await localQueues.stop();
    },
  };
}

function once(report: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    said.add(line);
    report(line);
  };
}
