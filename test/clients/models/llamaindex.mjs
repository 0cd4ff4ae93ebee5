// LlamaIndex with its OpenAI package.
import assert from 'node:assert/strict';

import { OpenAI, OpenAIEmbedding } from '@llamaindex/openai';
import { tool } from 'llamaindex';
import { zodResponseFormat } from 'openai/helpers/zod';

import { given, run, unsupported, withEach } from '#test/clients/cases.mjs';

import {
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

const baseURL = `${given.url}/v1`;
const chatWith = (model, apiKey = given.token) => new OpenAI({ model, apiKey, baseURL, maxRetries: 0 });
const messages = [{ role: 'user', content: HELLO }];

async function chat(model) {
  const { message, raw } = await chatWith(model).chat({ messages });
  assertAnswer(message.content);
  assertUsage(raw.usage.prompt_tokens, raw.usage.completion_tokens);
}

async function stream(model) {
  const llm = chatWith(model);
  llm.additionalChatOptions = { stream_options: { include_usage: true } };
  let text = '';
  let usage;
  for await (const { delta, raw } of await llm.chat({ messages, stream: true })) {
    text += delta;
    usage = raw?.usage ?? usage;
  }
  assertAnswer(text);
  if (usage === undefined) return 'Without usage: the client drops the chunk that has it.';
  assertUsage(usage.prompt_tokens, usage.completion_tokens);
  return undefined;
}

async function toolLoop(model) {
  const llm = chatWith(model);
  const getWeather = tool({
    name: WEATHER.name,
    description: WEATHER.description,
    parameters: WEATHER.schema,
    execute: (input) => JSON.stringify(weather(input)),
  });
  const history = [];
  for (const question of QUESTIONS) {
    history.push({ role: 'user', content: question });
    const { message: called } = await llm.chat({ messages: history, tools: [getWeather] });
    const [call, ...more] = called.options?.toolCall ?? [];
    assert.ok(call && more.length === 0, 'No tool was called.');
    history.push(called);
    const input = typeof call.input === 'string' ? JSON.parse(call.input) : call.input;
    const result = await getWeather.call(input);
    history.push({
      role: 'user',
      content: result,
      options: { toolResult: { id: call.id, result, isError: false } },
    });
    const { message: answer } = await llm.chat({ messages: history, tools: [getWeather] });
    assertAnswer(answer.content, question);
    history.push(answer);
  }
}

async function structured(model) {
  const responseFormat = zodResponseFormat(EVENT, 'event');
  EVENT.parse(JSON.parse((await chatWith(model).chat({ messages, responseFormat })).message.content));
}

const image = (model) =>
  assertImageArrives(async (base64) => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64}` } },
    ];
    return (await chatWith(model).chat({ messages: [{ role: 'user', content }] })).message.content;
  });

async function embeddings(_model, provider) {
  const model = given.embedders[provider];
  const embedder = new OpenAIEmbedding({ model, apiKey: given.token, baseURL, maxRetries: 0 });
  const vectors = await embedder.getTextEmbeddings(['one text', 'another text']);
  assert.equal(vectors.length, 2);
  assert.ok(vectors.every((vector) => vector.length > 1 && vector.every(Number.isFinite)));
}

await run({
  chat: withEach(chat),
  stream: withEach(stream),
  tools: withEach(toolLoop),
  structured: withEach(structured),
  image: withEach(image),
  embeddings: withEach(embeddings, Object.keys(given.embedders)),
  abort: unsupported('A call takes no signal.'),
  'wrong token': () => assertRejected((token) => chatWith(given.models.openai, token).chat({ messages })),
});
