// Median time to reject each kind of bad request, beside an answer of a handler that does nothing.
import { generateKeyPair, SignJWT } from 'jose';

import { createClient } from './client.ts';
import { bare, invokeTool, type Sample } from './requests.ts';
import type { BenchStack } from './stack.ts';
import { median, ms, quantile, times, within } from './stats.ts';
import { table } from './table.ts';

const TRIES = 20;
const LIMIT_MS = 100;

const read = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, string>;

/** As this stack's issuer would write it, signed by somebody else. */
async function foreignToken(token: string): Promise<string> {
  const [head = '', payload = ''] = token.split('.');
  const { privateKey } = await generateKeyPair('RS256');
  return new SignJWT(read(payload)).setProtectedHeader({ ...read(head), alg: 'RS256' }).sign(privateKey);
}

async function samplesFor(stack: Pick<BenchStack, 'token'>): Promise<Record<string, Sample>> {
  const deep = '['.repeat(10_000) + ']'.repeat(10_000);
  const call = (body: string) => invokeTool(stack, body);
  const fine = '{"tool_name":"time_now","parameters":{}}';
  const { headers: _, ...missing } = call(fine);
  return {
    'malformed JSON': call('{"tool_name": "time_now",}'),
    'wrong types': call('{"tool_name": 7, "parameters": []}'),
    'an unknown field': call('{"tool_name": "time_now", "parameters": {}, "extra": 1}'),
    'an unknown argument': call('{"tool_name": "time_now", "parameters": {"extra": 1}}'),
    '300 KiB': call(`{"tool_name": "${'a'.repeat(300 * 1024)}"}`),
    '10,000-deep arrays': call(`{"tool_name": "time_now", "parameters": {"a": ${deep}}}`),
    'no token': missing,
    'a token signed by another key': invokeTool({ token: await foreignToken(stack.token) }, fine),
  };
}

export async function rejections({ url, token }: BenchStack): Promise<void> {
  const client = createClient(url, 1);
  const timesOf = async (sample: Sample) => {
    const answers = [];
    for (let tried = 0; tried <= TRIES; tried += 1) answers.push(await client.send(sample));
    const counted = answers.slice(1); // the first may have started an instance
    return { statuses: new Set(counted.map(({ status }) => status)), ms: counted.map((answer) => answer.ms) };
  };
  const rows: string[][] = [];
  const base = median((await timesOf(bare)).ms);
  rows.push(['(bare handler)', '200', ms(base), times(1), '']);
  for (const [kind, sample] of Object.entries(await samplesFor({ token }))) {
    const { statuses, ms: taken } = await timesOf(sample);
    const p50 = median(taken);
    rows.push([
      kind,
      [...statuses].join(' '),
      within(ms(p50), ms(LIMIT_MS), p50 < LIMIT_MS),
      times(p50 / base),
      ms(quantile(taken, 0.95)),
    ]);
  }
  client.close();
  table(
    `Time to reject bad input (POST /mcp/tools/invoke), median of ${TRIES}`,
    ['', 'status', 'p50 / aim', '', 'p95'],
    rows,
  );
}
