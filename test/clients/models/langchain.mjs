// LangChain's OpenAI package.
import assert from 'node:assert/strict';

import { HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import * as z from 'zod';

import { given, run, withEach } from '#test/clients/cases.mjs';

import {
  assertAborts,
  assertAnswer,
  assertImageArrives,
  assertRejected,
  assertUsage,
  HELLO,
  QUESTIONS,
  weather,
  WEATHER,
} from './shared.mjs';

const [api] = given.arguments;
const configuration = { baseURL: `${given.url}/v1` };
const chatWith = (model, apiKey = given.token) =>
  new ChatOpenAI({ model, apiKey, configuration, maxRetries: 0, useResponsesApi: api === 'responses' });

async function chat(model) {
  const answer = await chatWith(model).invoke(HELLO);
  assertAnswer(answer.text);
  assertUsage(answer.usage_metadata.input_tokens, answer.usage_metadata.output_tokens);
}

async function stream(model) {
  let whole;
  for await (const chunk of await chatWith(model).stream(HELLO)) whole = whole ? whole.concat(chunk) : chunk;
  assertAnswer(whole.text);
  assertUsage(whole.usage_metadata.input_tokens, whole.usage_metadata.output_tokens);
}

async function toolLoop(model) {
  const getWeather = tool((input) => JSON.stringify(weather(input)), WEATHER);
  const bound = chatWith(model).bindTools([getWeather]);
  const messages = [];
  for (const question of QUESTIONS) {
    messages.push(new HumanMessage(question));
    const called = await bound.invoke(messages);
    assert.equal(called.tool_calls.length, 1, 'No tool was called.');
    messages.push(called);
    for (const call of called.tool_calls) messages.push(await getWeather.invoke(call));
    const answer = await bound.invoke(messages);
    assertAnswer(answer.text, question);
    messages.push(answer);
  }
}

async function structured(model) {
  const schema = z.object({ title: z.string(), priority: z.enum(['low', 'high']) });
  for (const method of ['jsonSchema', 'functionCalling']) {
    schema.parse(await chatWith(model).withStructuredOutput(schema, { method, name: 'event' }).invoke(HELLO));
  }
}

const image = (model) =>
  assertImageArrives(async (base64) => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64}` } },
    ];
    return (await chatWith(model).invoke([new HumanMessage({ content })])).text;
  });

async function embeddings(_model, provider) {
  const model = given.embedders[provider];
  const embedder = new OpenAIEmbeddings({ model, apiKey: given.token, configuration, maxRetries: 0 });
  const vectors = await embedder.embedDocuments(['one text', 'another text']);
  assert.equal(vectors.length, 2);
  assert.ok(vectors.every((vector) => vector.length > 1 && vector.every(Number.isFinite)));
}

const abort = (model) =>
  assertAborts({
    streamed: (signal) => chatWith(model).stream(HELLO, { signal }),
    again: async () => (await chatWith(model).invoke(HELLO)).text,
  });

await run({
  chat: withEach(chat),
  stream: withEach(stream),
  tools: withEach(toolLoop),
  structured: withEach(structured),
  image: withEach(image),
  embeddings: withEach(embeddings, Object.keys(given.embedders)),
  abort: withEach(abort),
  'wrong token': () => assertRejected((token) => chatWith(given.models.openai, token).invoke(HELLO)),
});
