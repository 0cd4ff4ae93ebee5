// The interface of a service behind the AWS endpoint, and AWS's JSON responses.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import type { AwsResponse } from './engine-forward.ts';

type ServiceRequest = {
  readonly accessKeyId: string;
  /** Empty for S3, whose requests name their operation by method and path. */
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /**
   * Runs the authorised call, unless an injected fault replaces its response.
   * @param operation default: the one of the request
   */
  readonly authorised: (proceed: () => Promise<AwsResponse>, operation?: string) => Promise<AwsResponse>;
};

export type Outcome = {
  readonly answer: AwsResponse;
  readonly resources: readonly string[];
  readonly allowed: boolean;
  /** DynamoDB calls only: the partition keys they name. */
  readonly partitions?: readonly string[];
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** S3 only. */
  readonly operation?: string;
};

export type Service = (request: ServiceRequest) => Promise<Outcome>;

/** DynamoDB's own limit of a request. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** Returns undefined when the body exceeds AWS's limit. */
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

/** Returns undefined for invalid JSON. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

export function jsonResponse(status: number, body: object): AwsResponse {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

export type AwsErrorOptions = {
  readonly status: number;
  readonly type: string;
  readonly message?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
};

/** An AWS error. Both spellings of the message: services differ, and SDKs read either. */
export function awsError({ status, type, message = '', extra }: AwsErrorOptions): AwsResponse {
  const __type = `com.amazon.coral.service#${type}`;
  return jsonResponse(status, { __type, message, Message: message, ...extra });
}
