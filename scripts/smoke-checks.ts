// Checks of a running stage, in their order: later ones use what earlier ones stored. Only the API is used, as a client uses it.
import {
  calledOverMcp,
  chat,
  expect,
  send,
  type SmokeRun,
  statusIs,
  UNREACHABLE,
  until,
} from './smoke-client.ts';

export type SmokeCheck = {
  readonly name: string;
  /** The later ones need what it checks, and are not run after a finding. */
  readonly isRequired?: true;
  readonly run: (run: SmokeRun) => Promise<string | undefined>;
};

export const SMOKE_CHECKS: readonly SmokeCheck[] = [
  {
    name: 'health',
    async run(run) {
      const answer = await send(run, '/health', { token: null });
      statusIs(answer, 200);
      expect(answer.body?.status === 'ok', 'the answer is not {"status": "ok"}');
      return undefined;
    },
  },
  {
    name: 'security headers',
    async run(run) {
      const { headers } = await send(run, '/health', { token: null });
      expect(headers.get('strict-transport-security')?.includes('max-age='), 'no Strict-Transport-Security');
      expect(headers.get('x-content-type-options') === 'nosniff', 'no X-Content-Type-Options: nosniff');
      expect(headers.get('cache-control')?.includes('no-store'), 'Cache-Control is not no-store');
      return undefined;
    },
  },
  {
    name: 'API description',
    async run(run) {
      const answer = await send(run, '/openapi.json', { token: null });
      statusIs(answer, 200);
      const [server] = answer.body?.servers ?? [];
      expect(
        server?.url === run.url,
        `it names ${server?.url} as the address: the stage was deployed for another`,
      );
      return `${Object.keys(answer.body.paths).length} paths`;
    },
  },
  {
    name: 'metadata for sign-in',
    async run(run) {
      const answer = await send(run, '/.well-known/oauth-protected-resource/mcp', { token: null });
      statusIs(answer, 200);
      const { resource, authorization_servers: servers = [] } = answer.body;
      expect(resource === `${run.url}/mcp`, `it names the resource ${resource} instead of ${run.url}/mcp`);
      expect(servers.length > 0, 'it names no authorization server');
      return String(servers[0]);
    },
  },
  {
    name: 'challenge without a token',
    async run(run) {
      const answer = await send(run, '/api-keys', { token: null });
      statusIs(answer, 401);
      const challenge = answer.headers.get('www-authenticate') ?? '';
      const metadata = `${run.url}/.well-known/oauth-protected-resource/mcp`;
      expect(
        challenge.includes(`resource_metadata="${metadata}"`),
        `WWW-Authenticate does not name ${metadata}`,
      );
      return undefined;
    },
  },
  {
    name: 'rejection of a forged token',
    async run(run) {
      const forged = `${run.token.slice(0, -8)}${run.token.at(-8) === 'A' ? 'B' : 'A'}${run.token.slice(-7)}`;
      statusIs(await send(run, '/api-keys', { token: forged }), 401);
      return undefined;
    },
  },
  {
    name: 'token',
    isRequired: true,
    async run(run) {
      const answer = await send(run, '/usage');
      statusIs(answer, 200);
      const { spent, limit } = answer.body?.day?.calls ?? {};
      return `${spent} of ${limit} calls today`;
    },
  },
  {
    name: 'key stored, shown as a hint only',
    async run(run) {
      const body = { provider: 'compatible', api_key: run.apiKey, base_url: UNREACHABLE, label: 'smoke' };
      const stored = await send(run, '/api-keys', { method: 'POST', body });
      statusIs(stored, 201);
      run.keyId = stored.body.key_id as string;
      const list = await send(run, '/api-keys');
      const listed = list.body?.keys?.find(({ key_id }: { key_id: string }) => key_id === run.keyId);
      expect(listed?.hint === `…${run.apiKey.slice(-4)}`, 'the list does not hold the key with its hint');
      for (const { text } of [stored, list]) expect(!text.includes(run.apiKey), 'an answer contains the key');
      return undefined;
    },
  },
  {
    name: 'tool over REST',
    async run(run) {
      const body = { tool_name: 'time_now', parameters: {} };
      const answer = await send(run, '/mcp/tools/invoke', { method: 'POST', body });
      statusIs(answer, 200);
      expect(answer.body?.success === true && answer.body.result, 'the answer has no result');
      run.requestId = answer.body.request_id as string;
      return undefined;
    },
  },
  {
    name: 'tool over MCP',
    async run(run) {
      const result = await calledOverMcp(run);
      expect(typeof result === 'object' && result !== null, 'the result has no structured content');
      return undefined;
    },
  },
  {
    name: 'key opened for a call under /v1',
    async run(run) {
      const answer = await chat(run);
      statusIs(answer, 502);
      const code: unknown = answer.body?.error?.portunus_code;
      expect(code === 'upstream_unreachable', `code ${String(code)} instead of upstream_unreachable`);
      expect(!answer.text.includes(run.apiKey), 'the answer contains the key');
      const receipts = await send(run, `/api-keys/${run.keyId}/receipts`);
      expect(receipts.body?.receipts?.length > 0, 'the key has no receipt of the call');
      return undefined;
    },
  },
  {
    name: 'audit record',
    async run(run) {
      const answer = await send(run, '/audit/logs?limit=100');
      statusIs(answer, 200);
      const found = answer.body.logs.find(
        ({ request_id }: { request_id: string }) => request_id === run.requestId,
      );
      expect(found?.action === 'tool.called', 'the call of the tool has no record');
      expect(!answer.text.includes(run.apiKey), 'a record contains the key');
      return undefined;
    },
  },
  {
    name: 'usage projected from events',
    async run(run) {
      const day = new Date().toISOString().slice(0, 10);
      const isCounted = async () => {
        const { body } = await send(run, `/usage/history?by=tool&from=${day}`);
        return body?.usage?.some(
          ({ tool, calls }: { tool: string; calls: number }) => tool === 'time_now' && calls > 0,
        );
      };
      expect(
        await until(run.projectionMs, isCounted),
        'the call is not counted in time: see the runbook, event pipeline',
      );
      return undefined;
    },
  },
  {
    name: 'key deleted, rejected on the next use',
    async run(run) {
      statusIs(await send(run, `/api-keys/${run.keyId}`, { method: 'DELETE' }), 200);
      const answer = await chat(run);
      const code: unknown = answer.body?.error?.portunus_code;
      expect(code === 'key_missing', `status ${answer.status} ${String(code)} instead of key_missing`);
      delete run.keyId;
      return undefined;
    },
  },
];

/** Erases the account of the token: only for a person who exists for that. */
export const ERASURE_CHECK: SmokeCheck = {
  name: 'erasure of the account',
  async run(run) {
    let answer = await send(run, '/account', { method: 'DELETE' });
    for (let again = 0; answer.status === 202 && again < 10; again += 1)
      answer = await send(run, '/account', { method: 'DELETE' });
    statusIs(answer, 200);
    expect(answer.body?.complete === true, 'the erasure is not complete');
    return undefined;
  },
};
