// Queues and topics as event targets, with their resource policies.
import type { ResourceTypes, Site } from '#local/cloudformation/resource-type.ts';

import type { Queues, Topics } from './event-ports.ts';
import { createQueues, type QueueMessage } from './queues.ts';
import { createResourcePolicies } from './resource-policies.ts';
import { createTopics, type Published } from './topics.ts';

export type QueuesAndTopics = {
  readonly types: ResourceTypes;
  readonly queues: Queues;
  readonly topics: Topics;
  /** By queue ARN. */
  readonly waiting: () => Readonly<Record<string, readonly QueueMessage[]>>;
  readonly published: () => readonly Published[];
  readonly stop: () => Promise<void>;
};

export function createQueuesAndTopics({ folder, site }: { folder: string; site: Site }): QueuesAndTopics {
  const queues = createQueues({ folder, site });
  const topics = createTopics();
  const policies = createResourcePolicies(site);
  const admits = (action: string) => (arn: string, service: string, sourceArn: string) =>
    policies.admits(action, arn, { service, sourceArn });

  return {
    types: { ...policies.types, 'AWS::SQS::Queue': queues.type, 'AWS::SNS::Topic': topics.type },
    queues: { send: queues.send, admits: admits('sqs:SendMessage') },
    topics: { publish: topics.publish, admits: admits('sns:Publish') },
    waiting: () => Object.fromEntries(queues.arns().map((arn) => [arn, queues.waiting(arn)])),
    published: topics.published,
    stop: queues.stop,
  };
}
