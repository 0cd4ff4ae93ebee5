// A buffered response, as `Invoke` returns it.
import { type FunctionError, responseTooLarge, StreamFault } from './function-error.ts';
import { type Answer, PAYLOAD_LIMIT } from './runtime-api.ts';

export type Invocation =
  | { readonly payload: unknown; readonly functionError?: never }
  | { readonly payload: FunctionError; readonly functionError: 'Unhandled' };

const unhandled = (error: FunctionError): Invocation => ({ payload: error, functionError: 'Unhandled' });

export async function readBufferedResponse(answer: Answer): Promise<Invocation> {
  if (answer.kind === 'error') return unhandled(answer.error);
  if (answer.kind === 'payload') return { payload: parsed(answer.text) };
  try {
    return await collected(answer.body);
  } catch (error) {
    if (error instanceof StreamFault) return unhandled(error.error);
    throw error;
  }
}

/** Output of a streaming function; rarely JSON. */
async function collected(body: AsyncIterable<Uint8Array>): Promise<Invocation> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size <= PAYLOAD_LIMIT) chunks.push(chunk);
  }
  if (size > PAYLOAD_LIMIT) return unhandled(responseTooLarge(PAYLOAD_LIMIT));
  return { payload: parsed(Buffer.concat(chunks).toString('utf8')) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
