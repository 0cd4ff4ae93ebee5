// A provider that answers as OpenAI does, after a time that it is told. Ends with its parent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const PIECES = 20;
const WORDS = 'Twenty pieces of some words each. ';
const head = { id: 'chatcmpl-bench', created: 1_790_000_000, model: 'gpt-4.1-mini-2025-04-14' };
const usage = { prompt_tokens: 12, completion_tokens: 140, total_tokens: 152 };

const whole = JSON.stringify({
  ...head,
  object: 'chat.completion',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: WORDS.repeat(PIECES), refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage,
  service_tier: 'default',
});

const chunk = (more: object) =>
  `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...more })}\n\n`;
const piece = (delta: object, finish_reason: string | null = null) =>
  chunk({ choices: [{ index: 0, delta, logprobs: null, finish_reason }] });
const pieces = [
  piece({ role: 'assistant', content: WORDS }),
  ...Array.from({ length: PIECES - 1 }, () => piece({ content: WORDS })),
  piece({}, 'stop'),
];
const last = chunk({ choices: [], usage });

let delayMs = 0;
let askedAt: number[] = [];

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const part of request.setEncoding('utf8') as AsyncIterable<string>) body += part;
  const json = { 'content-type': 'application/json' };
  if (request.method === 'GET')
    return void response.writeHead(200, json).end('{"data":[{"id":"gpt-4.1-mini"}]}');
  askedAt.push(Date.now());
  if (delayMs > 0) await sleep(delayMs);
  const { stream, stream_options } = JSON.parse(body) as {
    stream?: boolean;
    stream_options?: { include_usage?: boolean };
  };
  if (!stream) return void response.writeHead(200, json).end(whole);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const one of [...pieces, ...(stream_options?.include_usage ? [last] : [])]) response.write(one);
  return void response.end('data: [DONE]\n\n');
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('message', (message: { delayMs: number } | 'asked') => {
  if (message === 'asked') {
    process.send?.({ askedAt });
    askedAt = [];
    return;
  }
  ({ delayMs } = message);
  process.send?.({ delayMs });
});
process.once('disconnect', () => process.exit());
