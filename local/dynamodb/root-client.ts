// DynamoDB's own protocol, spoken to the engine directly: provisioning, the TTL sweep and the streams need no IAM.
import { Agent, request } from 'node:http';

import * as z from 'zod';

export type RootClient = {
  /** One operation of DynamoDB, or of DynamoDB Streams where its name says so. @throws {EngineError} */
  readonly call: (operation: string, input: object) => Promise<Readonly<Record<string, unknown>>>;
  readonly close: () => void;
};

/** The engine's rejection: `type` is the error's short name, `ResourceNotFoundException`. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(`${type}: ${message}`);
    this.type = type;
  }
}

const EngineErrorBody = z.object({
  __type: z.string(),
  message: z.string().optional(),
  Message: z.string().optional(),
});
const TIMEOUT_MS = 10_000;
const STREAM_OPERATIONS = new Set(['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords']);

// Both engines ask for a signature's form and check nothing of it.
const scope = 'Credential=ROOT/20260101/local/dynamodb/aws4_request';
const AUTHORIZATION = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;

export function createRootClient(endpoint: string): RootClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });

  async function call(operation: string, input: object) {
    const service = STREAM_OPERATIONS.has(operation) ? 'DynamoDBStreams_20120810' : 'DynamoDB_20120810';
    const { status, text } = await post(`${service}.${operation}`, JSON.stringify(input));
    const body: unknown = JSON.parse(text);
    if (status === 200) return body as Record<string, unknown>;
    const { __type, message, Message } = EngineErrorBody.parse(body);
    throw new EngineError(__type.replace(/^.*#/, ''), message ?? Message ?? '');
  }

  const post = (target: string, body: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-amz-json-1.0',
        'content-length': Buffer.byteLength(body),
        'x-amz-target': target,
        'x-amz-date': '20260101T000000Z',
        authorization: AUTHORIZATION,
      };
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const sent = request(endpoint, { method: 'POST', agent, headers, signal }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });

  return { call, close: () => agent.destroy() };
}
