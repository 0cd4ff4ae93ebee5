// Requests of the smoke check, and what it expects of their answers.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;
export type SmokeStage = {
  /** Address of the stage, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly fetch: Fetch;
  /** Longest time that a projection of events may take. */
  readonly projectionMs: number;
};

/** Results of earlier checks for later ones. */
export type SmokeRun = SmokeStage & {
  readonly apiKey: string;
  keyId?: string;
  requestId?: string;
};

/** @returns a remark for the report. @throws {Error} with the finding */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- read field by field, and each expectation is its check
  readonly body: any;
};

export type Sent = { readonly method?: string; readonly body?: unknown; readonly token?: string | null };

export async function send(
  run: SmokeStage,
  path: string,
  { method = 'GET', body, token }: Sent = {},
): Promise<Answer> {
  const bearer = token === undefined ? run.token : token;
  const response = await run.fetch(`${run.url}${path}`, {
    method,
    headers: {
      ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function expect(holds: unknown, finding: string): asserts holds {
  if (!holds) throw new Error(finding);
}

export const statusIs = ({ status, body }: Answer, wanted: number): void =>
  expect(status === wanted, `status ${status} ${body?.code ?? ''} instead of ${wanted}`);

/** No server has this name (RFC 6761), so the key leaves for nowhere; it is sealed, opened and recorded all the same. */
export const UNREACHABLE = 'https://portunus-smoke.invalid/v1';

const MODEL = 'compatible/smoke';

export const chat = (run: SmokeRun): Promise<Answer> =>
  send(run, '/v1/chat/completions', {
    method: 'POST',
    body: { model: MODEL, messages: [{ role: 'user', content: 'smoke' }], max_tokens: 1 },
  });

export async function calledOverMcp({ url, token, fetch }: SmokeRun): Promise<unknown> {
  const client = new Client({ name: 'portunus-smoke', version: '1.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit, fetch }));
  try {
    const { structuredContent } = await client.callTool({ name: 'time_now', arguments: {} });
    return structuredContent;
  } finally {
    await client.close();
  }
}

/** Polls, because the projection follows the audit records by events. */
export async function until(timeoutMs: number, holds: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    if (await holds()) return true;
    await new Promise((done) => setTimeout(done, 500));
  }
  return false;
}
