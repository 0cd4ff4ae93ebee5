// The official client of OpenAI; several majors of it share these cases.
import assert from 'node:assert/strict';

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

const { default: OpenAI, APIUserAbortError } = await import(given.module);
const { zodResponseFormat } = await import(`${given.module}/helpers/zod`);

const clientWith = (apiKey) => new OpenAI({ apiKey, baseURL: `${given.url}/v1`, maxRetries: 0 });
const client = clientWith(given.token);
const messages = [{ role: 'user', content: HELLO }];
const text = (completion) => completion.choices[0].message.content;

async function chat(model) {
  const completion = await client.chat.completions.create({ model, messages });
  assertAnswer(text(completion));
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assertUsage(completion.usage.prompt_tokens, completion.usage.completion_tokens);
}

async function stream(model) {
  const chunks = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
  let streamed = '';
  chunks.on('content', (delta) => (streamed += delta));
  const completion = await chunks.finalChatCompletion();
  assertAnswer(streamed);
  assert.equal(text(completion), streamed);
  const usage = await chunks.totalUsage();
  assertUsage(usage.prompt_tokens, usage.completion_tokens);
}

const tools = [
  {
    type: 'function',
    function: { name: WEATHER.name, description: WEATHER.description, parameters: WEATHER.schema },
  },
];

const ask = {
  whole: (body) => client.chat.completions.create(body),
  streamed: (body) => client.chat.completions.stream(body).finalChatCompletion(),
};

async function converse(model, complete) {
  const history = [{ role: 'system', content: 'Answer briefly.' }];
  for (const question of QUESTIONS) {
    history.push({ role: 'user', content: question });
    const { message } = (await client.chat.completions.create({ model, messages: history, tools }))
      .choices[0];
    assert.equal(message.tool_calls?.length, 1, 'No tool was called.');
    history.push(message);
    for (const { id, function: called } of message.tool_calls) {
      const content = JSON.stringify(weather(JSON.parse(called.arguments)));
      history.push({ role: 'tool', tool_call_id: id, content });
    }
    const answer = (await complete({ model, messages: history, tools })).choices[0];
    assertAnswer(answer.message.content, question);
    history.push(answer.message);
  }
}

async function toolLoop(model) {
  await converse(model, ask.whole);
  await converse(model, ask.streamed);
  // The helper that runs the loop itself.
  const runner = client.chat.completions.runTools({
    model,
    messages: [{ role: 'user', content: QUESTIONS[0] }],
    tools: [
      {
        type: 'function',
        function: {
          ...tools[0].function,
          parse: JSON.parse,
          function: (input) => JSON.stringify(weather(input)),
        },
      },
    ],
  });
  assertAnswer(await runner.finalContent(), QUESTIONS[0]);
}

async function structured(model) {
  const completion = await client.chat.completions.parse({
    model,
    messages,
    response_format: zodResponseFormat(EVENT, 'event'),
  });
  EVENT.parse(completion.choices[0].message.parsed);
}

const image = (model) =>
  assertImageArrives(async (base64) => {
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${base64}` } },
    ];
    return text(await client.chat.completions.create({ model, messages: [{ role: 'user', content }] }));
  });

async function embeddings(_model, provider) {
  const model = given.embedders[provider];
  const { data, usage } = await client.embeddings.create({ model, input: ['one text', 'another text'] });
  assert.equal(data.length, 2);
  assert.ok(data.every(({ embedding }) => embedding.length > 1 && embedding.every(Number.isFinite)));
  assert.ok(Number.isInteger(usage.prompt_tokens)); // Google reports none
}

async function abort(model) {
  await assertAborts({
    streamed: (signal) => client.chat.completions.create({ model, messages, stream: true }, { signal }),
    again: async () => text(await client.chat.completions.create({ model, messages })),
  });
  const early = AbortSignal.abort();
  await assert.rejects(
    client.chat.completions.create({ model, messages }, { signal: early }),
    APIUserAbortError,
  );
}

await run({
  chat: withEach(chat),
  stream: withEach(stream),
  tools: withEach(toolLoop),
  structured: withEach(structured),
  image: withEach(image),
  embeddings: withEach(embeddings, Object.keys(given.embedders)),
  abort: withEach(abort),
  'wrong token': () =>
    assertRejected((token) =>
      clientWith(token).chat.completions.create({ model: given.models.openai, messages }),
    ),
});
