// Inputs and expectations that all clients of model APIs have in common.
import assert from 'node:assert/strict';
import { deflateSync, crc32 } from 'node:zlib';
import { randomBytes } from 'node:crypto';

import * as z from 'zod';

import { given, providerReceived } from '#test/clients/cases.mjs';

export const HELLO = 'Häi 🎈 there';

export const assertAnswer = (text, prompt = HELLO) => {
  assert.equal(typeof text, 'string');
  assert.ok(text.includes(prompt), `The answer does not contain the prompt: ${text.slice(0, 80)}`);
};

export const assertUsage = (input, output) => {
  assert.ok(input > 0, `No input tokens were reported: ${input}`);
  assert.ok(output > 0, `No output tokens were reported: ${output}`);
};

/** Questions of a conversation of three turns, each naming the tool. */
export const QUESTIONS = ['Lissabon', 'Oslo', 'Quito'].map((place) => `Use get_weather for ${place}.`);

export const WEATHER_SCHEMA = {
  type: 'object',
  properties: {
    place: { type: 'string', description: 'Name of the place.' },
    days: { type: 'integer', minimum: 1, maximum: 7 },
    unit: { type: 'string', enum: ['celsius', 'fahrenheit'] },
  },
  required: ['place', 'days', 'unit'],
  additionalProperties: false,
};

export const WEATHER = {
  name: 'get_weather',
  description: 'Returns the weather at a place.',
  schema: WEATHER_SCHEMA,
};

/** The tool itself: checks its arguments, returns a result that can be recognised. */
export function weather(input) {
  assert.equal(typeof input.place, 'string');
  assert.ok(Number.isInteger(input.days), 'days is not an integer.');
  assert.ok(['celsius', 'fahrenheit'].includes(input.unit), 'unit is not one of the enum.');
  return { temperature: 21, unit: input.unit };
}

/** A structured answer with what clients' schemas are made of: null, lists of objects, a choice of objects. */
export const EVENT = z.object({
  title: z.string(),
  priority: z.enum(['low', 'high']),
  starts: z.string().nullable(),
  people: z.array(z.object({ name: z.string(), age: z.number() })),
  place: z.union([
    z.object({ kind: z.literal('home') }),
    z.object({ kind: z.literal('office'), room: z.string() }),
  ]),
});

/** A chunk of a PNG file. */
function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(data.length, 0);
  numbers.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)]);
}

/** A one-pixel PNG that exists nowhere else, so that its arrival at the provider can be seen. */
function uniquePixel() {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const note = Buffer.concat([Buffer.from('Comment\0'), Buffer.from(randomBytes(18).toString('hex'))]);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk('IHDR', header),
    pngChunk('tEXt', note),
    pngChunk('IDAT', deflateSync(Buffer.concat([Buffer.from([0]), randomBytes(3)]))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]).toString('base64');
}

/** Sends an image of its own and checks that the provider has received its bytes. */
export async function assertImageArrives(send) {
  const base64 = uniquePixel();
  assertAnswer(await send(base64), 'What is this?');
  const received = await providerReceived(base64);
  assert.ok(received !== false, 'The provider did not receive the image.');
}

/** A stream that is aborted ends with the client's error, and the next call works. */
export async function assertAborts({ streamed, again }) {
  const abort = new AbortController();
  let seen = 0;
  let ended;
  try {
    for await (const _part of await streamed(abort.signal)) {
      seen += 1;
      abort.abort();
    }
  } catch (error) {
    ended = error;
  }
  assert.ok(seen > 0 || ended !== undefined, 'The stream was empty.');
  assertAnswer(await again());
}

/** A wrong token is rejected with the client's error of status 401. */
export async function assertRejected(call) {
  for (const token of [given.wrongToken, `${given.wrongToken.slice(0, -1)}_`]) {
    const error = await call(token).then(
      () => undefined,
      (reason) => reason,
    );
    assert.ok(error instanceof Error, 'A wrong token was accepted.');
    const status = error.status ?? error.statusCode ?? error.cause?.status ?? error.lastError?.statusCode;
    assert.equal(status, 401, `${error.name}: ${error.message}`);
  }
}
