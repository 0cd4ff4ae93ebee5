// The official client of OpenAI over its Responses API, without stored responses.
import assert from 'node:assert/strict';

import { given, run, unsupported, withEach } from '#test/clients/cases.mjs';

import {
  assertAborts,
  assertAnswer,
  assertImageArrives,
  assertRejected,
  assertUsage,
  EVENT,
  HELLO,
  QUESTIONS,
  weather,
  WEATHER,
} from './shared.mjs';

const { default: OpenAI } = await import(given.module);
const { zodTextFormat } = await import(`${given.module}/helpers/zod`);

const clientWith = (apiKey) => new OpenAI({ apiKey, baseURL: `${given.url}/v1`, maxRetries: 0 });
const { responses } = clientWith(given.token);
const ask = (model, more = {}) => ({ model, input: HELLO, store: false, ...more });

async function chat(model) {
  const { output_text: text, status, usage } = await responses.create(ask(model));
  assertAnswer(text);
  assert.equal(status, 'completed');
  assertUsage(usage.input_tokens, usage.output_tokens);
}

async function stream(model) {
  const events = responses.stream(ask(model));
  let streamed = '';
  events.on('response.output_text.delta', ({ delta }) => (streamed += delta));
  const { output_text: text, usage } = await events.finalResponse();
  assertAnswer(streamed);
  assert.equal(text, streamed);
  assertUsage(usage.input_tokens, usage.output_tokens);
}

const tools = [
  {
    type: 'function',
    name: WEATHER.name,
    description: WEATHER.description,
    parameters: WEATHER.schema,
    strict: true,
  },
];
const answers = {
  whole: (body) => responses.create(body),
  streamed: (body) => responses.stream(body).finalResponse(),
};

async function converse(model, answer) {
  const input = [];
  for (const question of QUESTIONS) {
    input.push({ role: 'user', content: question });
    const { output } = await answer(ask(model, { input, tools }));
    input.push(...output);
    const calls = output.filter(({ type }) => type === 'function_call');
    assert.equal(calls.length, 1, 'No tool was called.');
    for (const { call_id, arguments: written } of calls) {
      const result = JSON.stringify(weather(JSON.parse(written)));
      input.push({ type: 'function_call_output', call_id, output: result });
    }
    const said = await answer(ask(model, { input, tools }));
    assertAnswer(said.output_text, question);
    input.push(...said.output);
  }
}

const toolLoop = async (model) => {
  for (const answer of Object.values(answers)) await converse(model, answer);
};

async function structured(model) {
  const text = { format: zodTextFormat(EVENT, 'event') };
  EVENT.parse((await responses.parse(ask(model, { text }))).output_parsed);
}

const image = (model) =>
  assertImageArrives(async (base64) => {
    const content = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image_url: `data:image/png;base64,${base64}`, detail: 'auto' },
    ];
    return (await responses.create(ask(model, { input: [{ role: 'user', content }] }))).output_text;
  });

const abort = (model) =>
  assertAborts({
    streamed: (signal) => responses.create(ask(model, { stream: true }), { signal }),
    again: async () => (await responses.create(ask(model))).output_text,
  });

await run({
  chat: withEach(chat),
  stream: withEach(stream),
  tools: withEach(toolLoop),
  structured: withEach(structured),
  image: withEach(image),
  embeddings: unsupported('Not part of this API.'),
  abort: withEach(abort),
  'wrong token': () =>
    assertRejected((token) => clientWith(token).responses.create(ask(given.models.openai))),
});
