// Parties that are measured with one completion, their requests, and the time that counts.
import type { Client } from './client.ts';
import type { Portkey } from './portkey.ts';
import type { Provider } from './provider.ts';
import type { Sample } from './requests.ts';
import type { BenchStack } from './stack.ts';

const MODEL = 'gpt-4.1-mini';
export type Mode = 'json' | 'sse';
export const MODES: readonly Mode[] = ['json', 'sse'];
export const TITLE: Readonly<Record<Mode, string>> = { json: 'JSON, whole answer', sse: 'SSE, first event' };

export const WHO = ['direct', 'portkey', 'ours', 'own', 'calls', 'nothing'] as const;
export type Who = (typeof WHO)[number];

export type Site = {
  readonly stack: BenchStack;
  readonly provider: Provider;
  readonly portkey: Portkey | undefined;
  /** One person for each connection: a gateway has many callers. */
  readonly tokens: readonly string[];
};

const bodyFor = (model: string, mode: Mode) =>
  JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You answer in short sentences.' },
      { role: 'user', content: 'What is measured here?' },
    ],
    ...(mode === 'sse' && { stream: true }),
  });

export function sampleFor(
  who: Who | 'record',
  mode: Mode,
  { provider, tokens }: Site,
  connection: number,
): Sample {
  const ours = who !== 'direct' && who !== 'portkey';
  const wish = { record: `record:${mode}`, own: `own:${mode}`, calls: `calls:${mode}`, nothing: 'nothing' };
  // The answers at hand are those of the first person's calls, and nobody else's key opens with them.
  const person = who === 'own' ? 0 : connection;
  const extra = {
    ...(who in wish && { 'x-bench': wish[who as keyof typeof wish] }),
    ...(who === 'portkey' && {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${provider.url}/v1`,
    }),
  };
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${ours ? tokens[person] : 'sk-proj-not-a-real-key'}`,
      ...extra,
    },
    body: bodyFor(ours ? `openai/${MODEL}` : MODEL, mode),
  };
}

export function urlOf(who: Who, { stack, provider, portkey }: Site): string | undefined {
  if (who === 'direct') return provider.url;
  return who === 'portkey' ? portkey?.url : stack.url;
}

/** Milliseconds to what is waited for. Anything but the whole answer stops the bench. */
export async function timed(client: Client, sample: Sample, mode: Mode): Promise<number> {
  const answer = await client.send(sample);
  const bare = /^(calls|nothing)/.test(sample.headers?.['x-bench'] ?? '');
  const complete = bare || answer.body.includes(mode === 'json' ? '"usage"' : 'data: [DONE]');
  if (answer.status !== 200 || !complete) {
    throw new Error(`${sample.path} answered ${answer.status}: ${answer.body.slice(0, 200)}`);
  }
  return mode === 'json' ? answer.ms : answer.firstMs;
}

export type Times = Record<Who, number[]>;
export const noTimes = () => Object.fromEntries(WHO.map((who) => [who, [] as number[]])) as Times;
