// Callers that leave in the middle, among others that stay: nobody ever reads a word of somebody else's answer.
import { beforeAll, expect, it } from 'vitest';

import { withBudget } from '#test/support/budgets.ts';
import { canaryKey, type Person } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';
import { onEngine, usePortunus } from '#test/support/suite.ts';

const REQUESTS = 5000;
const ABORTED = 0.3;
const AT_ONCE = 24;
const PEOPLE = 8;

const calls = { calls: 1_000_000 };
const portunus = usePortunus({
  mutate(templates) {
    withoutRateLimits(templates);
    withBudget({ day: calls, month: calls })(templates);
  },
});

type Call = { readonly path: string; readonly body: unknown };

const said = (nonce: string) => [{ role: 'user', content: nonce }];
const asTool = (nonce: string) => ({ name: 'ai_chat', arguments: { messages: said(nonce) } });

/** Every way in, and both ways out: whole, and piece by piece. */
type Way = (nonce: string) => Call;
const WAYS: readonly [Way, ...Way[]] = [
  (nonce) => ({
    path: '/mcp/tools/invoke',
    body: { tool_name: 'ai_chat', parameters: { messages: said(nonce) } },
  }),
  (nonce) => ({
    path: '/mcp/tools/invoke',
    body: { tool_name: 'todo_create', parameters: { title: nonce } },
  }),
  (nonce) => ({ path: '/mcp', body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: asTool(nonce) } }),
  (nonce) => ({
    path: '/v1/chat/completions',
    body: { model: 'openai/gpt-4o-mini', messages: said(nonce) },
  }),
  (nonce) => ({
    path: '/v1/chat/completions',
    body: { model: 'openai/gpt-4o-mini', messages: said(nonce), stream: true },
  }),
];

const NONCE = /nonce[0-9a-f]{32}/g;

/** A stream's pieces cut a word anywhere. */
const joined = (text: string): string =>
  text.startsWith('data:')
    ? [...text.matchAll(/^data: (\{.*\})$/gm)]
        .map(([, piece = '']) => {
          const event = JSON.parse(piece);
          return event.choices ? (event.choices[0]?.delta?.content ?? '') : piece;
        })
        .join('')
    : text;

onEngine(`${REQUESTS} requests, three in ten of them given up`, () => {
  let people: Person[] = [];
  beforeAll(async () => {
    const named = Array.from({ length: PEOPLE }, (_, index) => portunus.current.person(`caller-${index}`));
    people = await Promise.all(named);
    for (const person of people) {
      await person.post('/api-keys', { provider: 'openai', api_key: canaryKey('openai') });
    }
  });

  async function ask(index: number): Promise<keyof typeof counts> {
    const nonce = `nonce${crypto.randomUUID().replaceAll('-', '')}`;
    const leaves = Math.random() < ABORTED;
    const signal = leaves ? AbortSignal.timeout(Math.ceil(Math.random() * 80)) : null;
    const read = await answerTo(index, nonce, signal).catch(() => undefined);
    if (read === undefined) return 'aborted';
    const others = read.filter((word) => word !== nonce);
    if (others.length > 0) return 'foreign';
    return read.length > 0 ? 'answered' : 'rejected';
  }

  /** @returns the nonces in it. */
  async function answerTo(index: number, nonce: string, signal: AbortSignal | null): Promise<string[]> {
    const { path, body } = (WAYS[index % WAYS.length] ?? WAYS[0])(nonce);
    const response = await fetch(`${portunus.current.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${people[index % PEOPLE]?.token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify(body),
      signal,
    });
    const text = await response.text();
    const nonces = joined(text).match(NONCE) ?? [];
    if (nonces.length === 0)
      rejections.push(/"code":\s*"\w+"/.exec(text)?.[0] ?? `${response.status} ${text}`);
    return nonces;
  }

  const rejections: string[] = [];
  const counts = { answered: 0, aborted: 0, rejected: 0, foreign: 0 };

  it('returns to each caller its own response or none', { timeout: 900_000 }, async () => {
    const numbers = Array.from({ length: REQUESTS }, (_, index) => index).values();
    const caller = async () => {
      for (const index of numbers) counts[await ask(index)] += 1;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, caller));
    process.stderr.write(`${JSON.stringify({ ...counts, rejections })}\n`);
    expect(counts.foreign).toBe(0);
    expect(counts.aborted).toBeGreaterThan(REQUESTS * 0.1);
    expect(counts.answered).toBeGreaterThan(REQUESTS * 0.6);
    // So many at once may find no instance free, for a call that was given up keeps its own, or the store busy: they are told so.
    expect(counts.rejected).toBeLessThan(REQUESTS * 0.01);
    for (const rejection of rejections) expect(rejection).toMatch(/"(rate_limited|unavailable|conflict)"/);
  });
});
