// LangChain's OpenAI package.
import assert from 'node:assert/strict';

import { HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';

import { given, run, withEach } from '#test/clients/cases.mjs';

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

const [api] = given.arguments;
const configuration = { baseURL: `${given.url}/v1` };
const chatWith = (model, apiKey = given.token) =>
  new ChatOpenAI({ model, apiKey, configuration, maxRetries: 0, useResponsesApi: api === 'responses' });

async function chat(model) {
  const answer = await chatWith(model).invoke(HELLO);
  assertAnswer(answer.text);
  assertUsage(answer.usage_metadata.input_tokens, answer.usage_metadata.output_tokens);
}

async function collected(chunks) {
  let whole;
  for await (const chunk of await chunks) whole = whole ? whole.concat(chunk) : chunk;
  return whole;
}

async function stream(model) {
  const whole = await collected(chatWith(model).stream(HELLO));
  assertAnswer(whole.text);
  assertUsage(whole.usage_metadata.input_tokens, whole.usage_metadata.output_tokens);
}

const answers = {
  whole: (bound, messages) => bound.invoke(messages),
  streamed: (bound, messages) => collected(bound.stream(messages)),
};

const toolLoop = async (model) => {
  for (const answer of Object.values(answers)) await converse(model, answer);
};

async function converse(model, answer) {
  const getWeather = tool((input) => JSON.stringify(weather(input)), WEATHER);
  const bound = chatWith(model).bindTools([getWeather]);
  const messages = [];
  for (const question of QUESTIONS) {
    messages.push(new HumanMessage(question));
    const called = await answer(bound, messages);
    assert.equal(called.tool_calls.length, 1, 'No tool was called.');
    messages.push(called);
    for (const call of called.tool_calls) messages.push(await getWeather.invoke(call));
    const said = await answer(bound, messages);
    assertAnswer(said.text, question);
    messages.push(said);
  }
}

async function structured(model) {
  for (const method of ['jsonSchema', 'functionCalling']) {
    EVENT.parse(await chatWith(model).withStructuredOutput(EVENT, { method, name: 'event' }).invoke(HELLO));
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
