// `npm run smoke` against the local stack: green as it is, red for each fault that is planted between the stage and the command.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

import { ERASURE_CHECK, SMOKE_CHECKS } from '#scripts/smoke-checks.ts';
import type { Fetch } from '#scripts/smoke-client.ts';
import { runSmoke } from '#scripts/smoke-run.ts';
import type { Person } from '#test/support/portunus.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const script = fileURLToPath(new URL('../../scripts/smoke.ts', import.meta.url));

type Fault = (
  request: { path: string; method: string; token: string | undefined },
  response: Response,
) => unknown;

/** Response with another status, body or header; the rest as the stage answered. */
async function altered(
  response: Response,
  {
    status = response.status,
    body,
    drop,
  }: { status?: number; body?: (text: string) => string; drop?: string },
): Promise<Response> {
  const text = await response.text();
  const headers = new Headers(response.headers);
  if (drop !== undefined) headers.delete(drop);
  headers.delete('content-length');
  return new Response(body ? body(text) : text, { status, headers });
}

const withFault =
  (fault: Fault): Fetch =>
  async (url, init = {}) => {
    const response = await fetch(url, init);
    const token = new Headers(init.headers).get('authorization') ?? undefined;
    const request = { path: new URL(url).pathname, method: init.method ?? 'GET', token };
    return ((await fault(request, response)) || response) as Response;
  };

/** Check that has to find it → the fault. */
const FAULTS: readonly (readonly [finder: string, title: string, fault: Fault])[] = [
  [
    'health',
    'a stage that does not answer',
    ({ path }, response) => path === '/health' && altered(response, { status: 503 }),
  ],
  [
    'security headers',
    'a missing Strict-Transport-Security',
    ({ path }, response) => path === '/health' && altered(response, { drop: 'strict-transport-security' }),
  ],
  [
    'API description',
    'an address of another stage',
    ({ path }, response) =>
      path === '/openapi.json' &&
      altered(response, { body: (text) => text.replaceAll('127.0.0.1', 'old.example.com') }),
  ],
  [
    'metadata for sign-in',
    'metadata of another resource',
    ({ path }, response) =>
      path.startsWith('/.well-known') &&
      altered(response, { body: (text) => text.replace('/mcp', '/other') }),
  ],
  [
    'challenge without a token',
    'an old challenge',
    (_, response) => response.status === 401 && altered(response, { drop: 'www-authenticate' }),
  ],
  [
    'rejection of a forged token',
    'an authorizer that lets everybody in',
    ({ token }, response) =>
      response.status === 401 && token !== undefined && altered(response, { status: 200 }),
  ],
  [
    'token',
    'a token that is not accepted',
    ({ path }, response) => path === '/usage' && altered(response, { status: 403 }),
  ],
  [
    'key stored, shown as a hint only',
    'an answer that quotes the key',
    ({ path, method }, response) =>
      path === '/api-keys' &&
      method === 'GET' &&
      altered(response, { body: (text) => text.replace('…', 'smoke_') }),
  ],
  [
    'tool over REST',
    'a tool without a result',
    ({ path }, response) =>
      path === '/mcp/tools/invoke' && altered(response, { body: () => '{"success":false}' }),
  ],
  [
    'tool over MCP',
    'an MCP endpoint that fails',
    ({ path }, response) => path === '/mcp' && altered(response, { status: 500 }),
  ],
  [
    'key opened for a call under /v1',
    'a key that cannot be decrypted',
    ({ path }, response) =>
      path.startsWith('/v1/') &&
      altered(response, { body: (text) => text.replaceAll('upstream_unreachable', 'kms_denied') }),
  ],
  [
    'audit record',
    'a call without a record',
    ({ path }, response) =>
      path === '/audit/logs' &&
      altered(response, { body: (text) => text.replaceAll('tool.called', 'tool.read') }),
  ],
  [
    'usage projected from events',
    'a pipeline that stands still',
    ({ path }, response) => path === '/usage/history' && altered(response, { body: () => '{"usage":[]}' }),
  ],
  [
    'key deleted, rejected on the next use',
    'a key that outlives its deletion',
    ({ path, method }, response) =>
      method === 'DELETE' && path.startsWith('/api-keys/') && altered(response, { status: 404 }),
  ],
];

onEngine('npm run smoke', () => {
  const portunus = usePortunus();
  let alice: Person;
  beforeAll(async () => {
    alice = await portunus.current.person('alice');
  });

  it('passes on a sound stage, erasure included, and leaves no key behind', async () => {
    const { url } = portunus.current;
    const erin = await portunus.current.person('erin');
    const args = [script, '--url', url, '--erase-account'];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { ...process.env, SMOKE_TOKEN: erin.token },
    });
    expect(stdout).toContain(`${SMOKE_CHECKS.length + 1} checks passed.`);
    for (const { name } of [...SMOKE_CHECKS, ERASURE_CHECK]) expect(stdout).toContain(`ok    ${name}`);
    expect(stdout).not.toContain(erin.token);
    expect(await portunus.current.rows('vault')).toEqual([]);
  });

  it('ends with 1 and the finding if a check fails', async () => {
    const args = [script, '--url', portunus.current.url, '--token', 'not-a-token'];
    const failed = await promisify(execFile)(process.execPath, args).catch((error: object) => error);
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringMatching(/FAIL {2}token: status 401/) });
  });

  describe.each(FAULTS)('%s', (finder, title, fault) => {
    it(`finds ${title}`, async () => {
      const { url } = portunus.current;
      const stage = { url, token: alice.token, fetch: withFault(fault), projectionMs: 3000 };
      const checks = SMOKE_CHECKS.slice(0, SMOKE_CHECKS.findIndex(({ name }) => name === finder) + 1);
      const results = await runSmoke(stage, checks, () => undefined);
      const failed = results.filter(({ finding }) => finding !== undefined).map(({ name }) => name);
      expect(failed).toEqual([finder]);
    });
  });

  it('has a planted fault for every check', () => {
    expect(FAULTS.map(([finder]) => finder)).toEqual(SMOKE_CHECKS.map(({ name }) => name));
  });
});
