// SNS topics without subscribers: published messages are kept for inspection.
import type { Created, ResourceRequest, ResourceType } from '#local/cloudformation/resource-type.ts';

export type Published = { readonly topicArn: string; readonly message: string };

export type LocalTopics = {
  readonly type: ResourceType;
  readonly publish: (topicArn: string, message: string) => void;
  /** The newest messages of all topics, oldest first. */
  readonly published: () => readonly Published[];
};

const KEPT_MESSAGES = 1_000;

export function createTopics(): LocalTopics {
  const arns = new Set<string>();
  const kept: Published[] = [];

  function create({ physicalName, site: { region, account } }: ResourceRequest): Created {
    const arn = `arn:aws:sns:${region}:${account}:${physicalName}`;
    arns.add(arn);
    return { ref: arn, attributes: { TopicArn: arn, TopicName: physicalName } };
  }

  return {
    type: {
      honours: ['TopicName'],
      ignores: {
        DisplayName: 'documentation',
        KmsMasterKeyId: 'no encryption at rest',
        Tags: 'no billing',
        TracingConfig: 'no tracing',
      },
      create,
    },

    publish(topicArn, message) {
      if (!arns.has(topicArn)) throw new Error(`There is no topic ${topicArn}.`);
      kept.push({ topicArn, message });
      if (kept.length > KEPT_MESSAGES) kept.shift();
    },

    published: () => kept,
  };
}
