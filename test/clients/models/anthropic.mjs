// The official client of Anthropic.
import assert from 'node:assert/strict';

import Anthropic, { APIUserAbortError } from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';

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

const clientWith = (options) => new Anthropic({ baseURL: given.url, maxRetries: 0, ...options });
/** The token goes as `x-api-key`, and for every other model as a bearer token. */
const clients = {
  key: clientWith({ apiKey: given.token }),
  bearer: clientWith({ apiKey: null, authToken: given.token }),
};
const client = clients.key;
const ask = (model, more = {}) => ({
  model,
  max_tokens: 500,
  messages: [{ role: 'user', content: HELLO }],
  ...more,
});
const text = ({ content }) => content.find(({ type }) => type === 'text')?.text;

async function chat(model) {
  for (const own of Object.values(clients)) {
    const message = await own.messages.create(ask(model));
    assertAnswer(text(message));
    assert.equal(message.stop_reason, 'end_turn');
    assertUsage(message.usage.input_tokens, message.usage.output_tokens);
  }
  const { input_tokens: counted } = await client.messages.countTokens({
    model,
    messages: ask(model).messages,
  });
  assert.ok(counted > 0);
}

async function stream(model) {
  let streamed = '';
  const events = client.messages.stream(ask(model)).on('text', (delta) => (streamed += delta));
  const message = await events.finalMessage();
  assertAnswer(streamed);
  assert.equal(text(message), streamed);
  assertUsage(message.usage.input_tokens, message.usage.output_tokens);
}

const tools = [{ name: WEATHER.name, description: WEATHER.description, input_schema: WEATHER.schema }];

const answers = {
  whole: (body) => client.messages.create(body),
  streamed: (body) => client.messages.stream(body).finalMessage(),
};

const toolLoop = async (model) => {
  for (const complete of Object.values(answers)) await converse(model, complete);
};

async function converse(model, complete) {
  const messages = [];
  for (const question of QUESTIONS) {
    messages.push({ role: 'user', content: question });
    const called = await complete(ask(model, { messages, tools, system: 'Answer briefly.' }));
    assert.equal(called.stop_reason, 'tool_use');
    messages.push({ role: 'assistant', content: called.content });
    const results = called.content
      .filter(({ type }) => type === 'tool_use')
      .map(({ id, input }) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: JSON.stringify(weather(input)),
      }));
    assert.equal(results.length, 1, 'No tool was called.');
    messages.push({ role: 'user', content: results });
    const answer = await complete(ask(model, { messages, tools, system: 'Answer briefly.' }));
    assertAnswer(text(answer), question);
    messages.push({ role: 'assistant', content: answer.content });
  }
}

async function structured(model) {
  const message = await client.messages.parse(
    ask(model, { output_config: { format: zodOutputFormat(EVENT) } }),
  );
  EVENT.parse(message.parsed_output);
}

const image = (model) =>
  assertImageArrives(async (data) => {
    const content = [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
      { type: 'text', text: 'What is this?' },
    ];
    return text(await client.messages.create(ask(model, { messages: [{ role: 'user', content }] })));
  });

async function abort(model) {
  await assertAborts({
    streamed: (signal) => client.messages.create(ask(model, { stream: true }), { signal }),
    again: async () => text(await client.messages.create(ask(model))),
  });
  await assert.rejects(
    client.messages.create(ask(model), { signal: AbortSignal.abort() }),
    APIUserAbortError,
  );
}

await run({
  chat: withEach(chat),
  stream: withEach(stream),
  tools: withEach(toolLoop),
  structured: withEach(structured),
  image: withEach(image),
  embeddings: unsupported('Anthropic has no embeddings.'),
  abort: withEach(abort),
  'wrong token': () =>
    assertRejected((apiKey) => clientWith({ apiKey }).messages.create(ask(given.models.anthropic))),
});
