import { createServer } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { listen } from '#local/listen.ts';
import { type Providers, startProviders } from '#local/providers/providers.ts';

let providers: Providers;
beforeEach(async () => {
  providers = await startProviders({ port: 0 });
});
afterEach(() => providers.stop());

const messages = [{ role: 'user', content: 'good morning' }];
const openai = (key: string, body: object = { model: 'gpt-5', messages }) =>
  post('/v1/chat/completions', { authorization: `Bearer ${key}` }, body);
const anthropic = (key: string) =>
  post(
    '/v1/messages',
    { 'x-api-key': key, 'anthropic-version': '2023-06-01' },
    { model: 'claude-sonnet-4-5', max_tokens: 16, messages },
  );

async function post(path: string, headers: Record<string, string>, body: object) {
  const response = await fetch(providers.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

describe('the local providers', () => {
  it('answer OpenAI’s dialect with labelled text', async () => {
    const { status, text } = await openai('sk-one');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      choices: [
        { message: { role: 'assistant', content: '[local stand-in provider] You said: good morning' } },
      ],
      usage: { prompt_tokens: 6, completion_tokens: 12, total_tokens: 18 },
    });
  });

  it('answer Anthropic’s dialect', async () => {
    const { text } = await anthropic('sk-ant-two');
    expect(JSON.parse(text)).toMatchObject({
      content: [{ type: 'text', text: '[local stand-in provider] You said: good morning' }],
      usage: { input_tokens: 6, output_tokens: 12 },
    });
  });

  it('stream as server-sent events', async () => {
    const { text } = await openai('sk-one', { model: 'gpt-5', stream: true, messages });
    expect(text).toContain('data: {');
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('list models', async () => {
    const response = await fetch(`${providers.url}/v1/models`, {
      headers: { authorization: 'Bearer sk-one' },
    });
    expect(await response.json()).toMatchObject({ object: 'list', data: expect.any(Array) });
  });

  it('journal the exact credential of each request', async () => {
    await openai('sk-one');
    await anthropic('sk-ant-two');
    expect(providers.journal().map(({ api, credential, status }) => [api, credential, status])).toEqual([
      ['openai', 'sk-one', 200],
      ['anthropic', 'sk-ant-two', 200],
    ]);
    providers.clearJournal();
    expect(providers.journal()).toEqual([]);
  });

  it('reject a missing and a revoked credential without quoting it', async () => {
    const bare = await post('/v1/chat/completions', {}, { model: 'gpt-5', messages });
    expect(bare.status).toBe(401);
    providers.reject('sk-ant-revoked');
    const revoked = await anthropic('sk-ant-revoked');
    expect(revoked).toMatchObject({ status: 401, text: expect.not.stringContaining('sk-ant') });
    expect(providers.journal().map(({ status }) => status)).toEqual([401, 401]);
  });

  it('fail one request with an injected error', async () => {
    providers.nextRequestError(529, { type: 'overloaded_error', message: 'busy' });
    expect((await anthropic('k')).status).toBe(529);
    expect((await anthropic('k')).status).toBe(200);
  });

  it('fail for one key, with a status or a closed connection, until undone', async () => {
    const undo = providers.fail('k', 503);
    expect((await openai('k')).status).toBe(503);
    expect((await openai('other')).status).toBe(200);
    providers.fail('k', 'never');
    await expect(openai('k')).rejects.toThrow('fetch failed');
    undo();
    expect((await openai('k')).status).toBe(200);
  });

  it('fail every request under chaos until cleared', async () => {
    providers.setChaos({ dropRate: 1 });
    expect((await openai('k')).status).toBeGreaterThanOrEqual(500);
    providers.clearChaos();
    expect((await openai('k')).status).toBe(200);
  });

  it('throw an error that names a port in use', async () => {
    const taken = await listen(createServer(), 0);
    await expect(startProviders({ port: taken.port })).rejects.toThrow(`Port ${taken.port} is in use`);
    await taken.close();
  });
});
