// The Vercel AI SDK, with the provider package that its arguments name.
import assert from 'node:assert/strict';

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateText, isStepCount, jsonSchema, Output, streamText, tool } from 'ai';

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

const [dialect] = given.arguments;
const baseURL = `${given.url}/v1`;

const providers = {
  openai: (apiKey) => createOpenAI({ baseURL, apiKey }).chat,
  responses: (apiKey) => createOpenAI({ baseURL, apiKey }).responses,
  compatible: (apiKey) =>
    createOpenAICompatible({
      name: 'portunus',
      baseURL,
      apiKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
    }).chatModel,
  anthropic: (apiKey) => createAnthropic({ baseURL, apiKey }),
};
const embedders = {
  openai: (model) => createOpenAI({ baseURL, apiKey: given.token }).textEmbeddingModel(model),
  responses: (model) => createOpenAI({ baseURL, apiKey: given.token }).textEmbeddingModel(model),
  compatible: (model) =>
    createOpenAICompatible({ name: 'portunus', baseURL, apiKey: given.token }).textEmbeddingModel(model),
};

const provider = providers[dialect](given.token);
const ask = (name, more = {}) => ({ model: provider(name), prompt: HELLO, maxRetries: 0, ...more });

async function chat(name) {
  const { text, usage, finishReason } = await generateText(ask(name));
  assertAnswer(text);
  assertUsage(usage.inputTokens, usage.outputTokens);
  assert.equal(finishReason, 'stop');
}

async function stream(name) {
  let failed;
  const result = streamText(ask(name, { onError: ({ error }) => (failed = error) }));
  let text = '';
  for await (const delta of result.textStream) text += delta;
  if (failed) throw failed;
  assertAnswer(text);
  const usage = await result.usage;
  assertUsage(usage.inputTokens, usage.outputTokens);
}

const answers = {
  whole: generateText,
  async streamed(options) {
    let failed;
    const result = streamText({ ...options, onError: ({ error }) => (failed = error) });
    await result.consumeStream();
    if (failed) throw failed;
    return { text: await result.text, response: await result.response };
  },
};

/** By default this package sends references to responses that OpenAI has stored. */
const UNSTORED = dialect === 'responses' ? { providerOptions: { openai: { store: false } } } : {};

async function toolLoop(name) {
  for (const answer of Object.values(answers)) await converse(name, answer);
  return dialect === 'responses' ? 'With `providerOptions: { openai: { store: false } }`.' : undefined;
}

async function converse(name, answer) {
  const messages = [];
  let calls = 0;
  const execute = (input) => {
    calls += 1;
    return weather(input);
  };
  const { description, schema } = WEATHER;
  const tools = { [WEATHER.name]: tool({ description, inputSchema: jsonSchema(schema), execute }) };
  for (const question of QUESTIONS) {
    messages.push({ role: 'user', content: question });
    const { text, response } = await answer(
      ask(name, { prompt: undefined, messages, tools, stopWhen: isStepCount(4), ...UNSTORED }),
    );
    assertAnswer(text, question);
    messages.push(...response.messages);
  }
  assert.equal(calls, QUESTIONS.length, 'The tool was not called in each turn.');
}

async function structured(name) {
  const output = Output.object({ schema: EVENT });
  EVENT.parse((await generateText(ask(name, { output }))).output);
  let last;
  for await (const partial of streamText(ask(name, { output })).partialOutputStream) last = partial;
  EVENT.parse(last);
}

const image = (name) =>
  assertImageArrives(async (base64) => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'file', mediaType: 'image/png', data: base64 },
    ];
    return (await generateText(ask(name, { prompt: undefined, messages: [{ role: 'user', content }] }))).text;
  });

async function embeddings(_name, providerName) {
  const model = embedders[dialect](given.embedders[providerName]);
  const result = await embedMany({ model, values: ['one text', 'another text'], maxRetries: 0 });
  assert.equal(result.embeddings.length, 2);
  assert.ok(result.embeddings.every((vector) => vector.length > 1 && vector.every(Number.isFinite)));
}

const abort = (name) =>
  assertAborts({
    streamed: (abortSignal) => streamText(ask(name, { abortSignal, onError() {} })).textStream,
    again: async () => (await generateText(ask(name))).text,
  });

await run({
  chat: withEach(chat),
  stream: withEach(stream),
  tools: withEach(toolLoop),
  structured: withEach(structured),
  image: withEach(image),
  embeddings: embedders[dialect]
    ? withEach(embeddings, Object.keys(given.embedders))
    : unsupported('Anthropic has no embeddings.'),
  abort: withEach(abort),
  'wrong token': () =>
    assertRejected((token) =>
      generateText({ model: providers[dialect](token)(given.models.openai), prompt: HELLO, maxRetries: 0 }),
    ),
});
