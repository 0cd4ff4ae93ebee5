// SNS as far as anything is published: nobody subscribes on one machine, the messages are kept to be looked at.
import type { Created, ResourceRequest, ResourceType } from '#local/cloudformation/resource.ts';

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
        DisplayName: 'for people',
        KmsMasterKeyId: 'topics are not encrypted on one machine',
        Tags: 'nobody bills one machine',
        TracingConfig: 'nothing is traced on one machine',
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
