// Ports of the event services to IAM, Lambda, DynamoDB and the dead-letter queues.

/** Authorisation of a role by the local IAM. */
export type Authorizer = {
  readonly authorize: (ask: {
    readonly roleArn: string;
    readonly action: string;
    readonly resource: string;
  }) => { readonly allowed: true } | { readonly allowed: false; readonly message: string };
};

/** The local Lambda. */
export type Functions = {
  /** @throws when the Lambda API rejects; a failing function is a result. */
  readonly invoke: (
    functionArn: string,
    payload: unknown,
  ) => Promise<{ readonly functionError?: string | undefined; readonly payload?: unknown }>;
  /** The function's resource policy. */
  readonly mayInvoke: (request: {
    readonly functionArn: string;
    readonly principal: string;
    readonly sourceArn: string;
  }) => boolean;
  readonly functions: () => readonly { readonly arn: string; readonly roleArn: string }[];
};

/** A DynamoDB engine, with root access. */
export type StreamSource = {
  readonly endpoint: string;
  /** True if TTL removed the item of this key. */
  readonly isExpired: (tableName: string, key: unknown) => boolean;
};

/** Dead-letter queues. */
export type Queues = {
  /** The message is on disk when this returns. Throws when there is no such queue. */
  readonly send: (queueArn: string, body: string, attributes: Readonly<Record<string, string>>) => void;
  /** True if the queue's policy allows this AWS service to send on behalf of that resource. */
  readonly admits: (queueArn: string, service: string, sourceArn: string) => boolean;
};

/** True if the policy of a queue or topic allows the action by this AWS service on behalf of that resource. */
export type Admits = (
  action: string,
  resourceArn: string,
  by: { readonly service: string; readonly sourceArn: string },
) => boolean;

/** Topics without subscribers: published messages are kept for inspection. */
export type Topics = {
  /** Throws when there is no such topic. */
  readonly publish: (topicArn: string, message: string) => void;
  readonly admits: (topicArn: string, service: string, sourceArn: string) => boolean;
};

/** Waits, or returns early when the signal aborts. */
export type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;
