// A provider's answer of 15 MB: routes that stream return it, POST /mcp/tools/invoke rejects it with a reason. All are charged.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, it } from 'vitest';

import { canaryKey, type Person, say } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const CONTENT = '"quoted"\n'.repeat(1_250_000);
const COMPLETION = JSON.stringify({
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4.1',
  choices: [{ index: 0, message: { role: 'assistant', content: CONTENT }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 1000, total_tokens: 1010 },
});

const portunus = usePortunus();

async function withKey(name: string): Promise<Person> {
  const who = await portunus.current.person(name);
  const key = canaryKey('openai');
  const stored = await who.post('/api-keys', { provider: 'openai', api_key: key });
  expect(stored.status).toBe(201);
  portunus.current.provider?.answerWith(key, COMPLETION);
  return who;
}

const lastRecord = async (who: Person) => (await who.get('/audit/logs?limit=1')).body.logs[0];

onEngine('an answer of 15 MB', () => {
  it('is rejected by POST /mcp/tools/invoke with a reason, recorded as failed and charged as counted', async () => {
    const who = await withKey('ray');
    const called = await who.invoke('ai_chat', say('At length.', { model: 'gpt-4.1' }));
    expect([called.status, called.body]).toMatchObject([502, { code: 'upstream_malformed' }]);
    expect(called.body.detail).toBe('The result is too large for this route. The call is charged.');
    const record = await lastRecord(who);
    expect(record).toMatchObject({
      result: 'failed',
      error: 'upstream_malformed',
      metadata: { input_tokens: 10, output_tokens: 1000, cost_micro_usd: 8020 },
    });
    expect(record.metadata).not.toHaveProperty('reason');
  });

  it('is returned whole by POST /mcp', async () => {
    const who = await withKey('mia');
    const client = new Client({ name: 'test', version: '1' });
    const requestInit = { headers: { authorization: `Bearer ${who.token}` } };
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${portunus.current.url}/mcp`), { requestInit }),
    );
    const called = await client.callTool({
      name: 'ai_chat',
      arguments: say('At length.', { model: 'gpt-4.1' }),
    });
    await client.close();
    expect((called.structuredContent as { text: string }).text === CONTENT).toBe(true);
    expect(await lastRecord(who)).toMatchObject({ result: 'succeeded' });
  });

  it('is returned whole by POST /v1/chat/completions', async () => {
    const who = await withKey('zoe');
    const messages = [{ role: 'user', content: 'At length.' }];
    const answered = await who.post('/v1/chat/completions', { model: 'gpt-4.1', messages });
    expect(answered.status).toBe(200);
    expect(answered.body.choices[0].message.content === CONTENT).toBe(true);
    expect(await lastRecord(who)).toMatchObject({ result: 'succeeded' });
  });
});
