// Cost of authorization and admission in AWS calls and in ms, against the same without them, in one run.
//
// The door: a handler that does nothing, behind no authorizer, behind one whose verdict API Gateway still knows, and behind one
// that is asked each time (every call with a token that was never seen). A tool call: the product against itself without its
// admission, in the same process. There the rate is not counted and nothing is reserved or settled; what remains is the work of
// the tool, its ATTEMPT and its record. Last, the product against a handler that makes the same AWS calls and nothing else.
import { type Client, createClient } from './client.ts';
import { startProvider } from './provider.ts';
import { bare, invokeTool, type Sample, storeKey } from './requests.ts';
import { type BenchStack, withStack } from './stack.ts';
import { median, ms, times, within } from './stats.ts';
import { progress, table } from './table.ts';

/** Takes the caller's token and reads nothing of the request: in this bench it does nothing at all. */
const BEHIND = { name: 'sessions-list', path: '/sessions' } as const;
const FUNCTION = 'tools-invoke';
const WARM_LIMIT = 1.25;

const messages = [{ role: 'user', content: 'What is measured here?' }];
const TOOLS: Readonly<Record<string, object>> = {
  time_now: {},
  todo_create: { title: 'Measured' },
  ai_chat: { messages, provider: 'openai', model: 'gpt-4.1-mini' },
};

const asked = (sample: Sample, wish: string): Sample => ({
  ...sample,
  headers: { ...sample.headers, 'x-bench': wish },
});
const toolCall = (stack: BenchStack, tool: string) =>
  invokeTool(stack, JSON.stringify({ tool_name: tool, parameters: TOOLS[tool] }));
const behind = (token: string): Sample => ({
  method: 'GET',
  path: BEHIND.path,
  headers: { authorization: `Bearer ${token}` },
});

async function timed(client: Client, sample: Sample): Promise<number> {
  const { status, ms: time, body } = await client.send(sample);
  if (status !== 200) throw new Error(`${sample.path} answered ${status}: ${body.slice(0, 200)}`);
  return time;
}

type Party = { readonly name: string; readonly next: () => Sample };

/** Each party once in each round, each after every other. */
async function interleaved(
  url: string,
  parties: readonly Party[],
  rounds: number,
): Promise<Map<string, number>> {
  const client = createClient(url, 1);
  const taken = new Map<string, number[]>(parties.map(({ name }) => [name, []]));
  for (let round = -5; round < rounds; round += 1) {
    const turn = Math.max(0, round) % parties.length;
    for (const { name, next } of [...parties.slice(turn), ...parties.slice(0, turn)]) {
      const time = await timed(client, next());
      if (round >= 0) taken.get(name)?.push(time);
    }
  }
  client.close();
  return new Map([...taken].map(([name, all]) => [name, median(all)]));
}

/** The AWS calls of one warm request, in their order. */
async function callsOf(stack: BenchStack, functions: readonly string[], sample: Sample): Promise<string[]> {
  const client = createClient(stack.url, 1);
  await timed(client, sample); // whatever is read now and then has just been read
  const since = Date.now();
  await timed(client, sample);
  client.close();
  return (await stack.calls(functions, since)).map(({ operation }) => operation);
}

const listed = (calls: readonly string[]) =>
  `${calls.length}${calls.length > 0 ? `: ${calls.join(' ')}` : ''}`;

async function door(stack: BenchStack, rounds: number): Promise<void> {
  progress('admission: the door');
  const fresh = [...(await stack.tokens(Array.from({ length: rounds + 20 }, () => 'alice')))];
  const known = behind(stack.token);
  const parties: Party[] = [
    { name: 'open route', next: () => bare },
    { name: 'authorizer, verdict known', next: () => known },
    { name: 'authorizer, asked each time', next: () => behind(fresh.pop() ?? '') },
  ];
  const taken = await interleaved(stack.url, parties, rounds);
  const base = taken.get('open route') ?? Number.NaN;
  const rows = [];
  for (const { name, next } of parties) {
    const calls = await callsOf(stack, ['authorizer', BEHIND.name, 'health'], next());
    const time = taken.get(name) ?? Number.NaN;
    rows.push([name, listed(calls), ms(time), ms(time - base), times(time / base)]);
  }
  table(
    `The door: a handler that does nothing, p50 of ${rounds} interleaved`,
    ['', 'AWS calls', 'p50', 'more', ''],
    rows,
  );
}

async function tools(stack: BenchStack, rounds: number): Promise<void> {
  const rows: string[][] = [];
  const warm: string[][] = [];
  for (const tool of Object.keys(TOOLS)) {
    progress(`admission: ${tool}`);
    const whole = toolCall(stack, tool);
    const without = asked(whole, 'without');
    const [calls, fewer] = [
      await callsOf(stack, [FUNCTION], whole),
      await callsOf(stack, [FUNCTION], without),
    ];
    const client = createClient(stack.url, 1);
    await timed(client, asked(whole, `record:${tool}`));
    client.close();
    const replayed = asked(whole, `calls:${tool}`);
    const same = (await callsOf(stack, [FUNCTION], replayed)).join() === calls.join();
    const parties: Party[] = [
      { name: 'whole', next: () => whole },
      { name: 'without', next: () => without },
      { name: 'calls', next: () => replayed },
    ];
    const taken = await interleaved(stack.url, parties, rounds);
    const of = (name: string) => taken.get(name) ?? Number.NaN;
    const [time, bareTime, callsTime] = [of('whole'), of('without'), of('calls')];
    rows.push([tool, listed(calls), ms(time), listed(fewer), ms(bareTime), ms(time - bareTime)]);
    const ratio = time / callsTime;
    warm.push([
      tool,
      same ? 'the same' : 'OTHERS',
      ms(time),
      ms(callsTime),
      within(times(ratio), times(WARM_LIMIT), ratio <= WARM_LIMIT),
    ]);
  }
  table(
    `A tool call with its admission and without, p50 of ${rounds} interleaved`,
    ['', 'AWS calls', 'p50', 'without', 'p50', 'admission'],
    rows,
  );
  table(
    `A warm tool call against a handler that makes the same AWS calls and nothing else, p50 of ${rounds} interleaved`,
    ['', 'AWS calls', 'Portunus', 'calls alone', 'ratio / limit'],
    warm,
  );
}

export async function admission(quick: boolean): Promise<void> {
  const provider = await startProvider();
  const rounds = quick ? 20 : 120;
  try {
    await withStack(
      async (stack) => {
        await storeKey(stack.url, stack);
        await door(stack, rounds);
        await tools(stack, rounds);
      },
      {
        empty: [BEHIND.name],
        beside: [{ name: FUNCTION, without: true }],
        quiet: true,
        provider: provider.url,
      },
    );
  } finally {
    provider.stop();
  }
}
