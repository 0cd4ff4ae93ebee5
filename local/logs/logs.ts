// CloudWatch Logs: what the functions write, by log group, and its subscribers.
import type { ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';
import type { FunctionConfig } from '#local/lambda/function-config.ts';
import type { Lambda } from '#local/lambda/lambda.ts';

import { createLogGroups, type LogGroups } from './log-groups.ts';
import { createLogSubscriptions } from './log-subscriptions.ts';

export type Logs = {
  readonly types: ResourceTypes;
  readonly groups: LogGroups;
  /** A line that a function wrote. */
  readonly onFunctionLine: (config: Pick<FunctionConfig, 'name' | 'logGroup'>, line: string) => void;
  /** Resolves when the subscribers have received every event. */
  readonly settled: () => Promise<void>;
  readonly stop: () => void;
};

export type LogsOptions = {
  readonly site: Site;
  /** Created after the logs that it writes to. */
  readonly lambda: () => Pick<Lambda, 'invoke' | 'mayInvoke'>;
  /** Deliver events to the subscribers. */
  readonly logSubscriptions: boolean;
  readonly onProblem: (line: string) => void;
};

export function createLogs({ site, lambda, logSubscriptions, onProblem }: LogsOptions): Logs {
  const groups = createLogGroups(site);
  const subscriptions = createLogSubscriptions({
    groups,
    account: site.account,
    invoke: (functionArn, payload) => lambda().invoke(functionArn, payload),
    mayInvoke: (request) => lambda().mayInvoke(request),
    onProblem,
  });
  return {
    types: {
      'AWS::Logs::LogGroup': groups.type,
      'AWS::Logs::SubscriptionFilter': subscriptions.type,
    },
    groups,
    onFunctionLine({ name, logGroup }, line) {
      const event = groups.put(logGroup, `${name}[$LATEST]local`, line);
      if (event && logSubscriptions) subscriptions.add(logGroup, event);
    },
    settled: subscriptions.settled,
    stop: subscriptions.stop,
  };
}
