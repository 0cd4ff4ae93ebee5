// SQS for dead letters: fauxqs in process, on disk.
import { mkdirSync } from 'node:fs';

import type { FauxqsServer } from 'fauxqs';

import type { Created, ResourceRequest, ResourceType, Site } from '#local/cloudformation/resource-type.ts';

export type QueueMessage = { readonly body: string; readonly attributes: Readonly<Record<string, string>> };

export type LocalQueues = {
  readonly type: ResourceType;
  readonly send: (queueArn: string, body: string, attributes: Readonly<Record<string, string>>) => void;
  /** Messages waiting in a queue, oldest first, without receiving them. */
  readonly waiting: (queueArn: string) => readonly QueueMessage[];
  readonly arns: () => readonly string[];
  readonly stop: () => Promise<void>;
};

const HONOURS = [
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
  'VisibilityTimeout',
];
const IGNORES = {
  KmsDataKeyReusePeriodSeconds: 'no encryption at rest',
  KmsMasterKeyId: 'no encryption at rest',
  RedriveAllowPolicy: 'nothing here names a foreign source queue',
  SqsManagedSseEnabled: 'no encryption at rest',
  Tags: 'no billing',
};

export function createQueues({ folder, site }: { folder: string; site: Site }): LocalQueues {
  const names = new Map<string, string>();
  let server: FauxqsServer | undefined;
  let starting: Promise<FauxqsServer> | undefined;

  async function create({ physicalName, properties }: ResourceRequest): Promise<Created> {
    if (physicalName.length > 80) throw new Error(`A queue name has at most 80 characters: ${physicalName}`);
    starting ??= startServer(folder, site);
    server = await starting;
    const { queueUrl } = server.createQueue(physicalName, { attributes: toSqsAttributes(properties) });
    const arn = `arn:aws:sqs:${site.region}:${site.account}:${physicalName}`;
    names.set(arn, physicalName);
    return { ref: queueUrl, attributes: { Arn: arn, QueueName: physicalName, QueueUrl: queueUrl } };
  }

  return {
    type: { honours: ['QueueName', ...HONOURS], ignores: IGNORES, create },

    send(queueArn, body, attributes) {
      const name = names.get(queueArn);
      if (name === undefined || !server) throw new Error(`There is no queue ${queueArn}.`);
      const filled = Object.entries(attributes).filter(([, value]) => value !== '');
      const messageAttributes = Object.fromEntries(
        filled.map(([key, value]) => [key, { DataType: 'String', StringValue: value }]),
      );
      server.sendMessage(name, body, { messageAttributes });
    },

    waiting(queueArn) {
      const { messages } = server?.inspectQueue(names.get(queueArn) ?? '') ?? {};
      return (messages?.ready ?? []).map(({ body, messageAttributes }) => ({
        body,
        attributes: Object.fromEntries(
          Object.entries(messageAttributes).map(([key, { StringValue }]) => [key, StringValue ?? '']),
        ),
      }));
    },

    arns: () => [...names.keys()],

    async stop() {
      await (await starting)?.stop();
    },
  };
}

async function startServer(folder: string, site: Site): Promise<FauxqsServer> {
  // The package takes most of a second to load: imported only if the template has queues.
  const { startFauxqs } = await import('fauxqs');
  mkdirSync(folder, { recursive: true });
  return startFauxqs({
    port: 0,
    host: '127.0.0.1',
    logger: false,
    defaultRegion: site.region,
    dataDir: folder,
  });
}

/** CloudFormation has numbers and objects where SQS expects strings. */
function toSqsAttributes(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  const given = HONOURS.filter((name) => properties[name] !== undefined);
  return Object.fromEntries(
    given.map((name) => {
      const value = properties[name];
      return [name, typeof value === 'string' ? value : JSON.stringify(value)];
    }),
  );
}
