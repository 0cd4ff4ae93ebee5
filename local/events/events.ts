// EventBridge, Pipes and the queues and topics behind them.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';
import type { Journal } from '#local/call-journal.ts';

import { createBuses } from './bus.ts';
import { createDeadLetters, type DeadLetters, type Lost } from './dead-letters.ts';
import { createDelivery } from './delivery.ts';
import { createEventSourceMappings } from './event-source-mappings.ts';
import type { BusEvent, Entry } from './event.ts';
import { createInFlightDeliveries } from './in-flight-deliveries.ts';
import { createInvokeConfigs } from './invoke-config.ts';
import { createPipes } from './pipes.ts';
import type { Authorizer, Functions, Pause, Queues, StreamSource } from './event-ports.ts';
import type { QueueMessage } from './queues.ts';
import { createSchedules } from './schedules.ts';
import { createQueuesAndTopics } from './queues-and-topics.ts';
import type { Published } from './topics.ts';

export type Events = {
  readonly types: ResourceTypes;
  /** Starts the provisioned pipes, event source mappings and schedules. */
  readonly start: () => void;
  /** Resolves when no pipe and no event source mapping has anything unread and no delivery is in delivery; rejects after 15 s. */
  readonly settled: () => Promise<void>;
  /** Puts an event of AWS's own on the default bus, and does not wait for it. */
  readonly putServiceEvent: (entry: Entry) => void;
  /** The newest events of all buses, oldest first. */
  readonly busEvents: () => readonly BusEvent[];
  /** Events that were neither handled nor stored in a queue. */
  readonly lost: () => readonly Lost[];
  /** Messages waiting in each queue, by queue ARN. */
  readonly queues: () => Readonly<Record<string, readonly QueueMessage[]>>;
  /** The newest messages published to topics, oldest first. */
  readonly published: () => readonly Published[];
  /** Runs the schedules of this function as of `time`. Settles when the event was handled. */
  readonly runSchedule: (functionName: string, time?: Date) => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type EventsOptions = {
  readonly folder: string;
  readonly site: Site;
  readonly iam: Authorizer;
  readonly lambda: Functions;
  readonly dynamo: StreamSource;
  readonly journal: Journal;
  /** Receives each distinct problem once. */
  readonly onProblem?: (line: string) => void;
  /** The schedules' clock. */
  readonly now?: () => number;
};

const SETTLE_MS = 15_000;
const KEPT_LOST = 1_000;

const pause: Pause = (milliseconds, signal) =>
  sleep(milliseconds, undefined, { signal }).catch(() => undefined);

export function createEvents(options: EventsOptions): Events {
  const { folder, site, iam, lambda, dynamo, journal, now = Date.now } = options;
  const lost: Lost[] = [];
  const onProblem = once(options.onProblem ?? (() => undefined));
  const sinks = createQueuesAndTopics({ folder: join(folder, 'queues'), site });
  const { queues, topics } = sinks;
  const invokeConfigs = createInvokeConfigs();

  const deadLetters = createDeadLettersFor(options, queues, (event) => {
    lost.push(event);
    if (lost.length > KEPT_LOST) lost.shift();
    onProblem(`An event for ${event.target} is lost: ${event.reason}`);
  });
  const asyncInvokeConfig = invokeConfigs.of;
  const deliver = createDelivery({ iam, functions: lambda, topics, asyncInvokeConfig, deadLetters, pause });
  const buses = createBuses({ site, deliver });
  const deliveries = createInFlightDeliveries();
  const schedules = createSchedules({ site, rules: buses.rules, deliver, pause, now, onProblem });

  const reading = { site, iam, dynamo, journal, queues, pause, onProblem };
  const pipes = createPipes({ ...reading, folder: join(folder, 'pipes'), put: buses.put });
  const sources = createEventSourceMappings({ ...reading, folder: join(folder, 'sources'), lambda });

  return {
    types: {
      ...buses.types,
      ...sinks.types,
      'AWS::Lambda::EventInvokeConfig': invokeConfigs.type,
      'AWS::Lambda::EventSourceMapping': sources.type,
      'AWS::Pipes::Pipe': pipes.type,
    },
    start() {
      pipes.start();
      sources.start();
      schedules.start();
    },
    async settled() {
      const signal = AbortSignal.timeout(SETTLE_MS);
      await Promise.all([pipes.drained(signal), sources.drained(signal), deliveries.settled(signal)]);
    },
    putServiceEvent: (entry) => deliveries.add((signal) => buses.putServiceEvent(entry, signal)),
    busEvents: buses.events,
    lost: () => lost,
    queues: sinks.waiting,
    published: sinks.published,
    runSchedule: schedules.run,
    async stop() {
      await schedules.stop();
      await pipes.stop();
      await sources.stop();
      await deliveries.stop();
      await sinks.stop();
    },
  };
}

function createDeadLettersFor(
  { iam, lambda }: EventsOptions,
  queues: Queues,
  onLost: (lost: Lost) => void,
): DeadLetters {
  return createDeadLetters({
    queues,
    mayReport(functionArn, queueArn) {
      const roleArn = lambda.functions().find(({ arn }) => arn === functionArn)?.roleArn;
      if (roleArn === undefined) return false;
      return iam.authorize({ roleArn, action: 'sqs:SendMessage', resource: queueArn }).allowed;
    },
    onLost,
  });
}

function once(report: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    said.add(line);
    report(line);
  };
}
