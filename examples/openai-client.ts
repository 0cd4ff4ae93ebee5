// The official OpenAI client: a base URL and a Portunus token, no provider key.
import OpenAI from 'openai';

const { PORTUNUS_URL = 'http://127.0.0.1:8787', PORTUNUS_TOKEN = '' } = process.env;
const client = new OpenAI({ baseURL: `${PORTUNUS_URL}/v1`, apiKey: PORTUNUS_TOKEN });
const model = process.argv[2] ?? 'openai/gpt-4.1-mini';

const answer = await client.chat.completions.create({
  model,
  messages: [{ role: 'user', content: 'Say hello.' }],
});
console.log(answer.choices[0]?.message.content);

const stream = await client.chat.completions.create({
  model,
  messages: [{ role: 'user', content: 'Say hello again.' }],
  stream: true,
});
for await (const { choices } of stream) process.stdout.write(choices[0]?.delta.content ?? '');
process.stdout.write('\n');

for await (const { id } of client.models.list()) console.log(id);
