// The body of a request, up to API Gateway's limit.
import type { IncomingMessage } from 'node:http';

import { Refusal } from './refusal.ts';

const LIMIT = 10 * 1024 * 1024;

/** Refuses at the first byte too many; the rest flows by unread, so that the client gets to see the answer. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LIMIT) chunks.push(chunk);
      else reject(new Refusal('REQUEST_TOO_LARGE'));
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}
