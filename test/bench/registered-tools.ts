// The list of tools with as many registered ones as one may have, against that of our own alone.
import { createClient } from './client.ts';
import { callTimeNow, type Sample } from './requests.ts';
import type { BenchStack } from './stack.ts';
import { median, ms, quantile, times } from './stats.ts';
import { progress, table } from './table.ts';

const TOOLS = 200;
/** As many as one registration takes. */
const AT_ONCE = 50;

const overRest = ({ token }: BenchStack): Sample => ({
  method: 'GET',
  path: '/mcp/tools',
  headers: { authorization: `Bearer ${token}` },
});

function overMcp(stack: BenchStack): Sample {
  const call = callTimeNow(stack);
  const { 'mcp-name': _name, ...headers } = call.headers ?? {};
  const { params, ...message } = JSON.parse(call.body ?? '') as { params: { _meta: unknown } };
  const body = JSON.stringify({ ...message, method: 'tools/list', params: { _meta: params._meta } });
  return { ...call, headers: { ...headers, 'mcp-method': 'tools/list' }, body };
}

/** One operation with three arguments and a described answer: about 1 kB a tool. */
const operation = (n: number) => ({
  operationId: `operation_${n}`,
  summary: `Does the thing number ${n}, and says what came of it in a sentence or two.`,
  parameters: ['id', 'since', 'limit'].map((name) => ({
    name,
    in: 'query',
    description: `What ${name} is to be`,
    schema: { type: 'string', maxLength: 100 },
  })),
  responses: {
    200: { content: { 'application/json': { schema: { type: 'object', properties: { id: {} } } } } },
  },
});

async function register({ url, token }: BenchStack): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}.`);
    return (await answer.json()) as { tools: { name: string; hash: string }[] };
  };
  for (let from = 0; from < TOOLS; from += AT_ONCE) {
    progress(`tools: ${from} of ${TOOLS} registered`);
    const some = Array.from({ length: AT_ONCE }, (_, n) => from + n);
    const paths = Object.fromEntries(some.map((n) => [`/${n}`, { get: operation(n) }]));
    const document = JSON.stringify({
      openapi: '3.1.0',
      servers: [{ url: 'https://api.example.com' }],
      paths,
    });
    const { tools } = await post('/mcp/tools', { kind: 'openapi', alias: 'bench', document });
    for (const { name, hash } of tools) {
      await post(`/mcp/tools/${name}/review`, { decision: 'activate', hash });
    }
  }
}

export async function registeredTools(stack: BenchStack, quick: boolean): Promise<void> {
  const client = createClient(stack.url, 1);
  const timesOf = async (sample: Sample): Promise<number[]> => {
    const taken: number[] = [];
    for (let tried = 0; tried <= (quick ? 20 : 100); tried += 1) {
      const { status, ms: time } = await client.send(sample);
      if (status !== 200) throw new Error(`${sample.path} answered ${status}.`);
      if (tried > 0) taken.push(time); // the first may have started an instance
    }
    return taken;
  };
  const samples = { 'GET /mcp/tools': overRest(stack), 'MCP tools/list': overMcp(stack) };
  const before = new Map<string, number[]>();
  for (const [name, sample] of Object.entries(samples)) before.set(name, await timesOf(sample));
  await register(stack);
  const rows: string[][] = [];
  for (const [name, sample] of Object.entries(samples)) {
    const [alone, all] = [median(before.get(name) ?? []), await timesOf(sample)];
    rows.push([name, ms(alone), ms(median(all)), ms(quantile(all, 0.95)), times(median(all) / alone)]);
  }
  client.close();
  table(
    `The list of tools, one caller`,
    ['', 'our own, p50', `and ${TOOLS} registered, p50`, 'p95', ''],
    rows,
  );
}
