// OpenAI's Agents SDK.
import assert from 'node:assert/strict';

import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents';

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

setTracingDisabled(true);
const [api] = given.arguments;

const runnerWith = (apiKey) =>
  new Runner({
    modelProvider: new OpenAIProvider({
      apiKey,
      baseURL: `${given.url}/v1`,
      useResponses: api === 'responses',
    }),
  });
const runner = runnerWith(given.token);
const agentWith = (model, more = {}) =>
  new Agent({ name: 'A', instructions: 'Answer briefly.', model, ...more });
const usageOf = ({ rawResponses }) => rawResponses.at(-1).usage;

async function chat(model) {
  const result = await runner.run(agentWith(model), HELLO);
  assertAnswer(result.finalOutput);
  assertUsage(usageOf(result).inputTokens, usageOf(result).outputTokens);
}

async function stream(model) {
  const result = await runner.run(agentWith(model), HELLO, { stream: true });
  let text = '';
  for await (const delta of result.toTextStream()) text += delta;
  await result.completed;
  assertAnswer(text);
  assertUsage(usageOf(result).inputTokens, usageOf(result).outputTokens);
}

const answers = {
  whole: (agent, input) => runner.run(agent, input),
  async streamed(agent, input) {
    const result = await runner.run(agent, input, { stream: true });
    await result.completed;
    return result;
  },
};

const toolLoop = async (model) => {
  for (const answer of Object.values(answers)) await converse(model, answer);
};

async function converse(model, answer) {
  let calls = 0;
  const getWeather = tool({
    name: WEATHER.name,
    description: WEATHER.description,
    parameters: WEATHER.schema,
    strict: true,
    execute(input) {
      calls += 1;
      return JSON.stringify(weather(input));
    },
  });
  const agent = agentWith(model, { tools: [getWeather] });
  let history = [];
  for (const question of QUESTIONS) {
    const result = await answer(agent, [...history, { role: 'user', content: question }]);
    assertAnswer(result.finalOutput, question);
    history = result.history;
  }
  assert.equal(calls, QUESTIONS.length, 'The tool was not called in each turn.');
}

async function structured(model) {
  EVENT.parse((await runner.run(agentWith(model, { outputType: EVENT }), HELLO)).finalOutput);
}

const image = (model) =>
  assertImageArrives(async (base64) => {
    const content = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image: `data:image/png;base64,${base64}` },
    ];
    return (await runner.run(agentWith(model), [{ role: 'user', content }])).finalOutput;
  });

const abort = (model) =>
  assertAborts({
    streamed: (signal) => runner.run(agentWith(model), HELLO, { stream: true, signal }),
    again: async () => (await runner.run(agentWith(model), HELLO)).finalOutput,
  });

await run({
  chat: withEach(chat),
  stream: withEach(stream),
  tools: withEach(toolLoop),
  structured: withEach(structured),
  image: withEach(image),
  embeddings: unsupported('The client has no embeddings.'),
  abort: withEach(abort),
  'wrong token': () =>
    assertRejected((token) => runnerWith(token).run(agentWith(given.models.openai), HELLO)),
});
