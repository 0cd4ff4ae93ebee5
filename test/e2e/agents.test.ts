// Coding agents that change their base URL and nothing else: requests in the recorded shape of Claude Code and Codex, with 120
// tools and long loops of calls, through every provider.
import { expect, it } from 'vitest';

import {
  CLAUDE_CODE_HEADERS,
  claudeCodeRequest,
  CODEX_HEADERS,
  codexRequest,
} from '#test/support/agent-requests.ts';
import { canaryKey } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const PROVIDERS = ['anthropic', 'openai', 'google', 'mistral', 'compatible'] as const;
type Provider = (typeof PROVIDERS)[number];
const MODELS: Readonly<Record<Provider, string>> = {
  anthropic: 'anthropic/claude-haiku-4-5',
  openai: 'openai/gpt-5.2',
  google: 'google/gemini-3.5-flash',
  mistral: 'mistral/mistral-small-2603',
  compatible: 'compatible/some-model',
};
const TURNS = 400;

onEngine('a coding agent', () => {
  const portunus = usePortunus();
  const sent = () => portunus.current.provider?.journal() ?? [];

  async function withKey(name: string, provider: Provider) {
    const { current } = portunus;
    const person = await current.person(name);
    const base_url = provider === 'compatible' ? { base_url: current.provider?.compatibleUrl } : {};
    await person.post('/api-keys', { provider, api_key: canaryKey(provider), ...base_url });
    const send = (path: string, headers: Readonly<Record<string, string>>, body: object) =>
      current.request('POST', path, {
        headers: { ...headers, authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    return { person, send };
  }

  it.each(PROVIDERS)('in the shape of Claude Code works with %s over a long loop', async (provider) => {
    const { send } = await withKey(`claude-${provider}`, provider);
    const body = claudeCodeRequest(MODELS[provider], TURNS, 'c2lnbmF0dXJl');
    const answer = await send('/v1/messages?beta=true', CLAUDE_CODE_HEADERS, body);
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([
      200,
      expect.stringContaining('message_start'),
    ]);
    expect(answer.text).toContain('event: message_stop');
    expect(sent().at(-1)).toMatchObject({ api: provider, status: 200 });
    expect(sent().at(-1)?.body).toContain(`result ${TURNS - 1}:`);
  });

  it('in the shape of Claude Code reaches Anthropic as it was sent, betas too', async () => {
    const { send } = await withKey('claude-native', 'anthropic');
    const body = claudeCodeRequest('claude-haiku-4-5', 20, 'c2lnbmF0dXJl');
    await send('/v1/messages?beta=true', CLAUDE_CODE_HEADERS, body);
    const last = sent().at(-1);
    expect(JSON.parse(last?.body ?? '')).toEqual({ ...body, service_tier: 'standard_only' });
    expect(last?.headers['anthropic-beta']).toBe(CLAUDE_CODE_HEADERS['anthropic-beta']);
    const { stream: _stream, max_tokens: _limit, ...counted } = body;
    const count = await send('/v1/messages/count_tokens?beta=true', CLAUDE_CODE_HEADERS, counted);
    expect(count.body).toEqual({ input_tokens: expect.any(Number) });
  });

  it.each(PROVIDERS)('in the shape of Codex works with %s over a long loop', async (provider) => {
    const { send } = await withKey(`codex-${provider}`, provider);
    const answer = await send('/v1/responses', CODEX_HEADERS, codexRequest(MODELS[provider], TURNS));
    expect([answer.status, answer.text.slice(0, 300)]).toEqual([
      200,
      expect.stringContaining('response.created'),
    ]);
    expect(answer.text).toContain('event: response.completed');
    expect(answer.headers.get('x-portunus-dropped')).toContain('tools.web_search');
    expect(sent().at(-1)).toMatchObject({ api: provider, status: 200 });
    expect(sent().at(-1)?.body).toContain(`result ${TURNS - 1}:`);
  });

  it('in the shape of Codex reaches OpenAI as it was sent, without what is billed by its use', async () => {
    const { send } = await withKey('codex-native', 'openai');
    const body = codexRequest('gpt-5.2', 20, 'gAAAAABencrypted');
    await send('/v1/responses', CODEX_HEADERS, body);
    const tools = body.tools.filter(({ type }) => type !== 'web_search');
    expect(JSON.parse(sent().at(-1)?.body ?? '')).toEqual({ ...body, tools, service_tier: 'default' });
  });

  it('may send a body of almost 4 MiB, and receives the bound in the error beyond it', async () => {
    const { send } = await withKey('large', 'openai');
    const body = codexRequest('openai/gpt-5.2', 10);
    const fill = (size: number) => ({
      ...body,
      input: [
        ...body.input,
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x'.repeat(size) }] },
      ],
    });
    const fits = await send('/v1/responses', CODEX_HEADERS, fill(3_700_000));
    expect(fits.status).toBe(200);
    const large = await send('/v1/responses', CODEX_HEADERS, fill(4_300_000));
    expect([large.status, large.body.error.message]).toEqual([413, expect.stringContaining('4096 KiB')]);
  });
});
