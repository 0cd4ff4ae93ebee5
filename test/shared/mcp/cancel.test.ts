import { expect, it } from 'vitest';

import type { Principal } from '#shared/auth/principal.ts';
import { deadlineIn } from '#shared/core/deadline.ts';
import { AppError } from '#shared/core/errors.ts';
import { toolOffer } from '#shared/mcp/offer.ts';
import { serveMcp } from '#shared/mcp/serve.ts';
import type { Invoke } from '#shared/tools/invoke.ts';

const principal = { ownerId: 'u', scopes: [], expiresAt: Date.now() / 1000 + 60 } as unknown as Principal;

const message = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'ai_chat',
    arguments: { messages: [{ role: 'user', content: 'hello' }] },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
};

it('a client that disconnects cancels the provider call', async () => {
  const gone = new AbortController();
  const waits = Promise.withResolvers<void>();
  const invoke: Invoke = ({ deadline: { signal } }) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () =>
        resolve({ ok: false, error: new AppError('deadline_exceeded') }),
      );
      waits.resolve();
    });
  const ended = Promise.withResolvers<string>();
  const calls = {
    principal,
    requestId: 'r',
    registered: [],
    deadline: deadlineIn(60_000),
    report: () => {},
    invoke: async (call: Parameters<Invoke>[0]) => {
      const answer = await invoke(call);
      ended.resolve(answer.ok ? 'answered' : answer.error.code);
      return answer;
    },
  };
  const request = new Request('https://portunus.example/mcp', {
    method: 'POST',
    signal: gone.signal,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'ai_chat',
    },
    body: JSON.stringify(message),
  });
  const answer = serveMcp(request, message, {
    offer: toolOffer(message, calls),
    principal,
    report: () => {},
  });
  await waits.promise;
  gone.abort();
  expect(await ended.promise).toBe('deadline_exceeded');
  expect((await answer).status).toBe(499);
});
