// The programs of examples/, run as their reader would run them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';

import { canaryKey } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';
import { json, startUpstream } from '#test/support/upstream.ts';

const run = promisify(execFile);
const upstream = await startUpstream();
afterAll(upstream.stop);
const portunus = usePortunus({ parameters: { ToolOrigins: JSON.stringify([upstream.url]) } });

async function printedBy(program: string, user: string): Promise<string> {
  const { url, person } = portunus.current;
  const { token } = await person(user);
  const env = {
    ...process.env,
    PORTUNUS_URL: url,
    PORTUNUS_TOKEN: token,
    TOOL_ORIGIN: upstream.url,
  };
  const command = program.endsWith('.sh') ? 'bash' : process.execPath;
  return (await run(command, [`examples/${program}`], { env })).stdout;
}

onEngine('the example', () => {
  it('first-call.sh stores a key, calls a tool with it and prints both audit records', async () => {
    const printed = await printedBy('first-call.sh', 'alice');
    expect(printed).toContain('[local stand-in provider]');
    expect(printed).toContain('"action":"key.stored"');
    expect(printed).toContain('"target":"ai_chat"');
  });

  it('openai-client.ts prints an answer, a stream and the models', async () => {
    const bob = await portunus.current.person('bob');
    await bob.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    const printed = await printedBy('openai-client.ts', 'bob');
    expect(printed).toContain('Say hello.');
    expect(printed).toContain('Say hello again.');
    expect(printed).toMatch(/^openai\//m);
  });

  it('mcp-client.ts lists the tools and finds the todo it created', async () => {
    const printed = await printedBy('mcp-client.ts', 'alice');
    expect(printed).toContain('todo_create: ');
    expect(printed).toContain('"title":"Water the plants"');
  });

  it('register-a-tool.sh registers, activates and calls an operation', async () => {
    upstream.answer((_asked, response) => json(response, { sky: 'clear' }));
    expect(await printedBy('register-a-tool.sh', 'bob')).toContain('"sky":"clear"');
    expect(upstream.asked.at(-1)).toMatchObject({ method: 'GET', path: '/forecast/Oslo' });
  });
});
