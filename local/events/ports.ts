// What the event parts ask of their neighbours.

/** The local IAM: may this role do this? */
export type Authorizer = {
  readonly authorize: (ask: {
    readonly roleArn: string;
    readonly action: string;
    readonly resource: string;
  }) => { readonly allowed: true } | { readonly allowed: false; readonly message: string };
};

/** The local Lambda. */
export type Functions = {
  /** Throws where the Lambda API refuses; a failing function is a result. */
  readonly invoke: (
    functionArn: string,
    payload: unknown,
  ) => Promise<{ readonly functionError?: string | undefined }>;
  /** The function's resource policy. */
  readonly mayInvoke: (request: {
    readonly functionArn: string;
    readonly principal: string;
    readonly sourceArn: string;
  }) => boolean;
  readonly functions: () => readonly { readonly arn: string; readonly roleArn: string }[];
};

/** A DynamoDB engine, with root access. */
export type StreamSource = { readonly endpoint: string };

/** Dead-letter queues. */
export type Queues = {
  /** The message is on disk when this returns. Throws when there is no such queue. */
  readonly send: (queueArn: string, body: string, attributes: Readonly<Record<string, string>>) => void;
  /** Whether the queue's policy lets this AWS service send to it on behalf of that resource. */
  readonly admits: (queueArn: string, service: string, sourceArn: string) => boolean;
};

/** Whether a queue's or topic's policy lets this AWS service do this to it, on behalf of that resource. */
export type Admits = (
  action: string,
  resourceArn: string,
  by: { readonly service: string; readonly sourceArn: string },
) => boolean;

/** Topics: nobody subscribes on one machine, so what is published is kept to be looked at. */
export type Topics = {
  /** Throws when there is no such topic. */
  readonly publish: (topicArn: string, message: string) => void;
  readonly admits: (topicArn: string, service: string, sourceArn: string) => boolean;
};

/** Waits, or returns early when the signal aborts. */
export type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;
