// The product and `@portkey-ai/gateway` in front of the same strict stand-in providers: which requests each brings to an answer,
// and what each route of /v1 adds to a direct call. No timing decides a test; both tables are for reading.
import { rm } from 'node:fs/promises';

import { CHAT } from '#scripts/field-probes.ts';
import { canaryKey, startPortunus } from '#test/support/portunus.ts';
import { withoutRateLimits } from '#test/support/rates.ts';

import { createClient } from './client.ts';
import { type Portkey, startPortkey } from './portkey.ts';
import type { Sample } from './requests.ts';
import { median, ms } from './stats.ts';
import { progress, table } from './table.ts';

const MODELS = {
  openai: 'gpt-4.1-mini',
  anthropic: 'claude-haiku-4-5',
  google: 'gemini-2.5-flash',
  mistral: 'mistral-small-latest',
} as const;
type Provider = keyof typeof MODELS;
const PROVIDERS = Object.keys(MODELS) as Provider[];

type Json = Readonly<Record<string, unknown>>;
type Party = { readonly url: string; readonly headers: Readonly<Record<string, string>> };
type Site = {
  readonly providerUrl: string;
  readonly keys: Readonly<Record<Provider, string>>;
  readonly token: string;
  readonly url: string;
  readonly portkey: Portkey;
};

const portkeyNames: Readonly<Record<Provider, readonly [name: string, path: string]>> = {
  openai: ['openai', '/v1'],
  anthropic: ['anthropic', '/v1'],
  google: ['google', ''],
  mistral: ['mistral-ai', '/mistral/v1'],
};

const ours = ({ url, token }: Site): Party => ({
  url,
  // A stored answer would be no call.
  headers: { authorization: `Bearer ${token}`, 'x-portunus-cache': 'off' },
});
function theirs({ portkey, keys, providerUrl }: Site, provider: Provider): Party {
  const [name, path] = portkeyNames[provider];
  const headers = {
    authorization: `Bearer ${keys[provider]}`,
    'x-portkey-provider': name,
    'x-portkey-custom-host': `${providerUrl}${path}`,
  };
  return { url: portkey.url, headers };
}

const count = (failed: readonly string[]) => `${CHAT.length - failed.length} of ${CHAT.length}`;

async function answered({ url, headers }: Party, body: Json): Promise<boolean> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  return response.status === 200 && text.includes('"choices"');
}

/** Every field of the chat dialect, to every provider, through both gateways. */
async function fields(site: Site): Promise<void> {
  const rows: string[][] = [];
  for (const provider of PROVIDERS) {
    const [mine, peer]: [string[], string[]] = [[], []];
    for (const [field, part] of CHAT) {
      const hello = { messages: [{ role: 'user', content: 'hi' }], max_tokens: 64 };
      const body = { ...hello, ...part };
      const model = MODELS[provider];
      if (!(await answered(ours(site), { ...body, model: `${provider}/${model}` }))) mine.push(field);
      if (!(await answered(theirs(site, provider), { ...body, model }))) peer.push(field);
    }
    rows.push([provider, count(mine), count(peer), mine.join(', ') || '–', peer.join(', ') || '–']);
  }
  table(
    'Requests with one field each that are answered; the stand-ins reject what the providers reject',
    ['provider', 'ours', 'portkey', 'not answered by ours', 'not answered by portkey'],
    rows,
  );
}

const words = 'What is measured here?';
const ROUTES: readonly (readonly [path: string, provider: Provider, model: string, body: Json])[] = [
  ['/v1/chat/completions', 'openai', MODELS.openai, { messages: [{ role: 'user', content: words }] }],
  ['/v1/responses', 'openai', MODELS.openai, { input: words, store: false }],
  [
    '/v1/messages',
    'anthropic',
    MODELS.anthropic,
    { max_tokens: 64, messages: [{ role: 'user', content: words }] },
  ],
  ['/v1/embeddings', 'openai', 'text-embedding-3-small', { input: words }],
];

/** Median of one request at a time, each party after every other. A failure of the peer is a dash. */
async function latency(site: Site, rounds: number): Promise<void> {
  const rows: string[][] = [];
  for (const [path, provider, model, body] of ROUTES) {
    const anthropic = { 'anthropic-version': '2023-06-01', 'x-api-key': site.keys[provider] };
    const direct = {
      url: site.providerUrl,
      headers: {
        authorization: `Bearer ${site.keys[provider]}`,
        ...(provider === 'anthropic' && anthropic),
      },
    };
    const peer = theirs(site, provider);
    const parties = {
      direct,
      ours: ours(site),
      portkey: {
        ...peer,
        headers: { ...peer.headers, ...(provider === 'anthropic' && anthropic) },
      },
    };
    const times = { direct: [] as number[], ours: [] as number[], portkey: [] as number[] };
    for (let round = -3; round < rounds; round += 1) {
      for (const [name, party] of Object.entries(parties)) {
        const own = name === 'ours' ? `${provider}/${model}` : model;
        const sample: Sample = {
          method: 'POST',
          path,
          headers: { ...party.headers, 'content-type': 'application/json' },
          body: JSON.stringify({ ...body, model: own }),
        };
        const client = createClient(party.url, 1);
        const answer = await client.send(sample);
        client.close();
        if (round >= 0 && answer.status === 200) times[name as keyof typeof times].push(answer.ms);
      }
    }
    const base = median(times.direct);
    const added = (taken: readonly number[]) => (taken.length === rounds ? ms(median(taken) - base) : '–');
    rows.push([path, ms(base), added(times.ours), added(times.portkey)]);
  }
  table(
    'Added to a direct call, one request at a time, a new connection each (ours: vault, limits, records)',
    ['route', 'direct', 'ours adds', 'portkey adds'],
    rows,
  );
}

export async function besidePeer(quick: boolean): Promise<void> {
  const portkey = await startPortkey();
  if (!portkey) return;
  const stack = await startPortunus({ mutate: withoutRateLimits });
  try {
    progress('peer: every field to every provider through both gateways');
    const { provider } = stack;
    if (!provider) throw new Error('The stand-in providers do not run.');
    const keys = Object.fromEntries(PROVIDERS.map((name) => [name, canaryKey(name)])) as Site['keys'];
    const person = await stack.person('measured');
    for (const [name, api_key] of Object.entries(keys))
      await person.post('/api-keys', { provider: name, api_key });
    const providerUrl = provider.url.replace('localhost', '127.0.0.1');
    const url = stack.url.replace('localhost', '127.0.0.1');
    const site = { providerUrl, keys, token: person.token, url, portkey };
    await fields(site);
    await latency(site, quick ? 10 : 40);
  } finally {
    await portkey.stop();
    await stack.stop();
    await rm(stack.home, { recursive: true, force: true });
  }
}
