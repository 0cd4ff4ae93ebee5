// What the front door asks of a service behind it.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import type { Answer } from './engine-forward.ts';

type ServiceRequest = {
  readonly accessKeyId: string;
  readonly operation: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Runs the call once it is allowed, unless a test's fault answers in its place. */
  readonly authorised: (proceed: () => Promise<Answer>) => Promise<Answer>;
};

export type Outcome = {
  readonly answer: Answer;
  readonly resources: readonly string[];
  readonly allowed: boolean;
  /** DynamoDB calls only: the partition keys they name. */
  readonly partitions?: readonly string[];
  readonly encryptionContext?: Readonly<Record<string, string>>;
};

export type Service = (request: ServiceRequest) => Promise<Outcome>;

/** DynamoDB's own limit of a request. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Undefined when the body is longer than AWS would take. */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Undefined for what is not JSON. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

export function jsonAnswer(status: number, body: object): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

export type Refusal = {
  readonly status: number;
  readonly type: string;
  readonly message?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
};

/** An AWS error. Both spellings of the message: services differ, and SDKs read either. */
export function refusal({ status, type, message = '', extra }: Refusal): Answer {
  const __type = `com.amazon.coral.service#${type}`;
  return jsonAnswer(status, { __type, message, Message: message, ...extra });
}
