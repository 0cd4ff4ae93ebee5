// The body of a request, up to API Gateway's limit.
import type { IncomingMessage } from 'node:http';

import { GatewayError } from './gateway-error.ts';

const LIMIT = 10 * 1024 * 1024;

/** Rejects at the first byte beyond the limit and discards the rest, so that the client receives the response. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LIMIT) chunks.push(chunk);
      else reject(new GatewayError('REQUEST_TOO_LARGE'));
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}
