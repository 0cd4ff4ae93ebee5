// A streamed response of an HTTP integration: a JSON prelude, eight NUL bytes, the body.
import type { ByteQueue } from './byte-queue.ts';
import { type FunctionError, StreamFault } from './function-error.ts';
import type { Answer } from './runtime-api.ts';

export type StreamedInvocation =
  | {
      readonly kind: 'streamed';
      /** Status and headers as the function stated them; JSON, otherwise unchecked. */
      readonly prelude: unknown;
      /** Throws `StreamFault` where the function failed in mid-stream. For one reader. */
      readonly body: AsyncIterable<Uint8Array>;
    }
  | { readonly kind: 'failed'; readonly error: FunctionError }
  /** The response is not in the form of an HTTP integration. */
  | { readonly kind: 'malformed' };

const DELIMITER = Buffer.alloc(8);
/** API Gateway looks for the delimiter in the first 16 KB. */
const PRELUDE_LIMIT = 16 * 1024;

export async function readStreamedResponse(answer: Answer): Promise<StreamedInvocation> {
  if (answer.kind === 'error') return { kind: 'failed', error: answer.error };
  if (answer.kind === 'payload') return { kind: 'malformed' };
  try {
    return await readPrelude(answer.body);
  } catch (error) {
    if (error instanceof StreamFault) return { kind: 'failed', error: error.error };
    throw error;
  }
}

async function readPrelude(body: ByteQueue): Promise<StreamedInvocation> {
  const chunks = body[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  for (;;) {
    const end = head.indexOf(DELIMITER);
    if (end >= 0) {
      const prelude = parsePrelude(head.subarray(0, end).toString('utf8'));
      if (prelude === undefined) return { kind: 'malformed' };
      return { kind: 'streamed', prelude, body: rest(head.subarray(end + DELIMITER.length), chunks) };
    }
    const next = await chunks.next();
    if (next.done === true || head.length > PRELUDE_LIMIT) return { kind: 'malformed' };
    head = Buffer.concat([head, next.value]);
  }
}

function parsePrelude(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function* rest(first: Uint8Array, chunks: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}
