// Runs inside the measured Lambda instead of the product's handler alone, in the same process and on the same role. The header
// `x-bench` chooses: the product itself; the product with the answers of AWS at hand; the AWS calls that it made, and nothing else;
// nothing at all; or what the processor has done so far.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';

import type { APIGatewayProxyEvent, Context } from 'aws-lambda';

import { dynamo } from '#shared/aws/dynamo.ts';

import { answerFrom, type Call, type Recording, recorderOf, replayOf } from './aws-calls.ts';

type Out = { write: (chunk: string) => boolean; end: () => void };
type Head = { statusCode: number; headers: Record<string, string> };
declare const awslambda: {
  streamifyResponse: (work: Streamed) => unknown;
  HttpResponseStream: { from: (out: Out, head: Head) => Out };
};
type Streamed = (event: APIGatewayProxyEvent, out: Out, context: Context) => Promise<void>;
type Buffered = (event: APIGatewayProxyEvent, context: Context) => Promise<unknown>;
type Product = { readonly handler: unknown };

const deriveOwnerId = ({ requestContext }: APIGatewayProxyEvent) =>
  String(requestContext.authorizer?.['ownerId']);
const wishOf = ({ headers }: APIGatewayProxyEvent): string[] => (headers['x-bench'] ?? '').split(':');
const callOf = (event: APIGatewayProxyEvent): Call => ({
  ownerId: deriveOwnerId(event),
  requestId: event.requestContext.requestId,
  at: Date.now(),
});

/** @param folder where recordings lie, for all instances */
function recordings(folder: string) {
  const read = new Map<string, Recording>();
  const fileOf = (name: string) => join(folder, name);
  return {
    write: (name: string, recording: Recording) => writeFileSync(fileOf(name), serialize(recording)),
    read(name: string): Recording {
      const known = read.get(name) ?? (deserialize(readFileSync(fileOf(name))) as Recording);
      read.set(name, known);
      return known;
    },
  };
}

const processor = () => JSON.stringify(process.cpuUsage());
const OK: Head = { statusCode: 200, headers: { 'content-type': 'application/json' } };

export function besideStreamed({ handler }: Product, folder: string): unknown {
  const product = handler as Streamed;
  const kept = recordings(folder);
  const { from } = awslambda.HttpResponseStream;

  const say = (raw: Out, text: string): Out => {
    const out = from(raw, OK);
    out.write('');
    out.write(text);
    return out;
  };

  const record = async (name: string, event: APIGatewayProxyEvent, run: () => Promise<void>) => {
    const recorder = recorderOf(dynamo());
    awslambda.HttpResponseStream.from = (raw, head) => {
      recorder.opened();
      return from(raw, head);
    };
    try {
      const call = callOf(event);
      await run();
      kept.write(name, recorder.end(call));
    } finally {
      awslambda.HttpResponseStream.from = from;
    }
  };

  return awslambda.streamifyResponse(async (event, raw, context) => {
    const [wish, name = ''] = wishOf(event);
    if (wish === 'record') return record(name, event, () => product(event, raw, context));
    if (wish === 'cpu') return say(raw, processor()).end();
    if (wish === 'nothing') return say(raw, '{}').end();
    if (wish === 'own') {
      const askAgain = answerFrom(dynamo(), kept.read(name));
      return product(event, raw, context).finally(askAgain);
    }
    if (wish !== 'calls') return product(event, raw, context);
    const { before, after } = replayOf(dynamo(), kept.read(name), callOf(event));
    await before();
    const out = say(raw, '{}');
    await after();
    return out.end();
  });
}

const plain = (body: string) => ({ ...OK, body });

export function besideBuffered({ handler }: Product, folder: string): unknown {
  const product = handler as Buffered;
  const kept = recordings(folder);
  const without = (): Buffered =>
    (createRequire(__filename)('./without/index.js') as { readonly handler: Buffered }).handler;

  const work: Buffered = async (event, context) => {
    const [wish, name = ''] = wishOf(event);
    if (wish === 'cpu') return plain(processor());
    if (wish === 'nothing') return plain('{}');
    if (wish === 'without') return without()(event, context);
    if (wish === 'calls') {
      const { before, after } = replayOf(dynamo(), kept.read(name), callOf(event));
      await before();
      await after();
      return plain('{}');
    }
    if (wish !== 'record') return product(event, context);
    const recorder = recorderOf(dynamo());
    const call = callOf(event);
    const answer = await product(event, context);
    kept.write(name, recorder.end(call));
    return answer;
  };
  return work;
}
