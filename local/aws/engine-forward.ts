// Forwards an authorised DynamoDB call to the engine unchanged, over keep-alive connections.
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export type AwsResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
};

const ANSWER_MS = 30_000;
const IDLE_MS = 4_000;
/** Hop-by-hop headers, which are not forwarded. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'host',
  'content-length',
  'expect',
]);

export function createForward(endpoint: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: IDLE_MS });

  function forward(headers: IncomingHttpHeaders, body: Buffer): Promise<AwsResponse> {
    return new Promise((resolve, reject) => {
      const sent = request(
        endpoint,
        {
          method: 'POST',
          agent,
          headers: { ...endToEnd(headers), 'content-length': body.length },
          timeout: ANSWER_MS,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const { statusCode: status = 500 } = answer;
            resolve({ status, headers: endToEnd(answer.headers), body: Buffer.concat(chunks) });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('The DynamoDB engine does not answer')));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  return { forward, close: () => agent.destroy() };
}

function endToEnd(headers: IncomingHttpHeaders): Record<string, string | readonly string[]> {
  const kept: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}
